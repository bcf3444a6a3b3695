import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { putKey } from '#database';
import { createClient, removal, type Client } from '#test/client';
import type { Bench, Benchmark } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { readCounts } from '../options.js';
import { startService, type Service } from '../overhead/service.js';
import { photo } from '../photos.js';
import { quantile } from '../statistics.js';
import { fairShares, jainIndex } from './shares.js';

/** A small network on a device that sleeps, so that the queue decides and not the CPU. */
const SIZE = 64;
const IN_ONE_REQUEST = 50;

const usual = { keys: 20, heaviest: 10_000, seconds: 30, lone: 40, device: 50 };

type Caller = { readonly name: string; readonly client: Client; readonly image: string };

const openCaller = async ({ database, url }: Service, name: string): Promise<Caller> => {
  const key = `cc_${randomBytes(32).toString('base64url')}`;
  await putKey(database, name, key);
  const client = createClient(url, key);
  const upload = {
    taskType: 'imageUpload',
    taskUUID: crypto.randomUUID(),
    image: (await photo(1, 64, 48)).toString('base64'),
  };
  const { data } = await client.post([upload]);
  return { name, client, image: String(data[0]?.['imageUUID']) };
};

const flood = async ({ client, image }: Caller, load: number): Promise<void> => {
  for (let left = load; left > 0; left -= IN_ONE_REQUEST) {
    const tasks = Array.from({ length: Math.min(left, IN_ONE_REQUEST) }, () =>
      removal(image, { deliveryMethod: 'async' }),
    );
    const { errors } = await client.post(tasks);
    if (errors[0]) throw new Error(`a task was refused: ${JSON.stringify(errors[0])}`);
  }
};

/**
 * Milliseconds of one sync task after the other, each with its answer. The pauses keep the key below its fair share, as
 * a person does who sends now and then.
 */
const sendAlone = async (
  { client, image }: Caller,
  count: number,
  { pauseMs = 0, signal }: { readonly pauseMs?: number; readonly signal: AbortSignal },
): Promise<number[]> => {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal });
    const { ms, errors } = await client.post([removal(image, { outputType: 'URL' })]);
    if (errors[0]) throw new Error(`a sync task failed: ${JSON.stringify(errors[0])}`);
    times.push(ms);
  }
  return times;
};

/** Tasks that ended, by the name of their key. */
const endedByKey = async ({ database }: Service): Promise<ReadonlyMap<string, number>> => {
  const rows = await database.$queryRaw<{ name: string; ended: number }[]>`
    SELECT name, count(*)::int AS ended FROM tasks JOIN api_keys ON api_keys.id = owner_id
     WHERE state = 'succeeded' AND task_type = 'removeBackground' GROUP BY name`;
  return new Map(rows.map(({ name, ended }) => [name, ended]));
};

/** From 1 to the heaviest, in equal ratios. */
const loadsOf = (keys: number, heaviest: number): number[] =>
  Array.from({ length: keys }, (_, i) => Math.round(heaviest ** (i / Math.max(1, keys - 1))));

const run = async (bench: Bench): Promise<void> => {
  const { print, progress, stopping } = bench;
  const { keys, heaviest, seconds, lone, device } = readCounts(bench.args, usual);

  progress.note('Starting the service on a device that sleeps …');
  const MODELS_DIR = await writeStandIn(bench, { size: SIZE, blurs: 0 });
  const standIn: StandInEnv = { MODELS_DIR, BENCH_SIZE: `${SIZE}`, BENCH_SLEEP_MS: `${device}` };
  const env = { ...standIn, WORKER_CONCURRENCY: '2', MAX_BATCH: '1', DEVICE: 'cpu' };
  const worker = new URL('../device/worker.js', import.meta.url);
  const service = await startService(bench, { worker, env });
  const single = await openCaller(service, 'single');
  await sendAlone(single, 3, stopping);
  const idle = quantile(await sendAlone(single, Math.min(lone, 20), stopping), 0.5);
  print(`service time of a sync task on the idle service: ${idle.toFixed(0)} ms`);

  const loads = loadsOf(keys, heaviest);
  const callers = await Promise.all(loads.map((_, i) => openCaller(service, `load-${i}`)));
  progress.note(`Sending ${loads.reduce((a, b) => a + b)} tasks of ${keys} keys, the heaviest first …`);
  // The lighter ones come when the queue is full of the heaviest.
  for (let i = keys - 1; i >= 0; i--) await flood(callers[i]!, loads[i]!);

  const before = await endedByKey(service);
  await sleep(seconds * 1000, undefined, { signal: stopping.signal });
  const after = await endedByKey(service);
  const got = callers.map(({ name }) => (after.get(name) ?? 0) - (before.get(name) ?? 0));
  const asked = callers.map(({ name }, i) => loads[i]! - (before.get(name) ?? 0));
  const total = got.reduce((a, b) => a + b);
  const fair = fairShares(asked, total);
  const busy = fair.flatMap((share, i) => (share > 0 ? [i] : []));
  print(`${total} tasks of ${busy.length} keys in ${seconds} s; got ÷ fair share by load:`);
  for (const i of busy) print(`  ${String(loads[i]).padStart(6)}   ${got[i]} of ${fair[i]!.toFixed(1)}`);

  const { signal } = stopping;
  const pauseMs = (1000 * seconds * keys) / Math.max(1, total);
  const times = await sendAlone(single, lone, { pauseMs, signal });
  const [half, most] = [0.5, 0.99].map((part) => quantile(times, part) / idle);
  print(
    `a lone sync task under the flood, in service times: p50 ${half!.toFixed(2)}, p99 ${most!.toFixed(2)} (goal 3)`,
  );
  const index = jainIndex(
    busy.map((i) => got[i]!),
    busy.map((i) => fair[i]!),
  );
  print(`Jain's index over ${busy.length} keys: ${index.toFixed(3)} (goal 0.95)`);
};

export const fair: Benchmark = {
  about: 'how fairly keys share a worker; --keys 20 --heaviest 10000 --seconds 30 --lone 40 --device 50',
  smallest: ['--keys', '3', '--heaviest', '30', '--seconds', '1', '--lone', '2', '--device', '20'],
  run,
};
