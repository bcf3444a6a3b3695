import { getSystemErrorMap } from 'node:util';

/** A failed start whose cause the operator can correct. The message is one sentence. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The system's reason, such as "permission denied" or "no space left on device". */
export const systemReason = (error: unknown): string => {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
};

/** The error for a folder or file that cannot be used. */
export const unusable = (path: string, cause: unknown): StartError =>
  new StartError(`${path} cannot be used: ${systemReason(cause)}.`, { cause });
