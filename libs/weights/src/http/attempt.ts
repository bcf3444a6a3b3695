import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Dispatcher } from 'undici';
import { createDigester, digestFile, type Digester } from '../digest.js';
import { requireSpace, type FreeBytes } from '../free-space.js';
import type { Step } from '../progress.js';
import { readAnswer, type Answer } from './answer.js';
import type { HttpClient } from './client.js';
import { dataPath, discardPartial, partialBytes, readResume, writeResume, type Resume } from './partial.js';
import { UnavailableError } from './unavailable.js';

export type Attempt = {
  readonly url: string;
  /** Holds the partial file; see partial.ts. */
  readonly folder: string;
  readonly label: string;
  /** Identifies the file, whatever place it comes from. */
  readonly key: string;
  /** Whether a final hash check detects a mix of two files. */
  readonly isProven: boolean;
  readonly expectedBytes?: number | undefined;
  readonly client: HttpClient;
  readonly freeBytes: FreeBytes;
  readonly signal?: AbortSignal | undefined;
};

/** The bytes on disk and their digests. */
export type Progressed = { digester: Digester; bytes: number };

/** A broken connection or a busy server; another attempt may succeed. */
export class TransientError extends Error {}

const busy = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Headers that ask for the missing bytes; `undefined` when the file must start over. */
const rangeHeaders = (
  { url, isProven }: Attempt,
  resume: Resume | undefined,
  bytes: number,
): Record<string, string> | undefined => {
  if (!resume || bytes === 0) return undefined;
  const range = { range: `bytes=${bytes}-` };
  if (resume.url === url && resume.validator) return { ...range, 'if-range': resume.validator };
  return isProven && resume.total !== undefined ? range : undefined;
};

type Response = Dispatcher.ResponseData;

/** Ends an unread body and ignores the error that this causes. */
const drop = (body: Response['body']): void => {
  body.on('error', () => undefined);
  body.destroy();
};

const refuse = async ({ url }: Attempt, { statusCode, body }: Response): Promise<never> => {
  await body.dump();
  if (busy.has(statusCode)) throw new TransientError(`${url} answers ${statusCode}`);
  throw new UnavailableError(`${url} answers ${statusCode}.`);
};

/** Discards the partial file when an answer does not continue it, so that the next attempt asks for all. */
const startOver = async ({ url, folder }: Attempt, { body }: Response): Promise<never> => {
  drop(body);
  await discardPartial(folder);
  throw new TransientError(`${url} has other bytes than before`);
};

const isEtag = (validator: string): boolean => validator.startsWith('"');

/** Whether an answer continues the partial file. Some servers send a part of a newer file regardless. */
const continues = ({ url }: Attempt, answer: Answer, resume: Resume | undefined, bytes: number): boolean => {
  if (answer.start !== bytes) return false;
  if (resume?.total !== undefined && answer.total !== resume.total) return false;
  const [before, now] = [resume?.validator, answer.validator];
  if (resume?.url !== url || before === undefined || now === undefined) return true;
  return before === now || isEtag(before) !== isEtag(now);
};

/** Asks for the missing bytes. The answer begins where the bytes on disk end, or at 0. */
const ask = async (request: Attempt): Promise<Answer & { readonly body: Response['body'] }> => {
  const { url, folder, client, signal } = request;
  const bytes = await partialBytes(folder);
  const resume = await readResume(folder);
  const range = rangeHeaders(request, resume, bytes);
  const response = await client.get(url, { 'accept-encoding': 'identity', ...range }, signal);
  const { statusCode, body } = response;

  if (statusCode === 416 && range) return startOver(request, response);
  if (statusCode !== 200 && !(statusCode === 206 && range)) return refuse(request, response);
  const answer = readAnswer(response);
  if (!answer || (statusCode === 206 && !continues(request, answer, resume, bytes)))
    return startOver(request, response);
  return { ...answer, body };
};

/** Bytes of the whole file, if known. */
const lengthOf = ({ expectedBytes }: Attempt, { total }: Answer): number | undefined =>
  total ?? expectedBytes;

const checkSize = ({ url, expectedBytes }: Attempt, { total }: Answer): void => {
  if (total !== undefined && expectedBytes !== undefined && total !== expectedBytes)
    throw new UnavailableError(`${url} has ${total} bytes instead of ${expectedBytes}.`);
};

const checkSpace = async (request: Attempt, answer: Answer): Promise<void> => {
  const { label, folder, freeBytes } = request;
  const bytes = (lengthOf(request, answer) ?? answer.start) - answer.start;
  await requireSpace({ label, bytes, folder: dirname(folder) }, freeBytes);
};

/** Updates the notes and digests to the bytes on disk. */
const catchUp = async (
  request: Attempt,
  { start, total, validator }: Answer,
  so: Progressed,
): Promise<void> => {
  const { folder, key, url, signal } = request;
  if (start === 0) {
    await discardPartial(folder);
    await writeResume(folder, { key, url, validator, total });
  }
  if (start > 0 && so.bytes === start) return;

  so.digester = createDigester();
  if (start > 0) await digestFile(dataPath(folder), so.digester, signal);
  so.bytes = start;
};

/** Appends the body. A body that is longer than the file is refused. */
const receive = async (
  { folder, url }: Attempt,
  body: Response['body'],
  length: number | undefined,
  so: Progressed,
  step: Step,
): Promise<void> => {
  const file = await open(dataPath(folder), so.bytes === 0 ? 'w' : 'a');
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      if (so.bytes + piece.length > (length ?? Infinity)) {
        await discardPartial(folder);
        throw new UnavailableError(`${url} has more than ${length} bytes.`);
      }
      await file.appendFile(piece);
      so.digester.update(piece);
      so.bytes += piece.length;
      step.update(so.bytes);
    }
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * One connection of a download: asks for the missing bytes and appends them. The server decides whether the file is
 * still the same. When it is not, or the server does not support ranges, the file starts over.
 *
 * @throws TransientError when another attempt may succeed, UnavailableError when only another place can help
 */
export const attempt = async (
  request: Attempt,
  so: Progressed,
  start: (totalBytes: number | undefined, doneBytes: number) => Step,
): Promise<void> => {
  const { body, ...answer } = await ask(request);
  try {
    checkSize(request, answer);
    await catchUp(request, answer, so);
    await checkSpace(request, answer);
    const length = lengthOf(request, answer);
    const step = start(length, so.bytes);
    step.update(so.bytes);
    await receive(request, body, length, so, step);
    if (length !== undefined && so.bytes < length) throw new TransientError(`${request.url} ended early`);
  } finally {
    drop(body);
  }
};
