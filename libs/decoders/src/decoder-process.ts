import { ImageError, type Photo } from '#imaging';
import type { Cause, End } from './ending.js';
import { receiveFrames, sendFrame, type Frame } from './frames.js';
import type { Answer, Limits, Message } from './messages.js';
import type { PixelFile } from './pixel-file.js';
import { spawnDecoder } from './spawn-decoder.js';

/** What became of an image. */
export type Outcome =
  | { readonly type: 'photo'; readonly photo: Photo; readonly fileFault?: string | undefined }
  | { readonly type: 'refused'; readonly error: ImageError }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'ended'; readonly end: End };

/** A process that decodes one image at a time. */
export type DecoderProcess = {
  readonly pid: number | undefined;
  /** Resolves with how it ended if it did so instead. */
  readonly ready: Promise<End | undefined>;
  readonly decode: (bytes: Uint8Array, maxPixels: number) => Promise<Outcome>;
  /** Resolves when it can take another image. */
  readonly freed: () => Promise<void>;
  readonly kill: (cause: Cause) => void;
  readonly ended: Promise<End>;
  /** When it last said so. */
  readonly memoryBytes: () => number;
};

export type ProcessOptions = {
  readonly limits: Omit<Limits, 'hasPixelFile'>;
  /** The most bytes of pixels. */
  readonly maxBytes: number;
  readonly pixelFile: PixelFile | undefined;
};

type PhotoAnswer = Extract<Answer, { type: 'photo' }>;

const isWhole = ({ bytes, photo }: PhotoAnswer): boolean =>
  bytes === photo.width * photo.height * photo.channels && [3, 4].includes(photo.channels);

/** What is done with each kind of message. */
type Takers = {
  readonly [T in Message['type']]: (
    message: Extract<Message, { readonly type: T }>,
    body: Frame['body'],
  ) => void;
};

/** @throws when it is no message of a decoder */
const takeBy = (takers: Takers, { head, body }: Frame): void => {
  const message = head as Message;
  const take = takers[message.type] as (message: Message, body: Frame['body']) => void;
  take(message, body);
};

const ignore = () => undefined;

export const startDecoderProcess = ({ limits, maxBytes, pixelFile }: ProcessOptions): DecoderProcess => {
  const hasPixelFile = pixelFile !== undefined;
  const { pid, channel, kill, ended } = spawnDecoder({ ...limits, hasPixelFile }, pixelFile?.fd);
  let memoryBytes = 0;
  let known: End | undefined;
  let emptied = Promise.resolve();
  let onOutcome: (outcome: Outcome) => void = ignore;
  let onReady: (end?: End) => void = () => undefined;
  const ready = new Promise<End | undefined>((resolve) => {
    onReady = resolve;
  });
  /** Answers the image in hand, and keeps nothing of it. */
  const tell = (outcome: Outcome): void => {
    const answer = onOutcome;
    onOutcome = ignore;
    answer(outcome);
  };
  const breakOff = (fault: string): void => kill('killed', fault);

  const takePhoto = async (answer: PhotoAnswer, body: Photo['data']): Promise<void> => {
    const { photo, place, bytes, fileFault } = answer;
    const read = await pixelFile?.taken();
    // The process ended meanwhile, which was told, and its file is closed.
    if (known) return;
    const data = place === 'file' && read ? read : body;
    if (!isWhole(answer) || data.length !== bytes) return breakOff('it answered with other pixels');
    emptied = pixelFile?.empty() ?? Promise.resolve();
    tell({ type: 'photo', photo: { ...photo, data }, fileFault });
  };

  const take: Takers = {
    ready: () => onReady(),
    memory: ({ bytes }) => {
      memoryBytes = bytes;
    },
    limit: ({ limit }) => kill(limit),
    written: ({ bytes, of }) => {
      if (of <= maxBytes) pixelFile?.read(bytes, of);
    },
    photo: (answer, body) => void takePhoto(answer, body).catch((error: unknown) => breakOff(String(error))),
    refused: ({ kind, subject, what, facts }) =>
      tell({ type: 'refused', error: new ImageError(kind, subject, what, facts) }),
    failed: tell,
  };

  const close = async (): Promise<void> => {
    const end = await ended;
    known = end;
    onReady(end);
    tell({ type: 'ended', end });
    await pixelFile?.close();
  };
  void close();
  if (channel) receiveFrames(channel, maxBytes, (frame) => takeBy(take, frame), breakOff);

  return {
    pid,
    ready,
    decode: (bytes, maxPixels) =>
      new Promise<Outcome>((resolve) => {
        onOutcome = resolve;
        // Not by `ended`, which would keep the bytes of every image until the process ends.
        if (known) resolve({ type: 'ended', end: known });
        else if (channel?.writable) sendFrame(channel, { maxPixels }, bytes);
      }),
    freed: () => emptied,
    kill,
    ended,
    memoryBytes: () => memoryBytes,
  };
};
