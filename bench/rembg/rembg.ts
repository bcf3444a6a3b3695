import { readConfig } from '#config';
import { defaultModel } from '#models';
import { ensureWeights } from '#weights';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { familyCpuMs, peakBytes } from '../overhead/figures.js';
import { removeAll } from '../overhead/remove-all.js';
import { cpuOf, startService, type Service } from '../overhead/service.js';
import { heightOf, photo } from '../photos.js';
import { pythonWith } from '../python.js';
import { median } from '../statistics.js';
import { startRembg, type RembgServer } from './server.js';

/** Peak resident memory of the service, Postgres excluded. */
const memoryOf = async ({ worker, gateway, dispatcher }: Service): Promise<number> => {
  const peaks = await Promise.all([worker, gateway, dispatcher].map(({ pid }) => peakBytes(pid)));
  return peaks.reduce<number>((sum, bytes) => sum + (bytes ?? NaN), 0);
};

type Lap = { readonly ms: number; readonly cpuMs: number };

const removeByRembg = async (
  { pid, remove }: RembgServer,
  photos: readonly Uint8Array<ArrayBuffer>[],
  inFlight: number,
): Promise<Lap> => {
  const [startMs, before] = [performance.now(), await familyCpuMs(pid)];
  const rest = photos.values();
  const client = async () => {
    for (const next of rest) await remove(next);
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return { ms: performance.now() - startMs, cpuMs: (await familyCpuMs(pid)) - before };
};

const removeByOurs = async (
  service: Service,
  photos: readonly Uint8Array[],
  inFlight: number,
  signal: AbortSignal,
): Promise<Lap> => {
  const before = await cpuOf(service);
  const images = photos.map((each) => Buffer.from(each).toString('base64'));
  const ms = await removeAll(service, images, inFlight, signal);
  return { ms, cpuMs: (await cpuOf(service)) - before };
};

const describe = ({ ms, cpuMs }: Lap, images: number): string =>
  `${((images * 1000) / ms).toFixed(3)} images/s, ${(cpuMs / images / 1000).toFixed(2)} core-s an image`;

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined || Number.isNaN(bytes) ? 'not known here' : `${Math.round(bytes / 1e6)} MB`;

const run = async (bench: Bench): Promise<void> => {
  const { args, print, progress, stopping } = bench;
  const { images, rounds, width, flight } = readCounts(args, {
    images: 6,
    rounds: 3,
    width: 1632,
    flight: 2,
  });
  const { signal } = stopping;
  const installed = await pythonWith('rembg', 'rembg[cpu,cli]==2.0.86', signal, print);
  if (!installed) return;

  const { MODELS_DIR: modelsDir } = readConfig();
  const { path } = await ensureWeights(defaultModel, { modelsDir, progress, signal });
  const service = await startService(bench);
  const theirs = await startRembg(bench, installed.programOf('rembg'), path);
  let seed = 0;
  const somePhotos = async (count: number) => {
    const photos: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < count; i++) photos.push(new Uint8Array(await photo(seed++, width, heightOf(width))));
    return photos;
  };
  const warm = await somePhotos(flight);
  await removeByOurs(service, warm, flight, signal);
  await removeByRembg(theirs, warm, flight);

  print(`${images} photos of ${width} × ${heightOf(width)} a round, PNG out, ${flight} requests at once.`);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const photos = await somePhotos(images);
    const [our, their] = [
      await removeByOurs(service, photos, flight, signal),
      await removeByRembg(theirs, photos, flight),
    ];
    print(`  round ${round}   ours    ${describe(our, images)}`);
    print(`            rembg   ${describe(their, images)}`);
    ratios.push(our.cpuMs / their.cpuMs);
  }
  const [our, their] = [await memoryOf(service), await peakBytes(theirs.pid)];
  print(`core-s    ${median(ratios).toFixed(2)} of rembg's (median)`);
  print(
    `memory    ours ${megabytes(our)}   rembg ${megabytes(their)}   ${(our / (their ?? NaN)).toFixed(2)} of it (peak)`,
  );
};

export const rembg: Benchmark = {
  about: "the service against rembg's server with the same weights; --images 6 --rounds 3 --flight 2",
  smallest: ['--images', '1', '--rounds', '1'],
  run,
};
