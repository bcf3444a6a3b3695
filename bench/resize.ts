import sharp from 'sharp';
import { cutout, kernel, type Raster, resizeLanczos, toMask, toTensor } from '#matting';
import { cutPlain } from '../libs/matting/src/plain/cutout.js';
import { extremesPlain, stretchPlain } from '../libs/matting/src/plain/mask.js';
import { resizePlain } from '../libs/matting/src/plain/resize.js';
import { brightestPlain, lookUpPlain } from '../libs/matting/src/plain/tensor.js';
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

type Contest = { readonly name: string; readonly ours: () => unknown; readonly plain: () => unknown };
type Took = { readonly ours: number[]; readonly plain: number[] };

const contests = (photo: Raster, mask: Raster): readonly Contest[] => {
  const square = resizeLanczos(photo, SIZE, SIZE);
  const full = resizeLanczos(mask, photo.width, photo.height);
  const logits = Float32Array.from(mask.data);
  const norm = { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
  const table = new Float32Array(256);
  const nchw = new Float32Array(3 * SIZE * SIZE);
  return [
    {
      name: 'photo down',
      ours: () => resizeLanczos(photo, SIZE, SIZE),
      plain: () => resizePlain(photo, SIZE, SIZE),
    },
    {
      name: 'mask up',
      ours: () => resizeLanczos(mask, photo.width, photo.height),
      plain: () => resizePlain(mask, photo.width, photo.height),
    },
    {
      name: 'tensor',
      ours: () => toTensor(square, norm, nchw),
      plain: () => [brightestPlain(square), lookUpPlain(square, [table, table, table], nchw)],
    },
    {
      name: 'mask',
      ours: () => toMask(logits, SIZE),
      plain: () => stretchPlain(logits, extremesPlain(logits)),
    },
    { name: 'cutout', ours: () => cutout(photo, full), plain: () => cutPlain(photo, full) },
  ];
};

/** Fastest and median, in milliseconds. */
const summary = (tookMs: readonly number[]): string =>
  `${Math.min(...tookMs)
    .toFixed(1)
    .padStart(9)}${median(tookMs).toFixed(1).padStart(9)}`;

/**
 * Sharp decodes the JPEG and resizes it as it does by default: with its own kernel, which gives other pixels than
 * Pillow, letting libjpeg shrink while it decodes, on all cores. Ours runs in one thread and decodes nothing.
 */
const theirs = (jpeg: Buffer) => sharp(jpeg).resize(SIZE, SIZE, { fit: 'fill' }).raw().toBuffer();

const run = async ({ args, print, stopping }: Bench): Promise<void> => {
  const { rounds, width } = readCounts(args, { rounds: 7, width: 4000 });
  const height = heightOf(width);
  const jpeg = await photo(1, width, height);
  const data = await sharp(jpeg).raw().toBuffer();
  const works = contests({ data, width, height, channels: 3 }, softDisc());

  // In turn, so that a slow moment of the machine meets all of them.
  const took = works.map((): Took => ({ ours: [], plain: [] }));
  const sharpTook: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [i, { ours, plain }] of works.entries()) {
      stopping.signal.throwIfAborted();
      took[i]!.plain.push(await timed(plain));
      took[i]!.ours.push(await timed(ours));
    }
    sharpTook.push(await timed(() => theirs(jpeg)));
  }

  print(
    `A photo of ${width} × ${height} to ${SIZE} × ${SIZE} and its mask back; milliseconds of ${rounds} rounds`,
  );
  print(`${''.padEnd(12)}${'typescript'.padStart(18)}${kernel.padStart(18)}`);
  print(`${''.padEnd(12)}${'  fastest   median'.repeat(2)}`);
  for (const [i, { name }] of works.entries()) {
    print(`${name.padEnd(12)}${summary(took[i]!.plain)}${summary(took[i]!.ours)}`);
  }
  print(`${'sharp'.padEnd(30)}${summary(sharpTook)}`);

  const ratio = (by: keyof Took) =>
    median(sharpTook.map((ms, round) => (took[0]![by][round]! + took[1]![by][round]!) / ms)).toFixed(2);
  print(
    `down and up ÷ sharp's decode and resize: ${ratio('ours')} (typescript ${ratio('plain')}), median of the rounds`,
  );
};

export const resize: Benchmark = {
  about: 'the Pillow-exact resize of 12 megapixels against sharp; --rounds 7 --width 4000',
  smallest: ['--rounds', '1', '--width', '400'],
  run,
};
