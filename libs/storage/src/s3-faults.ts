import { S3ServiceException } from '@aws-sdk/client-s3';
import { TaskError } from '#contract';
import { reasonOf } from '#errors';
import type { S3Config } from './s3-client.js';
import { StorageError, type StorageFault, type StorageOperation } from './storage-error.js';

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : '');
const statusOf = (cause: unknown): number | undefined =>
  cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;

/** How MinIO and Ceph say that they are full. Others use status 507. */
const full = new Set(['XMinioStorageFull', 'QuotaExceeded']);

const kindOf = (cause: unknown): StorageFault => {
  const status = statusOf(cause);
  if (full.has(nameOf(cause)) || status === 507) return 'full';
  return status === 401 || status === 403 ? 'refused' : 'unavailable';
};

const verbs: Readonly<Record<StorageOperation, string>> = {
  open: 'open the bucket',
  read: 'read an image',
  write: 'write an image',
  remove: 'delete an image',
  locate: 'sign an address',
  list: 'list images',
  measure: 'measure its room',
};

/** Turns an error of the SDK into mediaNotFound for a missing key, or into a StorageError. */
export const translate = (cause: unknown, operation: StorageOperation): Error => {
  if (nameOf(cause) === 'NoSuchKey')
    return new TaskError('mediaNotFound', 'The bytes of the image are gone.', {}, { cause });
  const kind = kindOf(cause);
  const reason = kind === 'full' ? `it is full: ${reasonOf(cause)}` : reasonOf(cause);
  const message = `The S3 store failed to ${verbs[operation]} (${reason}).`;
  return new StorageError(message, { operation, kind }, { cause });
};

const isRefused = (bucket: string) =>
  `The S3 store refuses access to ${bucket}: check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or the SDK's own credentials, and that they allow s3:ListBucket.`;

/** Why the bucket cannot be used, by status, because responses to HEAD have no body. */
const refusals: Record<number, (bucket: string) => string> = {
  301: (bucket) => `The bucket ${bucket} is in another region: correct S3_REGION.`,
  400: (bucket) => `The S3 store does not take requests for ${bucket}: check S3_REGION and the credentials.`,
  401: isRefused,
  403: isRefused,
  404: (bucket) => `The S3 store has no bucket ${bucket}: create it or correct S3_BUCKET.`,
};

/** Says which setting to correct. */
const startReason = (cause: unknown, { S3_BUCKET, S3_ENDPOINT }: S3Config): string => {
  const refusal = refusals[statusOf(cause) ?? 0];
  if (refusal) return refusal(S3_BUCKET);
  if (nameOf(cause) === 'CredentialsProviderError')
    return 'There are no credentials for the S3 store: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or what the AWS SDK reads itself.';
  // The SDK has no class for this error.
  if (reasonOf(cause) === 'Region is missing')
    return 'The region of the S3 store is not known: set S3_REGION.';

  const store = S3_ENDPOINT ? `store at ${new URL(S3_ENDPOINT).host}` : 'store';
  return `The S3 ${store} cannot be used: check S3_ENDPOINT and S3_REGION (${reasonOf(cause)}).`;
};

/** The error for a bucket that the start could not reach. */
export const toStartFault = (cause: unknown, config: S3Config): StorageError =>
  new StorageError(startReason(cause, config), { operation: 'open', kind: kindOf(cause) }, { cause });
