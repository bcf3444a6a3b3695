import { getSystemErrorMap } from 'node:util';

/** A start that cannot go on for a reason that the operator can mend; the message is one sentence. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Why a system call failed, in the words of the system: "permission denied", "no space left on device". */
export const systemReason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const known = 'errno' in error && typeof error.errno === 'number' && getSystemErrorMap().get(error.errno);
  return known ? known[1] : error.message;
};

/** For `catch`: a folder or file that cannot be used, as one sentence. */
export const unusable = (path: string, cause: unknown): StartError =>
  new StartError(`${path} cannot be used: ${systemReason(cause)}.`, { cause });
