import { z } from 'zod';
import { flag, url } from './value-kinds.js';

const Disk = z.object({ STORAGE: z.literal('disk').default('disk') });

const S3 = z
  .object({
    STORAGE: z.literal('s3'),
    S3_BUCKET: z.string('must be set where STORAGE is s3'),
    /** Address of the store; that of AWS unless set. */
    S3_ENDPOINT: url('http:', 'https:').optional(),
    /** Address by which clients reach the store, where it differs: image addresses are signed for it. */
    S3_PUBLIC_ENDPOINT: url('http:', 'https:').optional(),
    /** Unless set, what the AWS SDK finds, or any with an S3_ENDPOINT. */
    S3_REGION: z.string().optional(),
    /** The bucket in the path and not in the host name; so where S3_ENDPOINT is set, unless told otherwise. */
    S3_FORCE_PATH_STYLE: flag.optional(),
    /** Begins every key, so that a bucket can hold other things, too. */
    S3_PREFIX: z
      .string()
      .transform((text) => text.replaceAll(/^\/+|\/+$/g, ''))
      .transform((text) => (text === '' ? '' : `${text}/`))
      .default(''),
    /** Both or neither; without them the AWS SDK looks where it always does. */
    S3_ACCESS_KEY_ID: z.string().optional(),
    S3_SECRET_ACCESS_KEY: z.string().optional(),
  })
  .superRefine(({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }, context) => {
    if ((S3_ACCESS_KEY_ID === undefined) === (S3_SECRET_ACCESS_KEY === undefined)) return;
    const missing = S3_ACCESS_KEY_ID === undefined ? 'S3_ACCESS_KEY_ID' : 'S3_SECRET_ACCESS_KEY';
    context.addIssue({ code: 'custom', path: [missing], message: 'must be set, too' });
  });

/** Where the bytes of images are: below DATA_DIR, or in a bucket. */
export const StorageSettings = z.discriminatedUnion('STORAGE', [Disk, S3], 'must be disk or s3');
