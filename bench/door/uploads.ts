import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { Pool } from 'undici';
import type { Item } from '#test/client';
import type { Bench } from '../benchmark.js';
import { peakBytes, residentBytes } from '../overhead/figures.js';
import type { Service } from '../overhead/service.js';

const PIECE_BYTES = 64 * 1024;

/** A PNG of noise, which does not shrink. */
const noise = (megabytes: number): Promise<Buffer> => {
  const side = Math.max(64, Math.round(Math.sqrt((megabytes * 1e6) / 3)));
  const pixels = { type: 'gaussian' as const, mean: 128, sigma: 60 };
  const create = { width: side, height: side, channels: 3 as const, background: 'black', noise: pixels };
  return sharp({ create }).png({ compressionLevel: 0 }).toBuffer();
};

/** All callers send the same bytes, so that this process needs little memory. */
function* piecesOf(parts: readonly Buffer[]) {
  for (const part of parts)
    for (let at = 0; at < part.length; at += PIECE_BYTES) yield part.subarray(at, at + PIECE_BYTES);
}

type Sent = { readonly path: string; readonly type: string; readonly parts: readonly Buffer[] };
type Kind = 'JSON' | 'PUT';

const requests: Readonly<Record<Kind, (image: Buffer) => () => Sent>> = {
  JSON: (image) => {
    const base64 = Buffer.from(image.toString('base64'));
    return () => {
      const start = `[{"taskType":"imageUpload","taskUUID":"${randomUUID()}","image":"`;
      const parts = [Buffer.from(start), base64, Buffer.from('"}]')];
      return { path: '/v1', type: 'application/json', parts };
    };
  },
  PUT: (image) => () => ({ path: `/v1/images/${randomUUID()}`, type: 'image/png', parts: [image] }),
};

/** Makes the peak of a process begin again. Linux alone can. */
const forgetPeak = (pid: number | undefined) =>
  writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);

const inMegabytes = (bytes: number | undefined) => (bytes === undefined ? '?' : Math.round(bytes / 1e6));

/** Uploads many images at once, and prints what the gateway makes of them. */
export const printUploads = async (
  { closers, print }: Bench,
  { url, key, gateway }: Service,
  kind: Kind,
  { uploads, megabytes }: { readonly uploads: number; readonly megabytes: number },
): Promise<void> => {
  const pool = new Pool(url, { connections: uploads, headersTimeout: 600_000, bodyTimeout: 600_000 });
  closers.push(() => pool.destroy());
  const image = await noise(megabytes);
  const next = requests[kind](image);

  const upload = async (): Promise<Item | undefined> => {
    const { path, type, parts } = next();
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const { body } = await pool.request({
      method: kind === 'PUT' ? 'PUT' : 'POST',
      path,
      headers: {
        'content-type': type,
        'content-length': `${length}`,
        authorization: `Bearer ${key}`,
      },
      body: Readable.from(piecesOf(parts)),
    });
    return ((await body.json()) as { errors?: Item[] }).errors?.[0];
  };

  await forgetPeak(gateway.pid);
  const base = await residentBytes(gateway.pid);
  const startMs = performance.now();
  const refusals = (await Promise.all(Array.from({ length: uploads }, upload))).filter(Boolean);
  const seconds = (performance.now() - startMs) / 1000;
  const peak = await peakBytes(gateway.pid);
  const rate = ((uploads - refusals.length) * image.byteLength) / 1e6 / seconds;
  const refused = `${refusals.length} sent away (${refusals[0]?.code ?? 'none'})`;
  const memory = `${inMegabytes(base)} MB of memory before, ${inMegabytes(peak)} MB at most`;
  print(
    `uploads       ${uploads} × ${inMegabytes(image.byteLength)} MB at once by ${kind}: ${rate.toFixed(0)} MB/s, ${refused}; the gateway has ${memory}`,
  );
};
