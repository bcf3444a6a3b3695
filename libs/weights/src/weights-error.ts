/** A model file that cannot be had. The message is one sentence for the operator: what, where, what to do. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

/** The code by which Node and npm name a failure, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;

  return typeof error.code === 'string' ? error.code : undefined;
};

/** For `.catch()`: what is not there is `undefined`; every other failure stays one. */
export const absentAsUndefined = (error: unknown): undefined => {
  if (codeOf(error) !== 'ENOENT') throw error;
};
