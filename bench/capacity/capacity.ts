import { Redis } from 'ioredis';
import { redisIsOnPath, startRedis } from '#test/redis';
import { startS3Store } from '#test/s3-store';
import type { Bench, Benchmark } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { readCounts } from '../options.js';
import { startService } from '../overhead/service.js';
import { heightOf, photo } from '../photos.js';
import { costOf, readCounters, type Cost, type Subject } from './counters.js';
import { expectedMs, joined, printCheck, type Costs } from './check.js';
import { measureIdle } from './idle.js';
import { commitsPerSecond, rowBytes } from './postgres.js';
import { startTraffic, ways, type Way } from './traffic.js';

const IN_HAND = 4;
const COMMITTING_CLIENTS = 8;

/** Two megapixels, and the input side of the catalogue's networks. `tiny` leaves only the fixed cost of a task. */
const usual = { seconds: 15, idle: 30, commits: 3, width: 1632, network: 1024, tiny: 64 };
type Options = typeof usual;

type Setting = { readonly queue: 'Redis' | 'Postgres'; readonly width: number; readonly network: number };

/** Closes the resources of each work at its end, so that only one service runs at a time. */
const within = async (bench: Bench, work: (bench: Bench) => Promise<void>): Promise<void> => {
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).toReversed()) await each();
  };
  bench.closers.push(close);
  await work({ ...bench, closers });
  await close();
};

const openRedis = async ({ closers }: Bench): Promise<Redis> => {
  const server = await startRedis();
  closers.push(server.stop);
  const redis = new Redis(server.url);
  closers.push(() => redis.disconnect());
  return redis;
};

/** A service with an object store, as in production. Its device takes almost no time. */
const openSubject = async (bench: Bench, { queue, network }: Setting): Promise<Subject> => {
  const redis = queue === 'Redis' ? await openRedis(bench) : undefined;
  const store = await startS3Store();
  bench.closers.push(store.stop);
  const folder = await writeStandIn(bench, { size: network, blurs: 0 });
  const standIn: StandInEnv = { MODELS_DIR: folder, BENCH_SIZE: `${network}`, BENCH_SLEEP_MS: '1' };
  const settings = { WORKER_CONCURRENCY: `${IN_HAND}`, DEVICE: 'cpu', OUTBOUND_ALLOW: '127.0.0.1' };
  const REDIS_URL = redis ? `redis://127.0.0.1:${redis.options.port}/0` : '';
  const worker = new URL('../device/worker.js', import.meta.url);
  const env = { ...standIn, ...settings, ...store.env, REDIS_URL };
  return { service: await startService(bench, { worker, env }), redis };
};

const columns = ['gateway', 'worker', 'dispatcher', 'postgres', 'redis'] as const;

const cellsOf = ({ cpuMs, transactions, walBytes }: Cost): string[] => [
  ...columns.map((name) => (cpuMs[name] === undefined ? '—' : `${Number(cpuMs[name].toPrecision(2))}`)),
  transactions.toFixed(1),
  `${(walBytes / 1000).toFixed(1)} kB`,
];

const headed = (...names: string[]): string => {
  const all = [...names.slice(0, 1), ...columns, 'transactions', 'WAL', ...names.slice(1)];
  return `| ${all.join(' | ')} |\n|${' --- |'.repeat(all.length)}`;
};

const printCost = (print: Bench['print'], label: string, cost: Cost) => {
  print(`| ${[label, ...cellsOf(cost), cost.perSecond.toFixed(0)].join(' | ')} |`);
};

type Idle = readonly [label: string, cost: Cost];

const printIdle = (print: Bench['print'], idle: readonly Idle[]) => {
  print(`\nCPU milliseconds of each second in which nothing happens.\n${headed('queue')}`);
  for (const [label, cost] of idle) print(`| ${[label, ...cellsOf(cost)].join(' | ')} |`);
};

const printPostgres = async ({ print }: Bench, { service }: Subject, { commits }: Options) => {
  print('\nBytes of a row with its part of the indexes:');
  for (const table of ['tasks', 'images', 'deliveries', 'delivery_attempts'] as const)
    print(`  ${table.padEnd(18)}${await rowBytes(service.database, table)}`);
  const rates = await commitsPerSecond(service.databaseUrl, {
    clients: COMMITTING_CLIENTS,
    seconds: commits,
  });
  print(`Commits/s of ${COMMITTING_CLIENTS} clients: ${rates.silent} silent, ${rates.notifying} notifying`);
};

type Measured = { readonly subject: Subject; readonly costs: Costs; readonly idle: readonly Idle[] };

const measure = async (bench: Bench, setting: Setting, options: Options): Promise<Measured> => {
  const { queue, width } = setting;
  const height = heightOf(width);
  const subject = await openSubject(bench, setting);
  const traffic = await startTraffic(bench, subject.service, await photo(0, width, height));
  const { signal } = bench.stopping;
  const costs: Partial<Record<Way, Cost>> = {};
  for (const way of ways) {
    await traffic(way, options.seconds / 2, IN_HAND + 1);
    const from = await readCounters(subject, signal);
    const made = await traffic(way, options.seconds, IN_HAND + 1);
    const cost = costOf(from, await readCounters(subject, signal), made);
    costs[way] = cost;
    printCost(bench.print, `${queue}, ${width} × ${height}, ${way}`, cost);
  }
  // Images do not change what an idle second costs.
  const idle = width === options.tiny ? [await measureIdle(subject, options.idle, signal)] : [];
  return { subject, costs: costs as Costs, idle: idle.map((cost) => [`${queue}, idle`, cost]) };
};

/** Both ways at once, at another rate than in the table, against what its rows foretell. */
const check = async (bench: Bench, setting: Setting, costs: Measured['costs'], seconds: number) => {
  const subject = await openSubject(bench, setting);
  const height = heightOf(setting.width);
  const traffic = await startTraffic(bench, subject.service, await photo(0, setting.width, height));
  const { signal } = bench.stopping;
  const both = (runFor: number) =>
    Promise.all(ways.map(async (way) => [way, (await traffic(way, runFor, 1)).tasks] as const));
  await both(seconds / 2);
  const from = await readCounters(subject, signal);
  const startMs = performance.now();
  const made = await both(seconds);
  const ms = performance.now() - startMs;
  const to = await readCounters(subject, signal);
  printCheck(bench.print, { from, to, ms, made, expected: expectedMs(costs, made) });
};

const run = async (bench: Bench): Promise<void> => {
  const { print, progress } = bench;
  const options = readCounts(bench.args, usual);
  const { width, network, tiny } = options;
  const small = { width: tiny, network: tiny };
  const inRedis: Setting[] = [
    { queue: 'Redis', width, network },
    { queue: 'Redis', ...small },
  ];
  if (!redisIsOnPath()) print('*** redis-server is not on the PATH: the queue in Redis is not measured. ***');

  progress.note('Starting a service for each row …');
  print('CPU milliseconds of a task in each program. Inline tasks are awaited, those by URL end by webhook.');
  print(headed('queue, image', 'tasks/s'));
  const measured: Pick<Measured, 'costs' | 'idle'>[] = [];
  for (const setting of redisIsOnPath() ? inRedis : [])
    await within(bench, async (inner) => {
      measured.push(await measure(inner, setting, options));
    });
  await within(bench, async (inner) => {
    const { subject, idle } = await measure(inner, { queue: 'Postgres', ...small }, options);
    printIdle(print, [...measured.flatMap((each) => each.idle), ...idle]);
    await printPostgres(inner, subject, options);
  });
  const [large, fixed] = measured;
  const [setting] = inRedis;
  if (large && fixed && setting)
    await within(bench, (inner) => check(inner, setting, joined(large.costs, fixed.costs), options.seconds));
};

export const capacity: Benchmark = {
  about: 'what a task costs each program, and an idle second; --seconds 15 --idle 30 --width 1632',
  smallest: ['--seconds', '1', '--idle', '1', '--commits', '1', '--width', '64', '--network', '64'],
  run,
};
