import type { Bench, Benchmark } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { readCounts } from '../options.js';
import { peakBytes, residentBytes } from '../overhead/figures.js';
import { removeAll } from '../overhead/remove-all.js';
import { startService } from '../overhead/service.js';
import { photo } from '../photos.js';
import { median } from '../statistics.js';

/** Side of the network's input. It is small, so that the photos take most of the memory. */
const SIZE = 64;
const MAX_GROWTH = 0.1;
const SAMPLE_MS = 100;
const sides = [
  [320, 240],
  [2000, 1500],
  [640, 800],
  [1024, 1024],
  [240, 1600],
  [1280, 720],
  [1632, 1224],
] as const;

const makePhotos = async (): Promise<string[]> => {
  const photos: string[] = [];
  for (const [seed, [width, height]] of sides.entries())
    photos.push((await photo(seed, width, height)).toString('base64'));
  return photos;
};

const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? 'not known here' : `${Math.round(bytes / 1e6)} MB`;

/** The median of a process's memory during the work. */
const sampled = async (pid: number | undefined, work: Promise<unknown>): Promise<number | undefined> => {
  const samples: number[] = [];
  const sample = async () => {
    const bytes = await residentBytes(pid);
    if (bytes !== undefined) samples.push(bytes);
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  await work.finally(() => clearInterval(timer));
  return samples.length > 0 ? median(samples) : undefined;
};

const run = async (bench: Bench): Promise<void> => {
  const { args, print, progress, stopping } = bench;
  // Each reading covers a lap of tasks, since the memory varies with each task.
  const { tasks, first, lap, hand } = readCounts(args, { tasks: 500, first: 50, lap: 25, hand: 2 });

  progress.note('Starting the service on a small network …');
  const MODELS_DIR = await writeStandIn(bench, { size: SIZE, blurs: 0 });
  const standIn: StandInEnv = { MODELS_DIR, BENCH_SIZE: `${SIZE}`, BENCH_SLEEP_MS: '' };
  const env = { ...standIn, WORKER_CONCURRENCY: `${hand}`, INTRA_OP_THREADS: '1', DEVICE: 'cpu' };
  const worker = new URL('../device/worker.js', import.meta.url);
  const service = await startService(bench, { worker, env });
  const photos = await makePhotos();

  let done = 0;
  const removeUntil = async (count: number) => {
    const rest = Array.from({ length: count - done }, (_, i) => photos[(done + i) % photos.length]!);
    done = count;
    return sampled(service.worker.pid, removeAll(service, rest, hand + 1, stopping.signal));
  };
  const lapAt = async (count: number) => {
    await removeUntil(count - lap);
    const bytes = await removeUntil(count);
    print(`  ${String(count).padStart(4)} tasks   ${megabytes(bytes)}`);
    return bytes;
  };

  print(`The worker's memory over photos of ${sides.length} sizes up to 3 megapixels, ${hand} at a time,`);
  print(`the median over the last ${lap} tasks each:`);
  const early = await lapAt(first);
  for (let count = first + 50; count < tasks; count += 50) await lapAt(count);
  const late = await lapAt(tasks);
  print(`peak      ${megabytes(await peakBytes(service.worker.pid))}`);
  if (early === undefined || late === undefined) return;
  const growth = late / early - 1;
  const verdict = growth <= MAX_GROWTH ? 'within' : 'MORE THAN';
  print(`growth    ${(growth * 100).toFixed(1)} % from ${first} to ${tasks} tasks: ${verdict} 10 %`);
};

export const memory: Benchmark = {
  about: "the worker's memory over many mixed tasks; --tasks 500 --first 50 --lap 25 --hand 2",
  smallest: ['--tasks', '4', '--first', '2', '--lap', '2', '--hand', '1'],
  run,
};
