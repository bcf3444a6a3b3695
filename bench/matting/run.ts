/** Runs our matting once on raw pixels: run.js <folder> <width> <height>. Prints core-seconds and peak memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedFormAlpha, estimateForeground, type Raster } from '#matting';

const [folder = '', columns, rows] = process.argv.slice(2);
const width = Number(columns);
const height = Number(rows);
// Not as Buffers, which code compiled for the plain arrays below would have to be compiled for anew.
const read = (name: string, channels: 1 | 3): Raster => ({
  data: new Uint8Array(readFileSync(join(folder, name))),
  width,
  height,
  channels,
});

/** Processor time of this process, in seconds. */
const coreSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const work = (photo: Raster, trimap: Raster) => {
  const start = coreSeconds();
  const result = closedFormAlpha(photo, trimap);
  if (!result.solved) throw new Error(`matting ended with ${result.obstacle}`);
  const middle = coreSeconds();
  estimateForeground(photo, result.alpha);
  const end = coreSeconds();
  return { ...result, alphaS: middle - start, foregroundS: end - middle };
};

// Lets V8 compile before the clock starts, as numba does, since a worker runs for days.
const side = 320;
const noise = Uint8Array.from(
  { length: side * side * 3 },
  (_, i) => ((i % (side * 3)) >> 3) + ((i * i * 7) % 31),
);
const thirds = Uint8Array.from(
  { length: side * side },
  (_, i) => [0, 128, 255][Math.floor(((i % side) * 3) / side)]!,
);
for (let round = 0; round < 12; round++) {
  work(
    { data: noise, width: side, height: side, channels: 3 },
    { data: thirds, width: side, height: side, channels: 1 },
  );
}

const { alpha, alphaS, foregroundS, iterations, level, unknownPixels } = work(
  read('photo.rgb', 3),
  read('trimap.gray', 1),
);
writeFileSync(join(folder, 'ours.f32'), alpha.data);
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  `${JSON.stringify({ alphaS, foregroundS, peakBytes, iterations, level, unknownPixels })}\n`,
);
