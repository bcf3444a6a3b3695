import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '#errors';
import { DecoderError } from './decoder-error.js';
import { startDecoderProcess, type DecoderProcess, type ProcessOptions } from './decoder-process.js';
import type { End } from './ending.js';
import { openPixelFile, type PixelFile, type TakeMemory } from './pixel-file.js';

export type PoolOptions = Omit<ProcessOptions, 'pixelFile'> & {
  /** Idle processes but one end after this time. */
  readonly idleMs: number;
  /** For the files through which pixels come. */
  readonly folder?: string | undefined;
  /** For the pixels of an image, which are transferred to the caller. */
  readonly takeMemory?: TakeMemory | undefined;
  /** Called for ends that were not asked for. */
  readonly onEnd: (end: End & { readonly pid: number | undefined }) => void;
  /** Called when pixels must take the slower channel. */
  readonly onFileFault: (reason: string) => void;
};

const START_LIMIT_MS = 60_000;
const MAX_STARTS = 3;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** The first end of a row costs no time. */
const pauseAfter = (ends: number): number =>
  ends < 2 ? 0 : Math.min(PAUSE_MS * 2 ** (ends - 2), LONGEST_PAUSE_MS);

/** Keeps decoder processes for the next image. It starts as many as there are images at a time. */
export const createProcessPool = ({
  idleMs,
  folder,
  takeMemory,
  onEnd,
  onFileFault,
  ...options
}: PoolOptions) => {
  const all = new Set<DecoderProcess>();
  const ready = new Set<DecoderProcess>();
  const idle = new Map<DecoderProcess, NodeJS.Timeout>();
  const ends = { memory: 0, time: 0, crash: 0, hung: 0, killed: 0 };
  let endsInRow = 0;
  let isClosed = false;

  const forget = (decoder: DecoderProcess, end: End): void => {
    all.delete(decoder);
    ready.delete(decoder);
    clearTimeout(idle.get(decoder));
    idle.delete(decoder);
    if (end.cause === 'stopped') return;
    ends[end.cause]++;
    endsInRow++;
    onEnd({ ...end, pid: decoder.pid });
  };

  const openFile = (): Promise<PixelFile | undefined> =>
    openPixelFile(folder, takeMemory).catch((error: unknown) => {
      onFileFault(reasonOf(error));
      return undefined;
    });

  /** @returns how it ended, if it did so before it was ready */
  const tryToStart = async (): Promise<DecoderProcess | End> => {
    await sleep(pauseAfter(endsInRow));
    const pixelFile = await openFile();
    if (isClosed) {
      await pixelFile?.close();
      throw new DecoderError('the decoders are closed');
    }
    const decoder = startDecoderProcess({ ...options, pixelFile });
    all.add(decoder);
    void decoder.ended.then((end) => forget(decoder, end));
    const timer = setTimeout(() => decoder.kill('hung'), START_LIMIT_MS);
    const end = await decoder.ready;
    clearTimeout(timer);
    if (!end) ready.add(decoder);
    return end ?? decoder;
  };

  const start = async (): Promise<DecoderProcess> => {
    for (let tries = 1; ; tries++) {
      const started = await tryToStart();
      if (!('cause' in started)) return started;
      if (tries === MAX_STARTS)
        throw new DecoderError(`a process that decodes images cannot be started: ${started.detail}`);
    }
  };

  const trim = (decoder: DecoderProcess): void => {
    if (idle.size > 1) decoder.kill('stopped');
  };

  return {
    start,
    take: async (): Promise<DecoderProcess> => {
      const last = [...idle.keys()].at(-1);
      if (!last) return start();
      clearTimeout(idle.get(last));
      idle.delete(last);
      return last;
    },
    /** After an image that did not end the process. */
    giveBack: async (decoder: DecoderProcess): Promise<void> => {
      endsInRow = 0;
      try {
        await decoder.freed();
      } catch (error) {
        onFileFault(reasonOf(error));
        return decoder.kill('stopped');
      }
      if (all.has(decoder)) idle.set(decoder, setTimeout(trim, idleMs, decoder).unref());
    },
    stats: () => ({
      pids: [...ready].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
      memoryBytes: [...ready].reduce((sum, { memoryBytes }) => sum + memoryBytes(), 0),
      ends,
    }),
    close: async (): Promise<void> => {
      isClosed = true;
      for (const decoder of all) decoder.kill('stopped');
      await Promise.all([...all].map(({ ended }) => ended));
    },
  };
};
