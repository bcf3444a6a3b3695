import { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { createClient, limits, type S3Config } from '../s3-client.js';
import { translate } from '../s3-faults.js';
import { StorageError, type StorageOperation } from '../storage-error.js';
import { FileFault, type PlaceFiles } from './place-files.js';

export type S3Place = { readonly bucket: string; readonly prefix: string };

/** Paths of one page. */
const PAGE = 500;

/** From the start of an operation, all of its bytes included. */
const TRANSFER_MS = 300_000;

/** What the store says of one object, in words that complete "the file …". */
const fileReasons: Readonly<Record<string, string>> = {
  AccessDenied: 'may not be read by the service',
  InvalidObjectState: 'lies in an archive of the store',
  KeyTooLongError: 'has too long a name',
};

const faultOf = (cause: unknown, operation: StorageOperation): Error => {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'NoSuchKey') return new FileFault('missing', 'does not exist', { cause });
  const reason = fileReasons[name];
  const isOfFile = operation === 'read' || name === 'KeyTooLongError';
  return reason !== undefined && isOfFile
    ? new FileFault('unusable', reason, { cause })
    : translate(cause, operation);
};

const run = async <T>(
  operation: StorageOperation,
  limitMs: number,
  work: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const deadline = AbortSignal.timeout(limitMs);
  try {
    return await work(deadline);
  } catch (cause) {
    throw faultOf(deadline.aborted ? deadline.reason : cause, operation);
  }
};

/** The objects below a prefix of a bucket. */
export const openS3Place = (config: S3Config, { bucket: Bucket, prefix }: S3Place): PlaceFiles => {
  const client = createClient(config, config.S3_ENDPOINT, limits);
  const keyOf = (path: string) => `${prefix}${path}`;

  return {
    list: (folder, after, isWanted) =>
      run('list', limits.operationMs, async (abortSignal) => {
        const Prefix = keyOf(folder === '' ? '' : `${folder}/`);
        const command = new ListObjectsV2Command({
          Bucket,
          Prefix,
          MaxKeys: PAGE,
          ...(after !== undefined && { StartAfter: keyOf(after) }),
        });
        const { Contents = [], IsTruncated } = await client.send(command, { abortSignal });
        const paths = Contents.flatMap(({ Key }) => Key?.slice(prefix.length) ?? []);
        const mayGoOn = IsTruncated === true || Contents.length === PAGE;
        return { paths: paths.filter(isWanted), next: mayGoOn ? paths.at(-1) : undefined };
      }),
    open: (path) =>
      run('read', TRANSFER_MS, async (abortSignal) => {
        const command = new GetObjectCommand({ Bucket, Key: keyOf(path) });
        const { Body, ContentLength } = await client.send(command, { abortSignal });
        if (Body instanceof Readable && ContentLength !== undefined)
          return { bytes: ContentLength, stream: Body };
        const message = 'The S3 store answered without a body, or without its length.';
        throw new StorageError(message, { operation: 'read', kind: 'unavailable' });
      }),
    write: (path, { bytes, stream }) =>
      run('write', TRANSFER_MS, async (abortSignal) => {
        const command = new PutObjectCommand({
          Bucket,
          Key: keyOf(path),
          Body: stream,
          ContentLength: bytes,
        });
        await client.send(command, { abortSignal });
      }),
    close: () => client.destroy(),
  };
};
