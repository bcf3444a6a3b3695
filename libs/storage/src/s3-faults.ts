import { S3ServiceException } from '@aws-sdk/client-s3';
import { TaskError } from '#contract';
import type { S3Config } from './s3-client.js';

/** A fault of the store or of its settings, never of a caller. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : '');
const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const statusOf = (cause: unknown): number | undefined =>
  cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;

/** What MinIO and Ceph call it that there is no room left; others may say so by status 507. */
const full = new Set(['XMinioStorageFull', 'QuotaExceeded']);

/** Says in the API's terms what the store said while it was asked to do `what`. */
export const translate = (cause: unknown, what: string): Error => {
  if (nameOf(cause) === 'NoSuchKey')
    return new TaskError('mediaNotFound', 'The bytes of the image are gone.', {}, { cause });
  if (full.has(nameOf(cause)) || statusOf(cause) === 507)
    return new TaskError('serviceUnavailable', 'The storage for images is full.', {}, { cause });
  return new StorageError(`The S3 store failed to ${what} (${reasonOf(cause)}).`, { cause });
};

const isRefused = (bucket: string) =>
  `The S3 store refuses access to ${bucket}: check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or the SDK's own credentials, and that they allow s3:ListBucket.`;

/** Why the bucket cannot be used; HEAD has no body, so that the status must do. */
const refusals: Record<number, (bucket: string) => string> = {
  301: (bucket) => `The bucket ${bucket} is in another region: correct S3_REGION.`,
  400: (bucket) => `The S3 store does not take requests for ${bucket}: check S3_REGION and the credentials.`,
  401: isRefused,
  403: isRefused,
  404: (bucket) => `The S3 store has no bucket ${bucket}: create it or correct S3_BUCKET.`,
};

/** What to correct in the environment, in one sentence, after the store was asked for its bucket in vain. */
export const toStartFault = (cause: unknown, { S3_BUCKET, S3_ENDPOINT }: S3Config): StorageError => {
  const refusal = refusals[statusOf(cause) ?? 0];
  if (refusal) return new StorageError(refusal(S3_BUCKET), { cause });
  if (nameOf(cause) === 'CredentialsProviderError') {
    const message =
      'There are no credentials for the S3 store: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or what the AWS SDK reads itself.';
    return new StorageError(message, { cause });
  }
  // The SDK has no class for this one.
  if (reasonOf(cause) === 'Region is missing')
    return new StorageError('The region of the S3 store is not known: set S3_REGION.', { cause });

  const store = S3_ENDPOINT ? `store at ${new URL(S3_ENDPOINT).host}` : 'store';
  const message = `The S3 ${store} cannot be used: check S3_ENDPOINT and S3_REGION (${reasonOf(cause)}).`;
  return new StorageError(message, { cause });
};
