/** One run of ours on raw pixels: run.js <folder> <width> <height>; prints seconds and peak memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedFormAlpha, estimateForeground, type Raster } from '#matting';

const [folder = '', columns, rows] = process.argv.slice(2);
const width = Number(columns);
const height = Number(rows);
const read = (name: string, channels: 1 | 3): Raster => ({
  data: readFileSync(join(folder, name)),
  width,
  height,
  channels,
});

const work = (photo: Raster, trimap: Raster) => {
  const startMs = performance.now();
  const result = closedFormAlpha(photo, trimap);
  if (!result.solved) throw new Error(`matting ended with ${result.obstacle}`);
  const middleMs = performance.now();
  estimateForeground(photo, result.alpha);
  const endMs = performance.now();
  return { ...result, alphaS: (middleMs - startMs) / 1000, foregroundS: (endMs - middleMs) / 1000 };
};

// As numba has compiled its code on the other side, so has V8 on this one.
const noise = (samples: number) => Uint8Array.from({ length: samples }, (_, i) => (i * i * 7) % 251);
const half = Uint8Array.from({ length: 64 * 64 }, (_, i) => [0, 128, 255][Math.floor((i % 64) / 22)]!);
work(
  { data: noise(64 * 64 * 3), width: 64, height: 64, channels: 3 },
  { data: half, width: 64, height: 64, channels: 1 },
);

const { alpha, alphaS, foregroundS, iterations, level, unknownPixels } = work(
  read('photo.rgb', 3),
  read('trimap.gray', 1),
);
writeFileSync(join(folder, 'ours.f32'), alpha.data);
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  `${JSON.stringify({ alphaS, foregroundS, peakBytes, iterations, level, unknownPixels })}\n`,
);
