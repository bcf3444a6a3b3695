import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plainFinishing } from '#contract';
import type { Photo } from '#imaging';
import { cutout } from '#matting';
import { openPixelPool, type PixelPool } from './pool.js';

const exec = promisify(execFile);
const index = new URL('index.js', import.meta.url).href;

/** Threads rest for so long before they load anything. */
const REST_MS = 1_000;
const rest = `import { isMainThread } from 'node:worker_threads';
  if (!isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${REST_MS});`;

const program = `import('${index}').then(async ({ openPixelPool }) => {
  const pool = openPixelPool(2, 2);
  const startMs = performance.now();
  await pool.close();
  console.log(performance.now() - startMs);
});`;

it('ends its threads only once they have loaded their code', async () => {
  const hook = `--import=data:text/javascript,${encodeURIComponent(rest)}`;
  // In a process of its own, since a fault would end that.
  const { stdout } = await exec(process.execPath, [hook, '--eval', program]);
  expect(Number(stdout)).toBeGreaterThan(REST_MS / 2);
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
    ...{ width, height, channels: 3 as const },
    data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * seed) & 255),
  });
  const maskOf = (seed: number) => ({
    ...{ width, height, channels: 1 as const },
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
