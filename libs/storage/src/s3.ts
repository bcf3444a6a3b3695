import { addAbortSignal, Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { asImageBytes } from '#contract';
import { putImage } from './put-image.js';
import { createClient, limits, type Limits, type S3Config } from './s3-client.js';
import { toStartFault, translate } from './s3-faults.js';
import { StorageError, type StorageOperation } from './storage-error.js';
import type { Store, StoredFile } from './storage.js';

/** Above the largest possible image: 128 megapixels of four bytes, uncompressed. */
const MAX_OBJECT_BYTES = 640 * 1024 * 1024;

/** Long enough to follow a redirect, but no longer than credentials that are about to expire. */
const URL_LIFETIME_S = 300;

const unreadable = (message: string) => new StorageError(message, { operation: 'read', kind: 'unavailable' });

const collect = async (body: unknown, signal: AbortSignal): Promise<Buffer> => {
  if (!(body instanceof Readable)) throw unreadable('The S3 store answered without a body.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(signal, body) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_OBJECT_BYTES) throw unreadable('The object is larger than any image.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
};

/** Gives work a signal that aborts with the deadline, but no more once the work is done. */
const until = async <T>(deadline: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const giveUp = () => controller.abort(deadline.reason);
  deadline.addEventListener('abort', giveUp, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    deadline.removeEventListener('abort', giveUp);
  }
};

/**
 * Keeps images in one bucket of an S3 store. Clients get an image from the store itself, by a signed address
 * that is valid for a few minutes.
 * @throws StorageError that names the setting to correct when the bucket cannot be used
 */
export const openS3Storage = async (config: S3Config, most: Limits = limits): Promise<Store> => {
  const { S3_BUCKET: Bucket, S3_PREFIX, S3_ENDPOINT, S3_PUBLIC_ENDPOINT } = config;
  const client = createClient(config, S3_ENDPOINT, most);
  const signer = createClient(config, S3_PUBLIC_ENDPOINT ?? S3_ENDPOINT, most);
  const place = (key: string) => ({ Bucket, Key: `${S3_PREFIX}${key}` });

  const run = async <T>(
    operation: StorageOperation,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const deadline = AbortSignal.timeout(most.operationMs);
    try {
      return await work(deadline);
    } catch (cause) {
      throw translate(deadline.aborted ? deadline.reason : cause, operation);
    }
  };

  const storage: Store = {
    write: async (key, image) => {
      const unreadable = new AbortController();
      const command = putImage(place(key), asImageBytes(image), (error) => unreadable.abort(error));
      try {
        await run('write', async (deadline) => {
          const abortSignal = AbortSignal.any([deadline, unreadable.signal]);
          await client.send(command, { abortSignal });
        });
      } catch (error) {
        // The store is not at fault then.
        unreadable.signal.throwIfAborted();
        throw error;
      }
    },
    read: (key) =>
      run('read', async (abortSignal) => {
        const { Body } = await client.send(new GetObjectCommand(place(key)), { abortSignal });
        return collect(Body, abortSignal);
      }),
    open: async (key) => {
      const { Body, ContentLength } = await run('read', (deadline) =>
        // A reader may take longer than the store may take to begin.
        until(deadline, (abortSignal) => client.send(new GetObjectCommand(place(key)), { abortSignal })),
      );
      if (!(Body instanceof Readable) || ContentLength === undefined)
        throw unreadable('The S3 store answered without a body, or without its length.');
      return { bytes: ContentLength, stream: Body };
    },
    remove: (key) =>
      run('remove', async (abortSignal) => {
        await client.send(new DeleteObjectCommand(place(key)), { abortSignal });
      }),
    locate: (key, { method, contentType, maxAgeS }) =>
      run('locate', async () => {
        const asked = {
          ...place(key),
          ResponseContentType: contentType,
          ResponseContentDisposition: 'inline',
          ResponseCacheControl: `private, max-age=${maxAgeS}`,
        };
        // A signature is valid for one method only.
        const command = method === 'HEAD' ? new HeadObjectCommand(asked) : new GetObjectCommand(asked);
        const url = await getSignedUrl(signer, command, { expiresIn: URL_LIFETIME_S });
        return { kind: 'elsewhere', url };
      }),
    list: async (folder) => {
      const files: StoredFile[] = [];
      const Prefix = `${S3_PREFIX}${folder}/`;
      for (let after: string | undefined, more = true; more;) {
        const asked = new ListObjectsV2Command({
          Bucket,
          Prefix,
          ...(after && { ContinuationToken: after }),
        });
        const page = await run('list', (abortSignal) => client.send(asked, { abortSignal }));
        for (const { Key, LastModified, Size = 0 } of page.Contents ?? [])
          if (Key && LastModified)
            files.push({ key: Key.slice(S3_PREFIX.length), writtenAt: LastModified, bytes: Size });
        after = page.NextContinuationToken;
        more = after !== undefined;
      }
      return files;
    },
    space: async () => undefined,
    close: () => {
      client.destroy();
      signer.destroy();
    },
  };

  try {
    const abortSignal = AbortSignal.timeout(most.operationMs);
    await client.send(new HeadBucketCommand({ Bucket }), { abortSignal });
  } catch (cause) {
    storage.close();
    throw toStartFault(cause, config);
  }
  return storage;
};
