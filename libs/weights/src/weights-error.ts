/** A model file cannot be provided. The message is one sentence for the operator: what, where, what to do. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

/** The error code of Node or npm, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;

  return typeof error.code === 'string' ? error.code : undefined;
};

/** For `.catch()`: returns `undefined` for a missing file and rethrows every other error. */
export const absentAsUndefined = (error: unknown): undefined => {
  if (codeOf(error) !== 'ENOENT') throw error;
};
