import { TaskError, type JobFolder, type ProblemCode } from '#contract';
import { FileFault, StorageError } from '#storage';
import { PlaceAway, type Side } from './places.js';

/** Between two looks at a place that is in trouble. */
export const TROUBLE_WAIT_S = 5;

const codes: Readonly<Record<Side, Readonly<Record<FileFault['kind'], ProblemCode>>>> = {
  source: { missing: 'mediaNotFound', unusable: 'invalidInputImage' },
  target: { missing: 'uploadFailed', unusable: 'uploadFailed' },
};

const shown = (path: string): string => (path === '' ? 'The place' : `'${path}' in the place`);

/**
 * What a caller is told of a file, by its path in its place.
 * @returns undefined for trouble of the place or of ours, which is waited out
 */
export const faultOfFile = (
  cause: unknown,
  side: Side,
  { place }: JobFolder,
  path: string,
): TaskError | undefined => {
  if (cause instanceof TaskError) return cause;
  if (!(cause instanceof FileFault)) return undefined;
  const message = `${shown(path)} '${place}' ${cause.message}.`;
  return new TaskError(codes[side][cause.kind], message, { parameter: side }, { cause });
};

const troubles: Readonly<Record<StorageError['kind'], string>> = {
  full: 'is full',
  readOnly: 'is read-only',
  refused: 'refuses access to the service',
  unavailable: 'cannot be used right now',
};

const reasonOf = (cause: unknown): string => {
  if (cause instanceof PlaceAway) return 'is no longer allowed by the operator';
  return troubles[cause instanceof StorageError ? cause.kind : 'unavailable'];
};

/** Why a job and its items wait. It does not tell where the place lies. */
export const troubleOf = (side: Side, { place }: JobFolder, cause: unknown): TaskError =>
  new TaskError(
    'serviceUnavailable',
    `The place '${place}' ${reasonOf(cause)}.`,
    { parameter: side, retryAfter: TROUBLE_WAIT_S },
    { cause },
  );
