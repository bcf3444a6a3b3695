import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '#errors';
import { createDigester, type Digests } from '../digest.js';
import type { Progress, Step } from '../progress.js';
import { codeOf } from '../weights-error.js';
import { attempt, TransientError, type Attempt, type Progressed } from './attempt.js';
import { partialBytes } from './partial.js';
import { UnfinishedError, UnavailableError } from './unavailable.js';

/** Waits between attempts without progress; received bytes reset them. */
const retryDelaysMs: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000];

export type Download = Attempt & {
  readonly progress: Progress;
  readonly delaysMs?: readonly number[] | undefined;
};

/** Covers the codes of undici, OpenSSL and the system for failed and broken connections. */
const isNetworkFault = (error: unknown): boolean =>
  /^(UND_ERR_|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|ENETUNREACH|EHOSTUNREACH|CERT_|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HPE_)/.test(
    codeOf(error) ?? '',
  );

/** A redirect that leads nowhere, by undici's and Node's codes. Another attempt would end the same. */
const redirectFault = (error: unknown): string | undefined => {
  const code = codeOf(error);
  if (code === 'ERR_INVALID_URL') return 'it redirects to an invalid URL';
  return code === 'UND_ERR_INVALID_ARG' ? 'it redirects in a circle' : undefined;
};

/** undici's errors may have a code and no message. */
const connectionFault = (error: unknown): string =>
  reasonOf(error) || codeOf(error) || 'the connection broke';

const failure = async ({ url, label, folder }: Download, error: unknown): Promise<UnavailableError> => {
  const reason =
    error instanceof TransientError
      ? error.message
      : `${url} cannot be read: ${redirectFault(error) ?? connectionFault(error)}`;
  const bytes = await partialBytes(folder);
  if (bytes === 0) return new UnavailableError(`${reason}.`, { cause: error });
  const so = `${(bytes / 1e6).toFixed(0)} MB of ${label} have come, and the same command goes on from there`;
  return new UnfinishedError(`${reason}; ${so}.`, { cause: error });
};

/** Repeats attempts until the file is complete or several attempts bring nothing. */
const persist = async (
  download: Download,
  so: Progressed,
  start: (totalBytes: number | undefined, doneBytes: number) => Step,
): Promise<void> => {
  const { signal, progress, delaysMs = retryDelaysMs } = download;
  for (let tries = 0; ;) {
    const before = so.bytes;
    try {
      return await attempt(download, so, start);
    } catch (error) {
      signal?.throwIfAborted();
      if (redirectFault(error)) throw await failure(download, error);
      if (!(error instanceof TransientError) && !isNetworkFault(error)) throw error;
      if (so.bytes > before) tries = 0;
      const delayMs = delaysMs[tries];
      if (delayMs === undefined) throw await failure(download, error);
      tries += 1;
      progress.note(`${download.label}: ${connectionFault(error)}; trying again.`);
      await delay(delayMs, undefined, signal && { signal });
    }
  }
};

/**
 * Downloads a file into `folder` and digests it. Continues where an earlier run stopped.
 *
 * @throws UnfinishedError when it broke off and can continue later, UnavailableError when this place does not have the
 *   file, WeightsError when the disk has too little space
 */
export const download = async (request: Download): Promise<Digests> => {
  const so: Progressed = { digester: createDigester(), bytes: 0 };
  let step: Step | undefined;
  const start = (totalBytes: number | undefined, doneBytes: number): Step =>
    (step ??= request.progress.start(`Fetching ${request.label}`, totalBytes, doneBytes));
  try {
    await persist(request, so, start);
    return so.digester.digests();
  } finally {
    step?.done();
  }
};
