import { removal } from '#test/client';
import { redisIsOnPath, startRedis } from '#test/redis';
import type { Bench, Benchmark } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { readCounts } from '../options.js';
import { startService, type Service } from '../overhead/service.js';
import { photo } from '../photos.js';
import { median, quantile } from '../statistics.js';
import { check, openDoor, uploadOf, type Door } from './client.js';
import { ELSEWHERE, fill, MODEL, moveCrowd } from './crowd.js';
import { printUploads } from './uploads.js';

const SIZE = 64;
const IN_ONE_ARRAY = 20;
/** Tasks that wait, as multiples of the least. */
const STEPS = [1, 100, 1_000];

const usual = {
  seconds: 8,
  clients: 4,
  pollers: 16,
  least: 100,
  most: 100_000,
  uploads: 100,
  megabytes: 20,
  sync: 100,
  device: 20,
};
type Options = typeof usual;

/** Calls of `one` in all that several clients make within some seconds, per second. */
const perSecond = async (clients: number, seconds: number, one: () => Promise<unknown>): Promise<number> => {
  const startMs = performance.now();
  let calls = 0;
  const client = async () => {
    for (; performance.now() - startMs < seconds * 1000; calls++) await one();
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (calls * 1000) / (performance.now() - startMs);
};

/** CPU milliseconds of gateway and Postgres over all cores. */
const cpuOf = async (service: Service): Promise<number> => {
  const { gateway = NaN, postgres = NaN } = await service.cpu();
  return gateway + postgres;
};

/** A rate, and the CPU milliseconds of gateway and Postgres for each. */
const rateOf = async (service: Service, each: number, work: () => Promise<number>): Promise<string> => {
  const startMs = performance.now();
  const before = await cpuOf(service);
  const rate = (await work()) * each;
  const count = (rate * (performance.now() - startMs)) / 1000;
  const cpu = ((await cpuOf(service)) - before) / count;
  return `${rate.toFixed(0)} (${cpu.toFixed(2)})`;
};

/** Milliseconds of sync tasks beyond the stages of their work. */
const overheads = async (
  { database }: Service,
  door: Door,
  image: string,
  count: number,
): Promise<number[]> => {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const task = removal(image, { outputType: 'URL' });
    const startMs = performance.now();
    check(await door.post([task]));
    const ms = performance.now() - startMs;
    const row = await database.task.findFirstOrThrow({ where: { taskUuid: task.taskUUID } });
    const stages = [
      row.fetchMs,
      row.decodeMs,
      row.preprocessMs,
      row.inferMs,
      row.postprocessMs,
      row.encodeMs,
      row.storeMs,
    ];
    times.push(ms - stages.reduce<number>((sum, stage) => sum + (stage ?? 0), 0));
  }
  return times;
};

type Measured = {
  readonly service: Service;
  readonly door: Door;
  /** The UUID of a stored image. */
  readonly image: string;
};

const measureAt = async (
  bench: Bench,
  { service, door, image }: Measured,
  waiting: number,
  options: Options,
): Promise<void> => {
  const { seconds, clients, pollers, sync } = options;
  const array = () => Array.from({ length: IN_ONE_ARRAY }, () => removal(image, { deliveryMethod: 'async' }));
  const first = array();
  check(await door.post(first));
  await fill(service, String(first[0]?.taskUUID), waiting);
  const accepted = await rateOf(service, IN_ONE_ARRAY, () =>
    perSecond(clients, seconds, async () => check(await door.post(array()))),
  );
  const poll = [{ taskType: 'getResponse', taskUUID: first[0]?.taskUUID }];
  const polls = await rateOf(service, 1, () =>
    perSecond(pollers, seconds, async () => check(await door.post(poll))),
  );
  // What was accepted does not wait for the next measurement.
  await service.database.$executeRaw`
    UPDATE tasks SET state = 'failed', finished_at = now() WHERE state = 'queued' AND fed_at IS NULL AND payload_hash <> 'crowd'`;
  await moveCrowd(service, MODEL, ELSEWHERE);
  const times = await overheads(service, door, image, sync);
  const cells = [
    String(waiting).padStart(7),
    accepted.padStart(15),
    polls.padStart(18),
    median(times).toFixed(1).padStart(9),
    quantile(times, 0.99).toFixed(1).padStart(9),
  ];
  bench.print(`| ${cells.join(' | ')} |`);
  await moveCrowd(service, ELSEWHERE, MODEL);
};

const openService = async (bench: Bench, redisUrl: string, { device }: Options): Promise<Service> => {
  const MODELS_DIR = await writeStandIn(bench, { size: SIZE, blurs: 0 });
  const standIn: StandInEnv = { MODELS_DIR, BENCH_SIZE: `${SIZE}`, BENCH_SLEEP_MS: `${device}` };
  const settings = {
    WORKER_CONCURRENCY: '2',
    MAX_BATCH: '1',
    DEVICE: 'cpu',
    MAX_TASKS_IN_FLIGHT: '10000000',
  };
  const worker = new URL('../device/worker.js', import.meta.url);
  return startService(bench, { worker, env: { ...standIn, ...settings, REDIS_URL: redisUrl } });
};

const measure = async (outer: Bench, queue: string, redisUrl: string, options: Options): Promise<void> => {
  const closers: Bench['closers'] = [];
  outer.closers.push(async () => {
    for (const each of closers.splice(0).toReversed()) await each();
  });
  const bench = { ...outer, closers };
  const service = await openService(bench, redisUrl, options);
  const door = openDoor(bench, service, Math.max(options.clients, options.pollers));
  const { data } = check(await door.post([uploadOf(await photo(1, 64, 48))]));
  const image = String(data?.[0]?.['imageUUID']);
  bench.print(`\nThe queue in ${queue}.`);
  // First, as the memory of a gateway that has worked does not shrink again.
  for (const kind of ['JSON', 'PUT'] as const) await printUploads(bench, service, kind, options);
  bench.print(
    `${options.clients} clients send arrays of ${IN_ONE_ARRAY}, ${options.pollers} ask. A worker is busy beside, but idle for sync tasks.`,
  );
  bench.print(
    'In brackets: CPU ms of gateway and Postgres for each. "+" is the time of a sync task beyond its stages, in ms.',
  );
  bench.print('| waiting | accepted/s (ms) | getResponse/s (ms) | sync +p50 | sync +p99 |');
  bench.print('| ------: | --------------: | -----------------: | --------: | --------: |');
  const counts = STEPS.map((step) => step * options.least).filter((waiting) => waiting <= options.most);
  for (const waiting of counts) await measureAt(bench, { service, door, image }, waiting, options);
  for (const each of closers.splice(0).toReversed()) await each();
};

const run = async (bench: Bench): Promise<void> => {
  const options = readCounts(bench.args, usual);
  await measure(bench, 'Postgres', '', options);
  if (!redisIsOnPath())
    return bench.print('*** redis-server is not on the PATH: the queue in Redis is not measured. ***');
  const server = await startRedis();
  bench.closers.push(server.stop);
  await measure(bench, 'Redis', server.url, options);
};

export const door: Benchmark = {
  about: 'tasks accepted and asked for per second, sync overhead, uploads; --seconds 8 --most 100000',
  smallest: ['--seconds', '1', '--most', '100', '--uploads', '2', '--megabytes', '1', '--sync', '2'],
  run,
};
