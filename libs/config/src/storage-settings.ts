import { z } from 'zod';
import { flag, url } from './value-kinds.js';

const Disk = z.object({ STORAGE: z.literal('disk').default('disk') });

const S3 = z
  .object({
    STORAGE: z.literal('s3'),
    S3_BUCKET: z.string('must be set where STORAGE is s3'),
    /** Address of the store. Unless set, that of AWS. */
    S3_ENDPOINT: url('http:', 'https:').optional(),
    /** Address at which clients reach the store, if it differs. Image addresses are signed for it. */
    S3_PUBLIC_ENDPOINT: url('http:', 'https:').optional(),
    /** Unless set, the region that the AWS SDK finds; any region when S3_ENDPOINT is set. */
    S3_REGION: z.string().optional(),
    /**
     * Whether the bucket is in the path instead of the host name. By default only when S3_ENDPOINT is set.
     */
    S3_FORCE_PATH_STYLE: flag.optional(),
    /** Prefix of every key, so that the bucket can hold other things. */
    S3_PREFIX: z
      .string()
      .transform((text) => text.replaceAll(/^\/+|\/+$/g, ''))
      .transform((text) => (text === '' ? '' : `${text}/`))
      .default(''),
    /** Both or neither. Without them the AWS SDK looks in its usual places. */
    S3_ACCESS_KEY_ID: z.string().optional(),
    S3_SECRET_ACCESS_KEY: z.string().optional(),
  })
  .superRefine(({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }, context) => {
    if ((S3_ACCESS_KEY_ID === undefined) === (S3_SECRET_ACCESS_KEY === undefined)) return;
    const missing = S3_ACCESS_KEY_ID === undefined ? 'S3_ACCESS_KEY_ID' : 'S3_SECRET_ACCESS_KEY';
    context.addIssue({ code: 'custom', path: [missing], message: 'must be set, too' });
  });

/** Where the bytes of images are kept: below DATA_DIR, or in a bucket. */
export const StorageSettings = z.discriminatedUnion('STORAGE', [Disk, S3], 'must be disk or s3');
