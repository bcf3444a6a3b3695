import { setTimeout as sleep } from 'node:timers/promises';
import { startUpload, writeUpTo } from '#test/upload';
import type { Attack, Target } from '../attack.js';
import { during, megabytes } from '../watch.js';

const nested = Buffer.alloc(64 * 1024, '[');
const base64 = Buffer.alloc(64 * 1024, 'QUJD');
/** No send waits longer than this for a gateway that does not read. */
const PATIENCE_MS = 3_000;
/** The gateway waits 2 s for a sender to read its answer. One that this machine holds up for longer tries again. */
const TRIES = 5;

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

/** @returns the status of the answer; undefined if the connection ended before it was read */
const sendNested = async ({ gateway }: Target, bytes: number): Promise<number | undefined> => {
  const headers = { 'content-type': 'application/json', 'content-length': bytes };
  const upload = await startUpload(gateway.url, headers);
  await writeUpTo(upload, bytes, nested);
  const answer = await upload.answer.catch(() => undefined);
  return answer?.status;
};

export const nestedArrays: Attack = {
  about: '30 MB of nested arrays without a key',
  before: 'heap exhausted, away for 8.7 s',
  run: (target) =>
    during(target, { maxGrowthMb: 64 }, async () => {
      let status: number | undefined;
      for (let tries = 0; status === undefined && tries < TRIES; tries++)
        status = await sendNested(target, megabytes(30));
      if (status !== 401) throw new Error(`the body got ${status ?? 'no answer'}`);
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
