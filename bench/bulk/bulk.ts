import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '#config';
import { defaultModel } from '#models';
import { writeModelsFile } from '#test/fleet';
import { ensureWeights } from '#weights';
import type { Bench, Benchmark } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { readCounts } from '../options.js';
import { startBare } from '../overhead/bare.js';
import { startService } from '../overhead/service.js';
import { heightOf, photo } from '../photos.js';
import { byCommandLine, byPage, type Folder, type Way } from './ways.js';

/** The input of the default model. */
const SIZE = 1024;

const makeFolder = async (parent: string, name: string, count: number, width: number): Promise<Folder> => {
  const folder = join(parent, name);
  await mkdir(folder);
  const photos: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `photo-${i}.jpg`);
    // Each way gets photos of its own: a server keeps the cutout of one that it knows.
    await writeFile(path, await photo(i + 1_000 * name.length, width, heightOf(width)));
    photos.push(path);
  }
  return { photos, path: folder, out: join(parent, `${name}-out`) };
};

const megabytes = (bytes: number) => (Number.isNaN(bytes) ? 'not known' : `${Math.round(bytes / 1e6)} MB`);

type Cost = { readonly ms: number; readonly cpuMs: number };

/**
 * Memory that grows with the photos shows between the first third and the end.
 * @param bare what so many images would have cost the bare loop
 */
const describe = (name: string, images: number, bare: Cost, lap: Awaited<ReturnType<Way>>): string => {
  const perSecond = ((images * 1000) / lap.ms).toFixed(3);
  const cores = (lap.cpuMs / images / 1000).toFixed(2);
  const ratios = `ratio ${(bare.ms / lap.ms).toFixed(3)}   core-s ${cores}, ${(lap.cpuMs / bare.cpuMs).toFixed(2)} times the bare loop's`;
  return `  ${name.padEnd(12)}${perSecond} images/s   ${ratios}   memory ${megabytes(lap.earlyBytes)} after a third, at most ${megabytes(lap.peakBytes)}`;
};

/** What offers the model to the bare loop, and to all others. */
type Environments = { readonly bare: NodeJS.ProcessEnv; readonly others: NodeJS.ProcessEnv };

/** The default model, or for another input side than its own a small graph under its name. */
const openModel = async (bench: Bench, parent: string, size: number): Promise<Environments> => {
  if (size !== SIZE) {
    const MODELS_DIR = await writeStandIn(bench, { size, blurs: 0 });
    return {
      bare: { MODELS_DIR, BENCH_SIZE: `${size}`, BENCH_SLEEP_MS: '' } satisfies StandInEnv,
      others: { MODELS_DIR: parent, MODELS_FILE: await writeModelsFile(parent) },
    };
  }
  const { stopping, progress } = bench;
  const modelsDir = readConfig().MODELS_DIR;
  await ensureWeights(defaultModel, { modelsDir, progress, signal: stopping.signal });
  return { bare: {}, others: {} };
};

const openWays = async (bench: Bench, env: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, Way>> => {
  const service = await startService(bench, { env });
  const server = ['--server', service.url, '--key', service.key];
  const page = byPage(bench, service);
  if (!page) bench.print('*** No Chromium is installed: the page is not measured. ***');
  return new Map([
    ['local', byCommandLine(bench, { options: ['--local'], env })],
    ['server', byCommandLine(bench, { options: server, env, service })],
    ...(page ? [['page', page] as const] : []),
  ]);
};

const run = async (bench: Bench): Promise<void> => {
  const { images, width, network } = readCounts(bench.args, { images: 200, width: 1600, network: SIZE });
  const parent = await mkdtemp(join(tmpdir(), 'clearcut-bulk-'));
  bench.closers.push(() => rm(parent, { recursive: true, force: true }));
  const env = await openModel(bench, parent, network);
  const bare = await startBare(bench, 'prepared', env.bare);
  const ways = await openWays(bench, env.others);
  bench.print(`${images} photos of ${width} × ${heightOf(width)}, each way once; ratio to the bare loop`);
  bench.print(
    'beside it, and core-seconds of an image. The command line is timed from its start to its end.',
  );
  bench.print('Of the page, the memory is the heap, and the core-seconds are those of the service.');
  // A lap of the bare loop before and after each way tells what the machine gave meanwhile.
  const part = Math.max(1, Math.round(images / 10));
  let before = await bare(part);
  for (const [name, way] of ways) {
    const folder = await makeFolder(parent, name, images, width);
    const lap = await way(folder);
    const after = await bare(part);
    const scale = images / part / 2;
    const cost = { ms: (before.ms + after.ms) * scale, cpuMs: (before.cpuMs + after.cpuMs) * scale };
    bench.print(describe(name, images, cost, lap));
    before = after;
  }
};

export const bulk: Benchmark = {
  about: 'a folder by page, command line and server, and alone; --images 200 --width 1600',
  smallest: ['--images', '3', '--width', '320', '--network', '64'],
  run,
};
