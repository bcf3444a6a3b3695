import { write, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { MAX_IMAGE_BYTES } from '#contract';
import { reasonOf } from '#errors';
import { decodePixels, ImageError, isOutOfMemory, limitThreads, type Decoded } from '#imaging';
import { receiveFrames, sendFrame } from './frames.js';
import { CHANNEL, PIXEL_FILE, type Answer, type Limits, type Message, type Request } from './messages.js';

// A process that decodes images, one at a time, for the process that started it.

const LOOK_MS = 20;
const MAX_GARBAGE_BYTES = 64e6;
const PIECE_BYTES = 2 ** 21;
const nothing = new Uint8Array(0);

const limits = JSON.parse(process.argv[2] ?? '') as Limits;
const channel = new Socket({ fd: CHANNEL, readable: true, writable: true });
const writeAt = promisify(write);

/** An exit would wait for the threads that decode. */
const end = (): void => void process.kill(process.pid, 'SIGKILL');

const send = (message: Message, body: Uint8Array = nothing, sent?: () => void): void =>
  sendFrame(channel, message, body, sent);

const endAt = (limit: 'memory' | 'time'): void => send({ type: 'limit', limit }, nothing, end);

/** Ends this process when an image goes over a limit. libvips decodes in other threads, so timers are punctual. */
const watchLimits = () => {
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    const isOverTime = (user + system) / 1000 > limits.cpuMs;
    if (!isOverTime && process.memoryUsage.rss() <= limits.memoryBytes) return;
    clearInterval(timer);
    endAt(isOverTime ? 'time' : 'memory');
  }, LOOK_MS);
  return () => clearInterval(timer);
};

/** Piece by piece, so that the other process reads meanwhile. */
const writePixels = async (pixels: Uint8Array): Promise<void> => {
  for (let at = 0; at < pixels.length;) {
    const piece = Math.min(PIECE_BYTES, pixels.length - at);
    const { bytesWritten } = await writeAt(PIXEL_FILE, pixels, at, piece, at);
    at += bytesWritten;
    send({ type: 'written', bytes: at, of: pixels.length });
  }
};

/** The channel takes pixels too, but slower. */
const sendPhoto = async ({ data, ...photo }: Decoded): Promise<void> => {
  const answer = { type: 'photo', photo, bytes: data.length } as const;
  if (!limits.hasPixelFile) return send({ ...answer, place: 'body' }, data);
  try {
    await writePixels(data);
    send({ ...answer, place: 'file' });
  } catch (error) {
    send({ ...answer, place: 'body', fileFault: reasonOf(error) }, data);
  }
};

const toAnswer = (error: unknown): Answer => {
  if (!(error instanceof ImageError)) return { type: 'failed', reason: reasonOf(error) };
  const { kind, subject, what, facts } = error;
  return { type: 'refused', kind, subject, what, facts };
};

let garbageBytes = 0;

/** V8 hardly sees memory outside its heap, so it is told to collect, but not for each image: that takes 13 ms. */
const freeMemory = (bytes: number): void => {
  garbageBytes += bytes;
  if (garbageBytes > MAX_GARBAGE_BYTES) {
    garbageBytes = 0;
    (globalThis as { gc?: () => void }).gc?.();
  }
  send({ type: 'memory', bytes: process.memoryUsage.rss() });
};

const work = async ({ maxPixels }: Request, bytes: Uint8Array): Promise<void> => {
  const stopWatching = watchLimits();
  let used = bytes.length;
  try {
    const photo = await decodePixels(bytes, { maxPixels });
    used += photo.data.length;
    await sendPhoto(photo);
  } catch (error) {
    if (isOutOfMemory(error)) return endAt('memory');
    send(toAnswer(error));
  } finally {
    stopWatching();
  }
  setImmediate(freeMemory, used);
};

/** If memory runs out all the same, the kernel ends this process first. Some containers forbid to ask for that. */
const offerToKernel = (): void => {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch (error) {
    process.stderr.write(`oom_score_adj: ${reasonOf(error)}\n`);
  }
};

offerToKernel();
limitThreads(limits.cores);
// The process that started this one ends it; Ctrl-C goes to both.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
channel.on('error', end);
channel.on('close', end);
receiveFrames(channel, MAX_IMAGE_BYTES, ({ head, body }) => void work(head as Request, body).catch(end), end);
send({ type: 'ready' });
