import { setTimeout as sleep } from 'node:timers/promises';
import { startUpload, writeUpTo } from '#test/upload';
import type { Attack, Target } from '../attack.js';
import { during, megabytes } from '../watch.js';

const nested = Buffer.alloc(64 * 1024, '[');
const base64 = Buffer.alloc(64 * 1024, 'QUJD');
/** No send waits longer than this for a gateway that does not read. */
const PATIENCE_MS = 3_000;

/** Sends many bodies at once that never end. */
const flood = async ({ gateway }: Target, bodies: number, start: string, piece: Buffer, key?: string) => {
  const size = megabytes(20);
  const headers = { 'content-type': 'application/json', 'content-length': size };
  const sent = Array.from({ length: bodies }, async () => {
    const upload = await startUpload(gateway.url, {
      ...headers,
      ...(key && { authorization: `Bearer ${key}` }),
    });
    await upload.write(start);
    await Promise.race([writeUpTo(upload, size - piece.length, piece), sleep(PATIENCE_MS)]);
    return upload;
  });
  for (const upload of await Promise.all(sent)) upload.destroy();
};

export const nestedArrays: Attack = {
  about: '30 MB of nested arrays without a key',
  before: 'heap exhausted, away for 8.7 s',
  run: (target) =>
    during(target, { maxGrowthMb: 64 }, async () => {
      const headers = { 'content-type': 'application/json', 'content-length': megabytes(30) };
      const upload = await startUpload(target.gateway.url, headers);
      await writeUpTo(upload, megabytes(30), nested);
      const { status } = await upload.answer;
      if (status !== 401) throw new Error(`the body got ${status}`);
    }),
};

export const unfinishedBodies: Attack = {
  about: '500 bodies of 20 MB without a key that never end',
  before: '760 MB for 50, 10 GB for 500',
  run: (target) =>
    during(target, { maxGrowthMb: 64 }, () => flood(target, target.isShort ? 50 : 500, '', nested)),
};

export const unfinishedUploads: Attack = {
  about: '50 bodies of 20 MB with one key that never end',
  before: 'not measured',
  run: (target) =>
    during(target, { maxGrowthMb: 64 }, () =>
      flood(target, target.isShort ? 15 : 50, '[{"image":"', base64, target.fleet.key),
    ),
};
