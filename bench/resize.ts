import sharp from 'sharp';
import { resizeLanczos, type Raster } from '#matting';
import type { Bench, Benchmark } from './benchmark.js';
import { readCounts } from './options.js';
import { photo } from './photos.js';
import { median } from './statistics.js';

const WIDTH = 4000;
const HEIGHT = 3000;
const SIZE = 1024;

const timed = async (work: () => unknown): Promise<number> => {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
};

/** A disc with a soft edge: flat almost everywhere, as masks are. */
const softDisc = (): Raster => {
  const data = new Uint8ClampedArray(SIZE * SIZE);
  for (let i = 0; i < data.length; i++) {
    const radius = Math.hypot((i % SIZE) - SIZE / 2, Math.floor(i / SIZE) - SIZE / 2);
    data[i] = 127 + 32 * (SIZE / 3 - radius);
  }
  return { data: new Uint8Array(data.buffer), width: SIZE, height: SIZE, channels: 1 };
};

const run = async ({ args, print, stopping }: Bench): Promise<void> => {
  const { rounds } = readCounts(args, { rounds: 7 });
  const jpeg = await photo(1, WIDTH, HEIGHT);
  const raster: Raster = {
    data: await sharp(jpeg).raw().toBuffer(),
    width: WIDTH,
    height: HEIGHT,
    channels: 3,
  };
  const mask = softDisc();

  print(`A photo of ${WIDTH} × ${HEIGHT} to ${SIZE} × ${SIZE} and its mask back; milliseconds:`);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    stopping.signal.throwIfAborted();
    const down = await timed(() => resizeLanczos(raster, SIZE, SIZE));
    const up = await timed(() => resizeLanczos(mask, WIDTH, HEIGHT));
    // At full resolution: shrinking while the JPEG is decoded gives other pixels.
    const theirs = await timed(() =>
      sharp(jpeg).resize(SIZE, SIZE, { fit: 'fill', fastShrinkOnLoad: false }).raw().toBuffer(),
    );
    const ratio = (down + up) / theirs;
    print(
      `  round ${round}   down ${down.toFixed(0)}   up ${up.toFixed(0)}   sharp ${theirs.toFixed(0)}   ratio ${ratio.toFixed(2)}`,
    );
    ratios.push(ratio);
  }
  print(`ratio     ${median(ratios).toFixed(2)} (median; below 1 is faster than sharp's decode and resize)`);
};

export const resize: Benchmark = {
  about: 'the Pillow-exact resize of 12 megapixels against sharp; --rounds 7',
  run,
};
