import { createHash } from 'node:crypto';
import { copyFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '#errors';
import type { NpmSource } from '#models';
import { differenceOf, digestsOf, type Digests, type Expected } from './digest.js';
import { fetchNpm, npmNeededBytes } from './fetch-npm.js';
import { freeBytesOf, isDiskFull, requireSpace, type FreeBytes } from './free-space.js';
import { createHttpClient, type HttpClient } from './http/client.js';
import { download } from './http/download.js';
import { dataPath, discardPartial, partialBytes } from './http/partial.js';
import { UnavailableError, UnfinishedError } from './http/unavailable.js';
import { installFile } from './install.js';
import type { Installed } from './installed.js';
import { labelOf, type Choice } from './pin.js';
import { placeName, placesToTry, type Place } from './places.js';
import type { Progress } from './progress.js';
import { WeightsError } from './weights-error.js';
import { withWorkFolder } from './work-folder.js';

export type FetchOptions = {
  readonly modelsDir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Replaces the published URLs. */
  readonly mirror?: string | undefined;
  /** Asks the operating system by default. */
  readonly freeBytes?: FreeBytes | undefined;
  /** Waits between attempts without progress. */
  readonly delaysMs?: readonly number[] | undefined;
};

type Fetch = FetchOptions & {
  readonly choice: Choice;
  readonly expected: Expected;
  readonly client: HttpClient;
};

/** Identifies an interrupted download. */
export const resumeKey = ({ variant }: Choice, expected: Expected): string =>
  expected.sha256 ??
  expected.md5 ??
  createHash('sha256').update(JSON.stringify(variant.sources)).digest('hex');

const fromNpm = async (npm: NpmSource, work: string, fetch: Fetch): Promise<Digests> => {
  const { choice, expected, modelsDir, freeBytes = freeBytesOf } = fetch;
  const label = labelOf(choice);
  const { bytes } = expected;
  if (bytes === undefined) throw new WeightsError(`${label} needs its size in bytes to be fetched by npm.`);

  const file = { label, bytes, npm };
  await requireSpace({ label, bytes: npmNeededBytes(file), folder: modelsDir }, freeBytes);
  await fetchNpm(file, dataPath(work), { work, progress: fetch.progress, signal: fetch.signal });
  return digestsOf(dataPath(work), fetch.signal);
};

const fromDisk = async (url: string, work: string, fetch: Fetch): Promise<Digests> => {
  const { choice, modelsDir, freeBytes = freeBytesOf, signal } = fetch;
  try {
    const file = fileURLToPath(url);
    const need = { label: labelOf(choice), bytes: (await stat(file)).size, folder: modelsDir };
    await requireSpace(need, freeBytes);
    await copyFile(file, dataPath(work));
  } catch (cause) {
    if (cause instanceof WeightsError || isDiskFull(cause)) throw cause;
    const reason = reasonOf(cause);
    throw new UnavailableError(`${url} cannot be read: ${reason}.`, { cause });
  }
  return digestsOf(dataPath(work), signal);
};

const fromWeb = async (url: string, work: string, fetch: Fetch): Promise<Digests> => {
  const { choice, expected, freeBytes = freeBytesOf, client, progress, signal, delaysMs } = fetch;
  const key = resumeKey(choice, expected);
  const isProven = expected.sha256 !== undefined || expected.md5 !== undefined;
  const file = { url, folder: work, label: labelOf(choice), key, isProven, expectedBytes: expected.bytes };
  return download({ ...file, freeBytes, client, progress, signal, delaysMs });
};

const fromPlace = (place: Place, work: string, fetch: Fetch): Promise<Digests> => {
  if ('npm' in place) return fromNpm(place.npm, work, fetch);
  return place.url.startsWith('file:') ? fromDisk(place.url, work, fetch) : fromWeb(place.url, work, fetch);
};

/**
 * The verified file from that place. A resumed download that fails its check may mix two files, so the whole file is
 * fetched once more.
 */
const verifiedFrom = async (place: Place, work: string, fetch: Fetch): Promise<Digests> => {
  const isTakenUp = (await partialBytes(work)) > 0;
  const digests = await fromPlace(place, work, fetch);
  const difference = differenceOf(digests, fetch.expected);
  if (!difference) return digests;

  await discardPartial(work);
  const what = `${placeName(place)} ${difference}`;
  if (!isTakenUp)
    throw new UnavailableError(`${what}: it is not the expected file, and nothing was installed.`);
  fetch.progress.note(`${labelOf(fetch.choice)}: ${what}; fetching it again.`);
  return verifiedFrom(place, work, fetch);
};

/** The verified file from the first place that has it. */
const fromAnyPlace = async (work: string, fetch: Fetch): Promise<Digests> => {
  const faults: UnavailableError[] = [];
  for (const place of placesToTry(fetch.choice.variant, fetch.mirror)) {
    try {
      return await verifiedFrom(place, work, fetch);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      faults.push(error);
    }
  }
  const Kind = (await partialBytes(work)) > 0 ? UnfinishedError : UnavailableError;
  const reasons = faults.map(({ message }) => message).join(' ');
  throw new Kind(`${labelOf(fetch.choice)} could not be fetched: ${reasons}`, { cause: faults.at(-1) });
};

/** Fetches the file into a folder of its own and installs it after its check. */
export const fetchWeights = async (
  choice: Choice,
  expected: Expected,
  options: FetchOptions,
): Promise<Installed> => {
  const { modelsDir, progress, signal } = options;
  const client = createHttpClient();
  const isResumable = (error: unknown) => signal?.aborted === true || error instanceof UnfinishedError;
  const fetchInto = async (work: string): Promise<Installed> => {
    const digests = await fromAnyPlace(work, { ...options, choice, expected, client });
    return installFile(choice, dataPath(work), digests, modelsDir);
  };

  try {
    const key = resumeKey(choice, expected);
    const installed = await withWorkFolder(modelsDir, key, fetchInto, isResumable);
    progress.note(`${installed.path} is ready: ${choice.variant.origin}.`);
    progress.note(`Licence: ${choice.variant.licence.name}. ${choice.variant.licence.terms}`);
    return installed;
  } finally {
    await client.close();
  }
};
