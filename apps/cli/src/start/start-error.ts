import { getSystemErrorMap } from 'node:util';

/** A start that cannot go on for a reason that the operator can mend; the message is one sentence. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Why a system call failed, in the words of the system: "permission denied", "no space left on device". */
export const systemReason = (error: unknown): string => {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
};

/** For `catch`: a folder or file that cannot be used, as one sentence. */
export const unusable = (path: string, cause: unknown): StartError =>
  new StartError(`${path} cannot be used: ${systemReason(cause)}.`, { cause });
