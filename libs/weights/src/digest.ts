import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Variant } from '#models';
import { absentAsUndefined } from './weights-error.js';

/** The digests and the size of a file. */
export type Digests = { readonly bytes: number; readonly sha256: string; readonly md5: string };

/** Digests a stream of bytes. */
export const createDigester = () => {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;

  return {
    update: (piece: Uint8Array): void => {
      sha256.update(piece);
      md5.update(piece);
      bytes += piece.length;
    },
    /** May be called once, at the end. */
    digests: (): Digests => ({ bytes, sha256: sha256.digest('hex'), md5: md5.digest('hex') }),
  };
};
export type Digester = ReturnType<typeof createDigester>;

/** Feeds a whole file to the digester. */
export const digestFile = async (path: string, digester: Digester, signal?: AbortSignal): Promise<void> => {
  const pieces = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const piece of pieces) digester.update(piece as Buffer);
};

export const digestsOf = async (path: string, signal?: AbortSignal): Promise<Digests> => {
  const digester = createDigester();
  await digestFile(path, digester, signal);
  return digester.digests();
};

/** The expected size and digests of a file, as far as they are known. */
export type Expected = Pick<Variant, 'bytes' | 'sha256' | 'md5'>;

/** The difference to the expected file, in words that complete "the file …"; `undefined` for none. */
export const differenceOf = (found: Digests, expected: Expected): string | undefined => {
  if (expected.bytes !== undefined && found.bytes !== expected.bytes)
    return `has ${found.bytes} bytes instead of ${expected.bytes}`;
  if (expected.sha256 !== undefined && found.sha256 !== expected.sha256)
    return `has the sha-256 ${found.sha256} instead of ${expected.sha256}`;
  if (expected.md5 !== undefined && found.md5 !== expected.md5)
    return `has the md5 ${found.md5} instead of ${expected.md5}`;
  return undefined;
};

/** As `differenceTo`, for a file on disk. Its content is read only when its size is right. */
export const faultOf = async (
  path: string,
  expected: Expected,
  signal?: AbortSignal,
): Promise<string | undefined> => {
  const found = await stat(path).catch(absentAsUndefined);
  if (!found) return 'is not there';
  if (!found.isFile()) return 'is not a regular file';
  if (expected.bytes !== undefined && found.size !== expected.bytes)
    return `has ${found.size} bytes instead of ${expected.bytes}`;

  return differenceOf(await digestsOf(path, signal), expected);
};
