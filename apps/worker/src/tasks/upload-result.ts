import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '#contract';
import { UnreachableError, withJitter, type Outbound, type Sent } from '#outbound';

export type Upload = { readonly url: string; readonly bytes: Uint8Array; readonly contentType: string };

/** The waits between the tries; there is one try more. */
const DELAYS_MS = [500, 1_000, 2_000] as const;
const MAX_RETRY_AFTER_MS = 10_000;
const TIMEOUT_MS = 30_000;

const parameter = 'uploadEndpoint';
const asked = { parameter, code: 'invalidUploadEndpoint' } as const;

/** Statuses of the 4xx that may pass: too slow, too early, too much. */
const passing = new Set([408, 425, 429]);

/** What one try came to. A failure says why, and whether another try may fare better. */
type Failed = {
  readonly why: string;
  readonly final: boolean;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
};

const failureOf = ({ status, retryAfterMs = 0 }: Sent): Failed | undefined => {
  if (status >= 200 && status < 300) return undefined;
  const final = status < 500 && !passing.has(status);
  return { why: `It answered with status ${status}.`, final, retryAfterMs };
};

/**
 * Sends the result to the address that the task named, by PUT, until it is taken. A task that is run again
 * sends the same bytes again.
 *
 * @throws TaskError `uploadFailed` when it is not taken, `invalidUploadEndpoint`, or the signal's reason
 */
export const uploadResult = ({ send }: Pick<Outbound, 'send'>, delaysMs: readonly number[] = DELAYS_MS) => {
  const put = async (
    { url, bytes, contentType }: Upload,
    signal: AbortSignal,
  ): Promise<Failed | undefined> => {
    const request = {
      method: 'PUT',
      url,
      body: bytes,
      contentType,
      timeoutMs: TIMEOUT_MS,
      ...asked,
    } as const;
    try {
      return failureOf(await send(request, signal));
    } catch (cause) {
      if (cause instanceof UnreachableError) return { why: cause.message, final: false, cause };
      throw cause;
    }
  };

  return async (upload: Upload, signal: AbortSignal): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const failed = await put(upload, signal);
      if (!failed) return;

      const delayMs = delaysMs[tries - 1];
      if (failed.final || delayMs === undefined) {
        const message = `The uploadEndpoint did not take the result, try ${tries} of ${delaysMs.length + 1}. ${failed.why}`;
        throw new TaskError('uploadFailed', message, { parameter }, { cause: failed.cause });
      }
      const retryAfterMs = Math.min(failed.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
      await sleep(Math.max(withJitter(delayMs), retryAfterMs), undefined, { signal });
    }
  };
};
