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

/**
 * Downloads an image, and tries again after failures that may pass.
 *
 * @throws TaskError downloadFailed, invalidInputImageURL or maxImageSizeExceeded, or the signal's reason
 */
export const downloadImage = (
  { fetchBytes }: Pick<Outbound, 'fetchBytes'>,
  { url, parameter, delaysMs = DELAYS_MS }: Download,
  signal?: AbortSignal,
): Promise<Buffer> => {
  const fetchOnce = () => fetchBytes(url, { ...limits, label: parameter }, signal);
  const tries = { delaysMs, withinMs: WITHIN_MS, say };
  return tryAgain(() => atParameter(parameter, fetchOnce), tries, signal);
};
