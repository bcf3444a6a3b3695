import { readConfig } from '#config';
import { defaultModel } from '#models';
import { ensureWeights } from '#weights';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { photo } from '../photos.js';
import { median } from '../statistics.js';
import { startBare, type Lap } from './bare.js';
import { meanStages, peakBytes } from './figures.js';
import { removeAll } from './remove-all.js';
import { startService, type Service } from './service.js';

const SIZE = 1024;

const makePhotos = async (firstSeed: number, count: number): Promise<string[]> => {
  const photos: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed++)
    photos.push((await photo(seed, SIZE, SIZE)).toString('base64'));
  return photos;
};

const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? 'not known here' : `${Math.round(bytes / 1e6)} MB`;

type Sides = {
  readonly service: Service;
  readonly bareLap: (images: number) => Promise<Lap>;
};
type Pair = { readonly serviceMs: number; readonly cpu: Record<string, number>; readonly bare: Lap };

const difference = (after: Record<string, number>, before: Record<string, number>) =>
  Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? NaN)]));

/** The two take turns, so that what else the machine does hits both. */
const measure = async (sides: Sides, photos: readonly string[], inFlight: number, signal: AbortSignal) => {
  const before = await sides.service.cpu();
  const serviceMs = await removeAll(sides.service, photos, inFlight, signal);
  const cpu = difference(await sides.service.cpu(), before);
  return { serviceMs, cpu, bare: await sides.bareLap(photos.length) } satisfies Pair;
};

const describePair = ({ serviceMs, bare }: Pair, images: number): string => {
  const perSecond = (ms: number) => ((images * 1000) / ms).toFixed(3);
  const ratio = (bare.ms / serviceMs).toFixed(3);
  return `service ${perSecond(serviceMs)}   bare loop ${perSecond(bare.ms)}   ratio ${ratio}`;
};

/** Unlike the ratio it does not depend on what else the machine does. */
const describeCpu = (pairs: readonly Pair[], images: number): string => {
  const perImage = (of: (pair: Pair) => number) =>
    (pairs.reduce((sum, pair) => sum + of(pair), 0) / (pairs.length * images)).toFixed(0);
  const names = Object.keys(pairs[0]?.cpu ?? {});
  const service = names.map((name) => `${name} ${perImage(({ cpu }) => cpu[name] ?? NaN)}`);
  return `${service.join('  ')}   bare loop ${perImage(({ bare }) => bare.cpuMs)}`;
};

type Measured = { readonly since: Date; readonly images: number; readonly pairs: readonly Pair[] };

const printSummary = async (print: Bench['print'], service: Service, { since, images, pairs }: Measured) => {
  const ratios = pairs.map(({ serviceMs, bare }) => bare.ms / serviceMs);
  const means = await meanStages(service.database, since);
  const workerPeak = megabytes(await peakBytes(service.worker.pid));
  const barePeak = megabytes(pairs.at(-1)?.bare.maxRssBytes);
  print(`ratio     ${median(ratios).toFixed(3)} (median)`);
  print(`stages    ${means.map(({ stage, ms }) => `${stage} ${ms.toFixed(0)}`).join('  ')} (mean ms)`);
  print(`cpu       ${describeCpu(pairs, images)} (ms of all cores per image)`);
  print(`memory    worker ${workerPeak}   bare loop ${barePeak} (peak)`);
};

const run = async (bench: Bench): Promise<void> => {
  const { args, print, progress } = bench;
  const { images, rounds } = readCounts(args, { images: 8, rounds: 3 });
  const { MODELS_DIR, INTRA_OP_THREADS, WORKER_CONCURRENCY } = readConfig();
  const { signal } = bench.stopping;
  // One more than the worker takes, so that its next task always waits for it.
  const inFlight = WORKER_CONCURRENCY + 1;

  await ensureWeights(defaultModel, { modelsDir: MODELS_DIR, progress, signal });
  progress.note('Starting the service and the bare loop …');
  const sides = { service: await startService(bench), bareLap: await startBare(bench) };
  await removeAll(sides.service, await makePhotos(0, inFlight), inFlight, signal);
  const since = new Date();

  print(`${images} photos of ${SIZE} × ${SIZE} a round, ${INTRA_OP_THREADS} threads per inference,`);
  print(`${WORKER_CONCURRENCY} tasks in hand, ${inFlight} requests in flight; images per second:`);
  const pairs: Pair[] = [];
  for (let round = 1; round <= rounds; round++) {
    const photos = await makePhotos(round * images, images);
    const pair = await measure(sides, photos, inFlight, signal);
    print(`  round ${round}   ${describePair(pair, images)}`);
    pairs.push(pair);
  }
  await printSummary(print, sides.service, { since, images, pairs });
};

export const overhead: Benchmark = {
  about: 'the running service against a bare onnxruntime loop; --images 8 --rounds 3',
  run,
};
