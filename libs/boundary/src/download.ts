import { MAX_IMAGE_BYTES, type TaskError } from '#contract';
import type { Outbound } from '#outbound';
import { atParameter } from './at-parameter.js';
import { tryAgain } from './try-again.js';

const limits = { maxBytes: MAX_IMAGE_BYTES, timeoutMs: 30_000, idleTimeoutMs: 10_000 };

const DELAYS_MS = [250, 1_000, 3_000] as const;
/** A download keeps its slot busy, so tries end early. One idle timeout leaves time for another try. */
const WITHIN_MS = 15_000;

const say = ({ message }: TaskError, tries: number): string =>
  tries === 1 ? message : `${message} It was tried ${tries} times.`;

export type Download = {
  readonly url: string;
  /** The parameter that named the address. */
  readonly parameter: string;
  /** The waits between the tries. */
  readonly delaysMs?: readonly number[] | undefined;
};

/** Runs a download, and repeats it after failures that may pass. */
const repeat = <T>(
  { parameter, delaysMs = DELAYS_MS }: Download,
  fetchOnce: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> =>
  tryAgain(() => atParameter(parameter, fetchOnce), { delaysMs, withinMs: WITHIN_MS, say }, signal);

/**
 * Downloads an image, and tries again after failures that may pass.
 *
 * @throws TaskError downloadFailed, invalidInputImageURL or maxImageSizeExceeded, or the signal's reason
 */
export const downloadImage = (
  { fetchBytes }: Pick<Outbound, 'fetchBytes'>,
  download: Download,
  signal?: AbortSignal,
): Promise<Buffer> =>
  repeat(download, () => fetchBytes(download.url, { ...limits, label: download.parameter }, signal), signal);

/** Where the bytes of one try go. */
export type Landing = {
  readonly take: (piece: Uint8Array) => Promise<void>;
  /** The try failed, and its bytes are worth nothing. */
  readonly drop: () => Promise<void>;
};

/**
 * Downloads an image as `downloadImage` does, without holding it.
 *
 * @param open makes room for the bytes of each try
 * @returns where the bytes of the try are that succeeded
 * @throws TaskError also what `take` throws
 */
export const downloadInto = <T extends Landing>(
  { fetchInto }: Pick<Outbound, 'fetchInto'>,
  download: Download,
  open: () => T,
): Promise<T> =>
  repeat(download, async () => {
    const landing = open();
    try {
      await fetchInto(download.url, { ...limits, label: download.parameter }, landing.take);
      return landing;
    } catch (error) {
      await landing.drop();
      throw error;
    }
  });
