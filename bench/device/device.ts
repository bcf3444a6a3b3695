import { availableParallelism } from 'node:os';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { startService, type Service } from '../overhead/service.js';
import type { StageMean } from '../overhead/figures.js';
import { heightOf, photo } from '../photos.js';
import { calibrate } from './calibrate.js';
import { runLap, type Lap } from './lap.js';
import { stageCosts } from './stage-costs.js';
import { writeStandIn, type Graph, type StandInEnv } from './stand-in.js';

const DIFFERENT_PHOTOS = 8;
const ENOUGH = 0.95;

const makePhotos = async (width: number): Promise<Buffer[]> => {
  const photos: Buffer[] = [];
  for (let seed = 0; seed < DIFFERENT_PHOTOS; seed++) photos.push(await photo(seed, width, heightOf(width)));
  return photos;
};

const startOn = async (bench: Bench, graph: Graph, sleepMs: string, inHand: number): Promise<Service> => {
  const MODELS_DIR = await writeStandIn(bench, graph);
  const standIn: StandInEnv = { MODELS_DIR, BENCH_SIZE: `${graph.size}`, BENCH_SLEEP_MS: sleepMs };
  const worker = new URL('./worker.js', import.meta.url);
  // One thread, since the graph simulates a device that does not use the other cores.
  const threads = { WORKER_CONCURRENCY: `${inHand}`, INTRA_OP_THREADS: '1', DEVICE: 'cpu' };
  return startService(bench, { worker, env: { ...standIn, ...threads } });
};

const describeStages = (stages: readonly StageMean[]) =>
  stages.map(({ stage, ms }) => `${stage} ${ms.toFixed(0)}`).join('  ');

const describeLimit = ({ busy, cpu, deviceMs }: Lap, costs: readonly StageMean[]): string => {
  if (busy >= ENOUGH) return 'the device';
  const cores = availableParallelism();
  const total = cpu.worker + cpu.gateway + cpu.client;
  const [largest] = costs.toSorted((a, b) => b.ms - a.ms);
  const atMost = ((cores * 1000) / total).toFixed(1);
  const needed = Math.ceil(total / deviceMs);
  if (needed <= cores) return 'neither: too few tasks in hand, or a machine that is busy with other things';
  return (
    `the CPU, most of all ${largest?.stage}: its ${total.toFixed(0)} ms an image allow ${atMost} images/s ` +
    `on ${cores} cores; this device would be busy on ${needed}`
  );
};

const report = (print: Bench['print'], lap: Lap, costs: readonly StageMean[]) => {
  const { worker, gateway, client } = lap.cpu;
  const cpu = `worker ${worker.toFixed(0)}  gateway ${gateway.toFixed(0)}  this client ${client.toFixed(0)}`;
  print(`  images/s   ${lap.perSecond.toFixed(2)}`);
  print(`  device     busy ${(lap.busy * 100).toFixed(1)} %, ${lap.deviceMs.toFixed(1)} ms an image`);
  print(`  CPU        ${cpu}   (ms an image)`);
  print(`  stages     ${describeStages(lap.stages)}   (ms from start to end)`);
  print(`  limit      ${describeLimit(lap, costs)}`);
};

type Setting = { readonly images: number; readonly inHand: number; readonly photos: readonly Buffer[] };

const measure = async (bench: Bench, service: Service, { images, inHand, photos }: Setting): Promise<Lap> => {
  const { signal } = bench.stopping;
  const some = (count: number) =>
    Array.from({ length: count }, (_, i) => photos[i % photos.length]!.toString('base64'));
  // One more than the worker takes, so that a task is always waiting.
  const inFlight = inHand + 1;
  await runLap(service, some(4 * inFlight), inFlight, signal);
  return runLap(service, some(images), inFlight, signal);
};

const run = async (bench: Bench): Promise<void> => {
  const { args, print, progress } = bench;
  const options = { images: 60, ms: 30, hand: 4, width: 1632, network: 1024 };
  const { images, ms, hand, width, network: size } = readCounts(args, options);
  const setting = { images, inHand: hand, photos: await makePhotos(width) };
  const costs = await stageCosts(setting.photos[0]!, size);
  print(`${images} photos of ${width} × ${heightOf(width)}, PNG out, ${hand} tasks in hand.`);
  print(`What each stage costs alone: ${describeStages(costs)} (ms of the CPU an image)`);

  progress.note('Starting the service on a device that sleeps …');
  const asleep = await startOn(bench, { size, blurs: 0 }, `${ms}`, hand);
  print(`A device that sleeps ${ms} ms for an image and leaves the CPU alone, as a GPU does:`);
  report(print, await measure(bench, asleep, setting), costs);

  progress.note('Calibrating a graph and starting the service on onnxruntime …');
  const graph = await calibrate(bench, size, ms);
  const awake = await startOn(bench, graph, '', hand);
  print(`onnxruntime on one core, on a graph of about ${ms} ms:`);
  report(print, await measure(bench, awake, setting), costs);
};

export const device: Benchmark = {
  about: 'how busy the service keeps its device; --images 60 --ms 30 --hand 4 --width 1632',
  smallest: ['--images', '6', '--ms', '1', '--hand', '1', '--width', '64', '--network', '64'],
  run,
};
