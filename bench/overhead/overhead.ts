import { readConfig } from '#config';
import { defaultModel } from '#models';
import { ensureWeights } from '#weights';
import type { Bench, Benchmark } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { readCounts } from '../options.js';
import { photo } from '../photos.js';
import { median } from '../statistics.js';
import { startBare, type BareGraph, type BareLoop, type Lap } from './bare.js';
import { meanStages, peakBytes } from './figures.js';
import { removeAll } from './remove-all.js';
import { startService, type Service, type ServiceOptions } from './service.js';

/** The input of the default model. */
const SIZE = 1024;

const makePhotos = async (firstSeed: number, count: number, size: number): Promise<string[]> => {
  const photos: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed++)
    photos.push((await photo(seed, size, size)).toString('base64'));
  return photos;
};

const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? 'not known here' : `${Math.round(bytes / 1e6)} MB`;

const graphs = ['published', 'prepared'] as const satisfies BareGraph[];

type Sides = { readonly service: Service; readonly bare: Readonly<Record<BareGraph, BareLoop>> };
type Round = {
  readonly serviceMs: number;
  readonly cpu: Record<string, number>;
  readonly bare: Readonly<Record<BareGraph, Lap>>;
};

const difference = (after: Record<string, number>, before: Record<string, number>) =>
  Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? NaN)]));

/** They run in turn, so that other load of the machine affects all of them. */
const measure = async (
  { service, bare }: Sides,
  photos: readonly string[],
  inFlight: number,
  signal: AbortSignal,
): Promise<Round> => {
  const published = await bare.published(photos.length);
  const before = await service.cpu();
  const serviceMs = await removeAll(service, photos, inFlight, signal);
  const cpu = difference(await service.cpu(), before);
  return { serviceMs, cpu, bare: { published, prepared: await bare.prepared(photos.length) } };
};

const ratioOf = ({ serviceMs, bare }: Round, graph: BareGraph) => bare[graph].ms / serviceMs;

const describeRound = (round: Round, images: number): string => {
  const perSecond = (ms: number) => ((images * 1000) / ms).toFixed(3);
  const bare = graphs.map((graph) => {
    return `${graph} ${perSecond(round.bare[graph].ms)} (ratio ${ratioOf(round, graph).toFixed(3)})`;
  });
  return `service ${perSecond(round.serviceMs)}   bare loop ${bare.join('   ')}`;
};

/** Unlike the ratio, it does not depend on other load of the machine. */
const describeCpu = (rounds: readonly Round[], images: number): string => {
  const perImage = (of: (round: Round) => number) =>
    (rounds.reduce((sum, round) => sum + of(round), 0) / (rounds.length * images)).toFixed(0);
  const names = Object.keys(rounds[0]?.cpu ?? {});
  const service = names.map((name) => `${name} ${perImage(({ cpu }) => cpu[name] ?? NaN)}`);
  const bare = graphs.map((graph) => `${graph} ${perImage((round) => round.bare[graph].cpuMs)}`);
  return `${service.join('  ')}   bare loop ${bare.join('  ')}`;
};

type Measured = { readonly since: Date; readonly images: number; readonly rounds: readonly Round[] };

const printSummary = async (print: Bench['print'], service: Service, { since, images, rounds }: Measured) => {
  const medianOf = (graph: BareGraph) => median(rounds.map((round) => ratioOf(round, graph))).toFixed(3);
  const means = await meanStages(service.database, since);
  const worker = megabytes(await peakBytes(service.worker.pid));
  const bare = graphs.map((graph) => `${graph} ${megabytes(rounds.at(-1)?.bare[graph].maxRssBytes)}`);
  print(`ratio     ${medianOf('published')} (median, to the file as published)`);
  print(`          ${medianOf('prepared')} (median, to the graph that the service makes of it)`);
  print(`stages    ${means.map(({ stage, ms }) => `${stage} ${ms.toFixed(0)}`).join('  ')} (mean ms)`);
  print(`cpu       ${describeCpu(rounds, images)} (ms of all cores per image)`);
  print(`memory    worker ${worker}   bare loop ${bare.join('  ')} (peak)`);
};

/** The default model, or for another input side a generated network and its worker. */
const openModel = async (
  bench: Bench,
  size: number,
): Promise<ServiceOptions & { env: NodeJS.ProcessEnv }> => {
  const { progress, stopping } = bench;
  if (size === SIZE) {
    await ensureWeights(defaultModel, {
      modelsDir: readConfig().MODELS_DIR,
      progress,
      signal: stopping.signal,
    });
    return { env: {} };
  }
  const MODELS_DIR = await writeStandIn(bench, { size, blurs: 0 });
  const env: StandInEnv = { MODELS_DIR, BENCH_SIZE: `${size}`, BENCH_SLEEP_MS: '' };
  return { env: { ...env }, worker: new URL('../device/worker.js', import.meta.url) };
};

const run = async (bench: Bench): Promise<void> => {
  const { args, print, progress } = bench;
  const { images, rounds: count, network: size } = readCounts(args, { images: 8, rounds: 3, network: SIZE });
  const { INTRA_OP_THREADS, WORKER_CONCURRENCY } = readConfig();
  const { signal } = bench.stopping;
  // One more than the worker takes, so that a task is always waiting.
  const inFlight = WORKER_CONCURRENCY + 1;

  const { env, ...worker } = await openModel(bench, size);
  progress.note('Starting the service and the bare loops …');
  const bare = {
    published: await startBare(bench, 'published', env),
    prepared: await startBare(bench, 'prepared', env),
  };
  const sides = { service: await startService(bench, { ...worker, env }), bare };
  await removeAll(sides.service, await makePhotos(0, inFlight, size), inFlight, signal);
  const since = new Date();

  print(`${images} photos of ${size} × ${size} a round, ${INTRA_OP_THREADS} threads per inference,`);
  print(`${WORKER_CONCURRENCY} tasks in hand, ${inFlight} requests in flight; images per second:`);
  const rounds: Round[] = [];
  for (let number = 1; number <= count; number++) {
    const photos = await makePhotos(number * images, images, size);
    const round = await measure(sides, photos, inFlight, signal);
    print(`  round ${number}   ${describeRound(round, images)}`);
    rounds.push(round);
  }
  await printSummary(print, sides.service, { since, images, rounds });
};

export const overhead: Benchmark = {
  about: 'the running service against bare onnxruntime loops; --images 8 --rounds 3',
  smallest: ['--images', '1', '--rounds', '1', '--network', '64'],
  run,
};
