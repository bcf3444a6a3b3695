import { isNativeError } from 'node:util/types';
import { StorageError, type StorageFault, type StorageOperation } from './storage-error.js';

const kinds: Readonly<Record<string, StorageFault>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'readOnly',
  EACCES: 'refused',
  EPERM: 'refused',
};

const reasons: Readonly<Record<StorageFault, string>> = {
  full: 'is full',
  readOnly: 'is read-only',
  refused: 'refuses access',
  unavailable: 'cannot be used',
};

const isSystemError = (cause: unknown): cause is NodeJS.ErrnoException =>
  isNativeError(cause) && 'syscall' in cause && 'code' in cause;

/** The code of an error of the file system, such as EEXIST. */
export const systemCodeOf = (cause: unknown): string | undefined =>
  isSystemError(cause) ? cause.code : undefined;

export const isMissing = (cause: unknown): boolean => systemCodeOf(cause) === 'ENOENT';

/** Turns errors of the file system into a StorageError. Other errors stay as they are. */
export const translate = (
  cause: unknown,
  operation: StorageOperation,
  root: string,
  what = 'folder for images',
): unknown => {
  if (!isSystemError(cause)) return cause;
  const kind = kinds[cause.code ?? ''] ?? 'unavailable';
  const message = `The ${what} ${root} ${reasons[kind]} (${cause.code} on ${operation}).`;
  return new StorageError(message, { operation, kind }, { cause });
};
