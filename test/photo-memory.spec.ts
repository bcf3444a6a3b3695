import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { plainFinishing, type Finishing } from '#contract';
import { openDecoders } from '#decoders';
import { decode, limitThreads, wrapPng, type Photo } from '#imaging';
import { finish, openPixelPool } from '#pipeline';
import { HANG_MS } from '#test/until';
import { createRandom } from './chaos/random.js';

/** Of the memory that a photo is written into. No pixel of it may be seen. */
const PATTERN = 0xab;
const TASKS = 160;
const AT_ONCE = 4;

const limits = { maxPixels: 50e6 };
limitThreads(2);
const random = createRandom(29);
const upTo = (most: number) => Math.floor(random() * most);
const pick = <T>(list: readonly T[]): T => list[upTo(list.length)]!;
const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

const samplesOf = (count: number): Uint8Array => {
  const samples = new Uint8Array(count);
  let state = upTo(2 ** 31);
  for (let i = 0; i < count; i++)
    samples[i] = (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
  return samples;
};
const picture = (width: number, height: number, channels: 1 | 3 | 4) =>
  sharp(samplesOf(width * height * channels), { raw: { width, height, channels } });

/** Sizes are near each other, so that the memory of one picture serves another. The last ones come in several pieces. */
const sizes = [
  [1, 1],
  [1, 700],
  [37, 23],
  [41, 25],
  [211, 160],
  [190, 173],
  [901, 803],
  [850, 830],
] as const;
const kinds: readonly ((width: number, height: number) => ReturnType<typeof picture>)[] = [
  (width, height) => picture(width, height, 3).jpeg(),
  (width, height) => picture(width, height, 3).toColourspace('cmyk').jpeg(),
  (width, height) => picture(width, height, 3).withMetadata({ orientation: 6 }).jpeg(),
  (width, height) => picture(width, height, 4).png({ compressionLevel: 1, progressive: true }),
  (width, height) => picture(width, height, 3).toColourspace('rgb16').png({ compressionLevel: 1 }),
  (width, height) => picture(width, height, 1).png({ compressionLevel: 1 }),
  (width, height) => picture(width, height, 4).webp({ lossless: true, effort: 0 }),
];
const finishings: readonly Finishing[] = [
  plainFinishing,
  { ...plainFinishing, returnOnlyMask: true },
  { ...plainFinishing, rgba: [1, 2, 3, 128] },
  { ...plainFinishing, feather: 1.5 },
  { ...plainFinishing, decontaminate: true },
];

type Known = { readonly file: Buffer; readonly photo: Photo };
const known: Known[] = [];
for (const [width, height] of sizes)
  for (const kind of kinds) {
    const file = await kind(width, height).toBuffer();
    known.push({ file, photo: await decode(file, limits) });
  }

/** A mask with strips of background, which the cutout leaves out. */
const maskOf = ({ width, height }: Photo, seed: number) => {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = (i >> 13) % 2 === seed % 2 ? 0 : (i * seed) % 251;
  return { width, height, channels: 1 as const, data };
};

const endNow = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended a moment ago.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** As a damaged file is decoded without used memory; undefined when it is refused. */
const decodeAlone = (file: Uint8Array) => decode(file, limits).catch(() => undefined);

it('shows nothing of other pictures while files are damaged, tasks aborted and decoders killed', async () => {
  const seen = { reused: 0, ended: 0, finished: 0, refused: 0, aborted: 0, damaged: 0 };
  const pool = openPixelPool(2, AT_ONCE);
  const takeMemory = (bytes: number) => {
    const spare = pool.takeMemory(bytes);
    if (spare) seen.reused++;
    const memory = spare ?? new ArrayBuffer(bytes + upTo(bytes / 2));
    new Uint8Array(memory).fill(PATTERN);
    return memory;
  };
  const decoders = await openDecoders({
    limits,
    cores: 2,
    timeoutMs: HANG_MS,
    takeMemory,
    onEnd: () => seen.ended++,
    onFileFault: (reason) => {
      throw new Error(reason);
    },
  });

  const decodeDamaged = async (file: Uint8Array): Promise<void> => {
    const [photo, expected] = [await decoders.decode(file), await decodeAlone(file)];
    expect(expected && same(photo.data, expected.data)).toBe(true);
    seen.damaged++;
  };

  const cutOut = async ({ file, photo }: Known, signal: AbortSignal): Promise<void> => {
    const decoded = await decoders.decode(file, signal);
    await sleep(upTo(20));
    expect(same(decoded.data, photo.data)).toBe(true);
    const [finishing, seed] = [pick(finishings), 1 + upTo(1e6)];
    const work = { photo: decoded, mask: maskOf(photo, seed), finishing, opaque: false };
    const { raster } = await pool.postprocess(work, signal);
    const expected = finish(
      photo,
      maskOf(photo, seed),
      { finishing, opaque: false },
      { isTouchUp: true },
    ).raster;
    await sleep(upTo(20));
    expect(same(raster.data, expected.data)).toBe(true);
    const { data: _, ...geometry } = raster;
    const shown = sharp(wrapPng(await pool.deflate(raster), geometry));
    if (geometry.channels === 1) shown.toColourspace('b-w');
    expect(same(await shown.raw().toBuffer(), expected.data)).toBe(true);
    seen.finished++;
  };

  const doOne = async (): Promise<void> => {
    const each = pick(known);
    const fate = pick(['whole', 'whole', 'abort', 'truncate', 'damage']);
    if (fate === 'truncate') return decodeDamaged(each.file.subarray(0, 1 + upTo(each.file.length)));
    if (fate === 'damage') {
      const file = Buffer.from(each.file);
      for (let i = 0; i < 4; i++) file[upTo(file.length)]! ^= 1 + upTo(255);
      return decodeDamaged(file);
    }
    const ending = new AbortController();
    const timer = fate === 'abort' && setTimeout(() => ending.abort(), upTo(80));
    return cutOut(each, ending.signal).finally(() => timer && clearTimeout(timer));
  };

  let left = TASKS;
  const work = async (): Promise<void> => {
    while (left-- > 0)
      await doOne().catch((error: unknown) => {
        const { name } = error as Error;
        if (name === 'AbortError') seen.aborted++;
        else if (['ImageError', 'DecoderError'].includes(name)) seen.refused++;
        else throw error;
      });
  };
  const working = Promise.all(Array.from({ length: AT_ONCE }, work));
  const killing = new AbortController();
  const kill = async (): Promise<void> => {
    while (!killing.signal.aborted) {
      await sleep(200 + upTo(600));
      const pid = pick([undefined, ...decoders.stats().pids]);
      if (pid !== undefined) endNow(pid);
    }
  };
  const killed = kill();
  await working.finally(() => killing.abort());
  await killed;
  await decoders.close();
  await pool.close();
  // Each of them is part of the test.
  expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
});
