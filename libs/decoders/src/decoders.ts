import { ImageError, inTurn, type ImageLimits, type Photo } from '#imaging';
import { DecoderError } from './decoder-error.js';
import type { DecoderProcess, Outcome } from './decoder-process.js';
import { isImagesFault, type Cause, type End } from './ending.js';
import { createProcessPool, type PoolOptions } from './process-pool.js';

/** Decodes images in processes of their own, one image in each at a time. */
export type Decoders = {
  /**
   * As `decode`. An image whose process ends is tried again in new ones: only what ends two by itself is at fault.
   *
   * @throws ImageError also undecodable
   * @throws DecoderError for faults of ours, or the signal's reason
   */
  readonly decode: (bytes: Uint8Array, signal?: AbortSignal) => Promise<Photo>;
  readonly stats: () => DecoderStats;
  readonly close: () => Promise<void>;
};

export type DecoderStats = {
  readonly pids: readonly number[];
  /** Of all processes, after their last image. */
  readonly memoryBytes: number;
  /** How often a process ended in that way. */
  readonly ends: Readonly<Record<Exclude<Cause, 'stopped'>, number>>;
};

export type DecoderOptions = Pick<PoolOptions, 'folder' | 'takeMemory' | 'onEnd' | 'onFileFault'> & {
  readonly limits: Pick<ImageLimits, 'maxPixels'>;
  /** Threads for one image. */
  readonly cores: number;
  /** Of computing for one image. */
  readonly timeoutMs: number;
  /** A process that does not answer in that time has hung. By default twice the time of computing. */
  readonly hangMs?: number;
  /** Of one process. By default enough for every image within the limits. */
  readonly memoryBytes?: number;
  readonly idleMs?: number;
};

const IDLE_MS = 60_000;
const MAX_TRIES = 3;

/** A process without an image, and what a file may hold beside pixels. */
const BASE_BYTES = 256e6;
/** An interlaced PNG of 16 bits with alpha that must be turned takes 17, other images up to 10. */
const BYTES_PER_PIXEL = 24;

const memoryFor = ({ maxPixels }: DecoderOptions['limits']): number =>
  BASE_BYTES + BYTES_PER_PIXEL * maxPixels;

const reasons: Readonly<Partial<Record<Cause, string>>> = {
  memory: 'takes too much memory to decode',
  time: 'takes too long to decode',
};

const undecodable = ({ cause, detail }: End): ImageError => {
  const what = `${reasons[cause] ?? 'cannot be decoded'}; save it again as a baseline JPEG or a plain PNG`;
  return new ImageError('undecodable', 'The image', what, {}, { cause: new Error(detail) });
};

const lost = ({ cause, detail }: End) =>
  new DecoderError(`the process that decoded the image was lost: ${cause}, ${detail}`);

/**
 * Starts the first process, so that a machine where none can run is known at once.
 *
 * @throws DecoderError when it does not start
 */
export const openDecoders = async (options: DecoderOptions): Promise<Decoders> => {
  const { limits, cores, timeoutMs: cpuMs, folder, takeMemory, onEnd, onFileFault } = options;
  const { hangMs = 2 * cpuMs, idleMs = IDLE_MS, memoryBytes = memoryFor(limits) } = options;
  const { maxPixels } = limits;
  const pool = createProcessPool({
    limits: { cores, memoryBytes, cpuMs },
    maxBytes: 4 * maxPixels,
    idleMs,
    folder,
    takeMemory,
    onEnd,
    onFileFault,
  });

  const decodeOn = async (
    decoder: DecoderProcess,
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> => {
    const stop = () => decoder.kill('stopped');
    signal?.addEventListener('abort', stop);
    const timer = setTimeout(() => decoder.kill('hung'), hangMs);
    try {
      return await decoder.decode(bytes, maxPixels);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  };

  /** @returns how the process ended, if it did so */
  const tryOn = async (decoder: DecoderProcess, bytes: Uint8Array, signal: AbortSignal | undefined) => {
    const outcome = await decodeOn(decoder, bytes, signal);
    if (outcome.type === 'ended') {
      signal?.throwIfAborted();
      return outcome.end;
    }
    void pool.giveBack(decoder);
    if (outcome.type === 'refused') throw outcome.error;
    if (outcome.type === 'failed') throw new DecoderError(outcome.reason);
    if (outcome.fileFault !== undefined) onFileFault(outcome.fileFault);
    return outcome.photo;
  };

  const decode = async (bytes: Uint8Array, signal?: AbortSignal): Promise<Photo> => {
    signal?.throwIfAborted();
    const ends: End[] = [];
    for (;;) {
      const decoder = await (ends.length === 0 ? pool.take() : pool.start());
      if (signal?.aborted) {
        await pool.giveBack(decoder);
        throw signal.reason;
      }
      const result = await tryOn(decoder, bytes, signal);
      if (!('cause' in result)) return result;
      ends.push(result);
      if (ends.filter(isImagesFault).length > 1) throw undecodable(result);
      if (ends.length === MAX_TRIES) throw lost(result);
    }
  };

  await pool.giveBack(await pool.start());
  return {
    decode: (bytes, signal) => inTurn(() => decode(bytes, signal)),
    stats: pool.stats,
    close: pool.close,
  };
};
