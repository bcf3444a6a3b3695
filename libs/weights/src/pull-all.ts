import { mkdir } from 'node:fs/promises';
import { reasonOf } from '#errors';
import { npmNeededBytes } from './fetch-npm.js';
import { resumeKey } from './fetch-weights.js';
import { freeBytesOf, requireSpace } from './free-space.js';
import { findInstalled, type Installed } from './installed.js';
import { fileKey, labelOf, type Choice } from './pin.js';
import { expectedOf, explain, pullWeights, requireAcceptance, type PullOptions } from './pull.js';
import { WeightsError } from './weights-error.js';
import { asideBytes } from './work-folder.js';

export type PullAllOptions = PullOptions & {
  /** The number of downloads at once. */
  readonly atOnce: number;
  /** Receives every choice as soon as it is installed. */
  readonly onInstalled: (installed: Installed) => void;
};

/** The choices that share a file, which is fetched once. */
type Group = readonly [Choice, ...Choice[]];

/** The space for the missing bytes, if the size is published; 0 for installed files. */
const bytesToCome = async (group: Group, options: PullOptions): Promise<number> => {
  const { modelsDir, progress, signal, consent = {} } = options;
  const [choice] = group;
  if (await findInstalled(choice, { modelsDir, note: progress.note, signal })) return 0;

  for (const each of group) requireAcceptance(each, consent);
  const expected = await expectedOf(choice, modelsDir, consent);
  const { bytes, approximateBytes = 0, sources } = choice.variant;
  const [first] = sources;
  if (typeof first === 'object' && bytes !== undefined)
    return npmNeededBytes({ label: labelOf(choice), bytes, npm: first });
  return Math.max(
    0,
    (bytes ?? approximateBytes) - (await asideBytes(modelsDir, resumeKey(choice, expected))),
  );
};

/** Checks consents and the total space before the first byte rather than after hours. */
const check = async (group: Group, reservedBytes: number, options: PullOptions): Promise<number> => {
  const { modelsDir, freeBytes = freeBytesOf } = options;
  const [choice] = group;
  try {
    await mkdir(modelsDir, { recursive: true });
    const bytes = reservedBytes + (await bytesToCome(group, options));
    const label = reservedBytes > 0 ? `what is before it and ${labelOf(choice)}` : labelOf(choice);
    await requireSpace({ label, bytes, folder: modelsDir }, freeBytes);
    return bytes;
  } catch (error) {
    throw await explain(error, choice, options);
  }
};

const groupByFile = (choices: readonly Choice[]): [Choice, ...Choice[]][] => {
  const groups = new Map<string, [Choice, ...Choice[]]>();
  for (const choice of choices) {
    const group = groups.get(fileKey(choice));
    if (group) group.push(choice);
    else groups.set(fileKey(choice), [choice]);
  }
  return [...groups.values()];
};

/** One error for all failures and the downloads that were not started because of them. */
const failureOf = (errors: readonly unknown[], notBegun: readonly Group[]): unknown => {
  if (errors.length === 1 && notBegun.length === 0) return errors[0];
  const names = notBegun.flat().map(({ model }) => model.air);
  const rest = names.length > 0 ? [`Not begun: ${names.join(', ')}.`] : [];
  return new WeightsError([...errors.map(reasonOf), ...rest].join(' '), { cause: errors[0] });
};

/**
 * Pulls several files at once; see {@link pullWeights}. Fetches nothing when a consent is missing or the disk has too
 * little space for all. After a failure no further download starts.
 *
 * @throws WeightsError that names all failures in the order of the choices; the reason of `signal` when that aborts
 */
export const pullAllWeights = async (choices: readonly Choice[], options: PullAllOptions): Promise<void> => {
  const groups = groupByFile(choices);
  let reservedBytes = 0;
  for (const group of groups) reservedBytes = await check(group, reservedBytes, options);

  const waiting = [...groups];
  const failures = new Map<Group, unknown>();
  const lane = async () => {
    while (failures.size === 0) {
      const group = waiting.shift();
      if (!group) return;
      try {
        const { path, sha256 } = await pullWeights(group[0], options);
        for (const choice of group) options.onInstalled({ ...choice, path, sha256 });
      } catch (error) {
        failures.set(group, error);
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, lane));
  options.signal?.throwIfAborted();
  const failed = groups.filter((group) => failures.has(group));
  if (failed.length > 0)
    throw failureOf(
      failed.map((group) => failures.get(group)),
      waiting,
    );
};
