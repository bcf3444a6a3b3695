import { readConfig } from '#config';
import { defaultModel } from '#models';
import { ensureWeights } from '#weights';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { photo } from '../photos.js';
import { median } from '../statistics.js';
import { startBare } from './bare.js';
import { meanStages, peakBytes } from './figures.js';
import { removeAll } from './remove-all.js';
import { startService } from './service.js';

const SIZE = 1024;

const makePhotos = async (firstSeed: number, count: number): Promise<string[]> => {
  const photos: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed++)
    photos.push((await photo(seed, SIZE, SIZE)).toString('base64'));
  return photos;
};

const megabytes = (bytes: number | undefined) =>
  bytes === undefined ? 'not known here' : `${Math.round(bytes / 1e6)} MB`;

const run = async (bench: Bench): Promise<void> => {
  const { args, print, progress, stopping } = bench;
  const { images, rounds } = readCounts(args, { images: 8, rounds: 3 });
  const { MODELS_DIR, INTRA_OP_THREADS, WORKER_CONCURRENCY } = readConfig();
  const { signal } = stopping;
  const inFlight = WORKER_CONCURRENCY + 1;

  await ensureWeights(defaultModel.weights, { modelsDir: MODELS_DIR, progress, signal });
  progress.note('Starting the service and the bare loop …');
  const service = await startService(bench);
  const bareLap = await startBare(bench);
  await removeAll(service, await makePhotos(0, inFlight), inFlight, signal);
  const since = new Date();

  print(
    `${rounds} rounds of ${images} photos of ${SIZE} × ${SIZE}, ${INTRA_OP_THREADS} threads per inference,`,
  );
  print(`${WORKER_CONCURRENCY} tasks in hand, ${inFlight} requests in flight; images per second:`);
  const ratios: number[] = [];
  let bareBytes = 0;
  for (let round = 1; round <= rounds; round++) {
    const photos = await makePhotos(round * images, images);
    const ms = await removeAll(service, photos, inFlight, signal);
    const bare = await bareLap(images);
    signal.throwIfAborted();

    const [ours, theirs, ratio] = [(images * 1000) / ms, (images * 1000) / bare.ms, bare.ms / ms];
    print(
      `  round ${round}   service ${ours.toFixed(3)}   bare loop ${theirs.toFixed(3)}   ratio ${ratio.toFixed(3)}`,
    );
    ratios.push(ratio);
    bareBytes = bare.maxRssBytes;
  }

  const means = await meanStages(service.database, since);
  print(`ratio     ${median(ratios).toFixed(3)} (median)`);
  print(`stages    ${means.map(({ stage, ms }) => `${stage} ${ms.toFixed(0)}`).join('  ')} (mean ms)`);
  print(
    `memory    worker ${megabytes(await peakBytes(service.worker.pid))}   bare loop ${megabytes(bareBytes)} (peak)`,
  );
};

export const overhead: Benchmark = {
  about: 'the running service against a bare onnxruntime loop; --images 8 --rounds 3',
  run,
};
