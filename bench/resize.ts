import sharp from 'sharp';
import { cutout, type Raster, resizeLanczos, toMask, toTensor } from '#matting';
import type { Bench, Benchmark } from './benchmark.js';
import { readCounts } from './options.js';
import { heightOf, photo } from './photos.js';
import { median } from './statistics.js';

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

type Work = { readonly name: string; readonly run: () => unknown };

const worksOn = (photo: Raster, mask: Raster): readonly Work[] => {
  const square = resizeLanczos(photo, SIZE, SIZE);
  const full = resizeLanczos(mask, photo.width, photo.height);
  const logits = Float32Array.from(mask.data);
  const norm = { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
  const nchw = new Float32Array(3 * SIZE * SIZE);
  return [
    { name: 'photo down', run: () => resizeLanczos(photo, SIZE, SIZE) },
    { name: 'mask up', run: () => resizeLanczos(mask, photo.width, photo.height) },
    { name: 'tensor', run: () => toTensor(square, norm, nchw) },
    { name: 'mask', run: () => toMask(logits, SIZE) },
    { name: 'cutout', run: () => cutout(photo, full) },
  ];
};

/** Fastest and median, in milliseconds. */
const summary = (tookMs: readonly number[]): string =>
  `${Math.min(...tookMs)
    .toFixed(1)
    .padStart(9)}${median(tookMs).toFixed(1).padStart(9)}`;

/**
 * Sharp decodes and resizes the JPEG by its defaults: its own kernel, whose pixels differ from Pillow's, shrinking
 * while it decodes, on all cores. Ours runs in one thread and decodes nothing.
 */
const theirs = (jpeg: Buffer) => sharp(jpeg).resize(SIZE, SIZE, { fit: 'fill' }).raw().toBuffer();

const run = async ({ args, print, stopping }: Bench): Promise<void> => {
  const { rounds, width } = readCounts(args, { rounds: 7, width: 4000 });
  const height = heightOf(width);
  const jpeg = await photo(1, width, height);
  const data = await sharp(jpeg).raw().toBuffer();
  const works = worksOn({ data, width, height, channels: 3 }, softDisc());

  // In turn, so that a slow moment of the machine affects all of them.
  const tookMs = works.map((): number[] => []);
  const sharpMs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [i, work] of works.entries()) {
      stopping.signal.throwIfAborted();
      tookMs[i]!.push(await timed(work.run));
    }
    sharpMs.push(await timed(() => theirs(jpeg)));
  }

  print(
    `A photo of ${width} × ${height} to ${SIZE} × ${SIZE} and its mask back; milliseconds of ${rounds} rounds`,
  );
  print(`${''.padEnd(12)}  fastest   median`);
  for (const [i, { name }] of works.entries()) print(`${name.padEnd(12)}${summary(tookMs[i]!)}`);
  print(`${'sharp'.padEnd(12)}${summary(sharpMs)}`);

  const ratio = median(sharpMs.map((ms, round) => (tookMs[0]![round]! + tookMs[1]![round]!) / ms));
  print(`down and up ÷ sharp's decode and resize: ${ratio.toFixed(2)}, median of the rounds`);
};

export const resize: Benchmark = {
  about: 'the Pillow-exact resize of 12 megapixels against sharp; --rounds 7 --width 4000',
  smallest: ['--rounds', '1', '--width', '400'],
  run,
};
