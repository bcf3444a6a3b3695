import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plainFinishing } from '#contract';
import type { Photo } from '#imaging';
import { cutout } from '#matting';
import { HANG_MS } from '#test/until';
import { openPixelPool, type PixelPool } from './pool.js';

const exec = promisify(execFile);
const index = new URL('index.js', import.meta.url).href;

/** Threads rest for so long before they load anything. */
const REST_MS = 1_000;
const restOf = (ms: number) => `import { writeSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (!isMainThread) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
    writeSync(1, 'rested ');
  }`;
const hookOf = (restMs: number) => `--import=data:text/javascript,${encodeURIComponent(restOf(restMs))}`;

/** Cuts out squares of the given side, which takes a second for 9 megapixels. */
const cutIn = `(pool) => {
  const finishing = { decontaminate: true, levels: null, edgeOffset: 0, feather: 0 };
  const pixels = (side, channels) =>
    ({ data: new Uint8Array(side * side * channels).fill(99), width: side, height: side, channels });
  return (side, signal = new AbortController().signal) =>
    pool.postprocess({ photo: pixels(side, 3), mask: pixels(side, 1), finishing, opaque: false }, signal);
}`;

/** Returns what a program with a pool of two threads writes. It has its own process, which a fault would end. */
const withPool = async (program: string, restMs = REST_MS): Promise<string> => {
  const whole = `import('${index}').then(async ({ openPixelPool }) => {
    const pool = openPixelPool(2, 2);
    const cutIn = ${cutIn};
    ${program}
    await pool.close();
    console.log('closed');
  });`;
  return (await exec(process.execPath, [hookOf(restMs), '--eval', whole], { timeout: HANG_MS })).stdout;
};

it('ends its threads only once they have loaded their code', async () => {
  expect(await withPool('')).toBe('rested closed\n');
});

it('waits with the abort of a task until its thread has loaded, and still ends', async () => {
  const program = `
    const photo = { data: new Uint8Array(4), width: 1, height: 1, channels: 4 };
    const abort = new AbortController();
    // The first thread loads, so that a second one is started for this.
    const read = pool.readMask(photo, abort.signal).catch(({ name }) => console.log(name));
    setTimeout(() => abort.abort(), ${REST_MS / 4});
    await read;`;
  expect(await withPool(program)).toMatch(/^rested rested .*closed\n$/s);
});

it('survives the abort of a task whose answer has just come', async () => {
  const program = `
    const cut = cutIn(pool);
    for (let i = 0; i < 5; i++) {
      await Promise.all([cut(500), cut(500)]);
      const abort = new AbortController();
      const aborted = cut(1, abort.signal).catch(() => console.log('aborted'));
      // The thread answers meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${REST_MS / 2});
      abort.abort();
      await aborted;
    }`;
  expect(await withPool(program, 0)).toMatch(/aborted\n(rested )*closed\n$/);
});

it('gives the place of an aborted task to one that waits', async () => {
  const program = `
    const cut = cutIn(pool);
    await Promise.all([cut(1), cut(1)]);
    const abort = new AbortController();
    const aborted = cut(4_000, abort.signal).catch(() => console.log('aborted'));
    const stop = new AbortController();
    const long = cut(6_000, stop.signal).then(() => console.log('long'), () => undefined);
    const waiting = cut(1).then(() => console.log('waiting'));
    setTimeout(() => abort.abort());
    await Promise.all([aborted, waiting]);
    stop.abort();
    await long;`;
  expect(await withPool(program, 0)).toMatch(/^(rested )*aborted\n(rested )*waiting\n(rested )*closed\n$/);
});

it('starts no thread once it is closed, even where one was ended just before', async () => {
  const program = `
    await pool.close();
    console.log('begun');
    for (let i = 0; i < 6; i++) {
      const other = openPixelPool(2, 2);
      const cut = cutIn(other);
      await Promise.all([cut(500), cut(500)]);
      const abort = new AbortController();
      const aborted = cut(3_000, abort.signal).catch(() => undefined);
      setTimeout(() => abort.abort(), 50);
      await aborted;
      await other.close();
      console.log('other');
    }
    // Gives a thread that is started too late the time to show.
    await new Promise((resolve) => setTimeout(resolve, 1_000));`;
  const others = Array.from({ length: 6 }, () => 'rested rested other\n').join('');
  expect(await withPool(program, 0)).toBe(`rested begun\n${others}closed\n`);
});

describe('the memory of pixels', () => {
  const [width, height] = [37, 23];
  const pixels = width * height;
  let pool: PixelPool;
  beforeEach(() => {
    pool = openPixelPool(1, 2);
  });
  afterEach(() => pool.close());

  const photoOf = (seed: number): Photo => ({
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * seed) & 255),
  });
  const maskOf = (seed: number) => ({
    width,
    height,
    channels: 1 as const,
    data: Uint8Array.from({ length: pixels }, (_, i) => (i * seed) % 251),
  });
  const finish = (photo: Photo, seed: number, returnOnlyMask = false) => {
    const finishing = { ...plainFinishing, returnOnlyMask };
    return pool.postprocess(
      { photo, mask: maskOf(seed), finishing, opaque: false },
      AbortSignal.timeout(60_000),
    );
  };

  it('serves the next picture once it is no longer needed, and shows nothing of the former one', async () => {
    for (const seed of [3, 5, 7, 11]) {
      const expected = cutout(photoOf(seed), maskOf(seed)).data;
      const { raster } = await finish(photoOf(seed), seed);
      expect(Buffer.compare(raster.data, expected)).toBe(0);
      await pool.deflate(raster);
    }
    const [photo, cut] = [pool.takeMemory(3 * pixels), pool.takeMemory(4 * pixels)];
    expect([photo?.byteLength, cut?.byteLength]).toEqual([3 * pixels, 4 * pixels]);
  });

  it('is given back by a mask as well', async () => {
    const photo = photoOf(3);
    await finish(photo, 3, true);
    expect(photo.data).toHaveLength(0);
    expect(pool.takeMemory(3 * pixels)?.byteLength).toBe(3 * pixels);
    expect(pool.takeMemory(3 * pixels)).toBeUndefined();
  });
});
