import sharp from 'sharp';
import { kernel, resizeLanczos, type Raster } from '#matting';
import { resizePlain } from '../libs/matting/src/plain/resize.js';
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

/** Fastest and median of what each round took, in milliseconds. */
const summary = (name: string, tookMs: readonly number[]): string =>
  `${name.padEnd(38)}${Math.min(...tookMs)
    .toFixed(1)
    .padStart(8)}${median(tookMs).toFixed(1).padStart(9)}`;

const run = async ({ args, print, stopping }: Bench): Promise<void> => {
  const { rounds } = readCounts(args, { rounds: 7 });
  const jpeg = await photo(1, WIDTH, HEIGHT);
  const data = await sharp(jpeg).raw().toBuffer();
  const raster: Raster = { data, width: WIDTH, height: HEIGHT, channels: 3 };
  const mask = softDisc();

  // In turn, so that a slow moment of the machine meets all of them. Sharp decodes and resizes the JPEG as it does
  // by default, which lets libjpeg shrink while it decodes, on all cores; it gives other pixels than Pillow.
  const works = {
    plainDown: () => resizePlain(raster, SIZE, SIZE),
    plainUp: () => resizePlain(mask, WIDTH, HEIGHT),
    down: () => resizeLanczos(raster, SIZE, SIZE),
    up: () => resizeLanczos(mask, WIDTH, HEIGHT),
    theirs: () => sharp(jpeg).resize(SIZE, SIZE, { fit: 'fill' }).raw().toBuffer(),
    theirsWhole: () =>
      sharp(jpeg).resize(SIZE, SIZE, { fit: 'fill', fastShrinkOnLoad: false }).raw().toBuffer(),
  };
  type Work = keyof typeof works;
  const took: Record<Work, number[]> = {
    plainDown: [],
    plainUp: [],
    down: [],
    up: [],
    theirs: [],
    theirsWhole: [],
  };
  for (let round = 1; round <= rounds; round++) {
    for (const name of Object.keys(works) as Work[]) {
      stopping.signal.throwIfAborted();
      took[name].push(await timed(works[name]));
    }
  }
  const both = took.down.map((downMs, round) => downMs + took.up[round]!);
  const share = (theirs: readonly number[]) =>
    median(both.map((ours, round) => ours / theirs[round]!)).toFixed(2);

  print(
    `A photo of ${WIDTH} × ${HEIGHT} to ${SIZE} × ${SIZE} and its mask back, ${rounds} rounds, kernel ${kernel}`,
  );
  print(`${'milliseconds'.padEnd(38)}${'fastest'.padStart(8)}${'median'.padStart(9)}`);
  print(summary('photo down, plain TypeScript', took.plainDown));
  print(summary('mask up, plain TypeScript', took.plainUp));
  print(summary(`photo down`, took.down));
  print(summary(`mask up`, took.up));
  print(summary('down and up', both));
  print(summary("sharp's decode and resize", took.theirs));
  print(summary('the same without fastShrinkOnLoad', took.theirsWhole));
  print(
    `down and up ÷ sharp: ${share(took.theirs)}, without fastShrinkOnLoad ${share(took.theirsWhole)} (median of the rounds)`,
  );
};

export const resize: Benchmark = {
  about: 'the Pillow-exact resize of 12 megapixels against sharp; --rounds 7',
  run,
};
