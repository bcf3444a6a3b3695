import { bounds, type Assumptions } from './assumptions.js';
import type { Backend, Cost, Measured } from './measured.js';

export type Way = 'inline' | 'url';

/** The queue as a fleet has it where that was measured. */
const fleetBackend = ({ backends }: Measured): Backend => backends.redis ?? backends.postgres;

/** What one task costs a fleet. */
export type TaskCost = {
  /** Milliseconds of the CPU. Those of the gateway and the worker are for an image of usual size. */
  readonly gatewayMs: number;
  readonly workerMs: number;
  readonly dispatcherMs: number;
  readonly postgresMs: number;
  readonly redisMs: number;
  readonly transactions: number;
  /** Ends that one Postgres commits in a second, each with its notification. */
  readonly endsPerSecond: number;
  readonly walBytes: number;
  readonly rows: number;
  readonly rowBytes: number;
  readonly jobBytes: number;
  /** To the object store and from it; clients fetch each result once. */
  readonly storeBytes: number;
  readonly keptBytes: number;
  readonly storeRequests: number;
};

const rowsOf = ({ rows }: Measured, way: Way) => {
  const inline = { rows: 3, rowBytes: rows.tasks + 2 * rows.images };
  if (way === 'inline') return inline;
  return { rows: inline.rows + 2, rowBytes: inline.rowBytes + rows.deliveries + rows.attempts };
};

/** An image of a request is stored and read again; one that was fetched is stored and in hand. */
const storeOf = ({ photo: { jpegBytes, pngBytes } }: Measured, way: Way) => {
  const keptBytes = jpegBytes + pngBytes;
  const inputs = way === 'inline' ? 2 : 1;
  return { keptBytes, storeBytes: inputs * jpegBytes + 2 * pngBytes, storeRequests: inputs + 2 };
};

export const taskCost = (measured: Measured, way: Way): TaskCost => {
  const backend = fleetBackend(measured);
  const tiny = backend.tiny[way].cpuMs;
  const photo = measured.photo[way].cpuMs;
  return {
    gatewayMs: photo.gateway,
    workerMs: photo.worker,
    dispatcherMs: tiny.dispatcher,
    postgresMs: tiny.postgres,
    redisMs: tiny.redis ?? 0,
    transactions: backend.tiny[way].transactions,
    endsPerSecond: measured.commits.notifying,
    walBytes: backend.tiny[way].walBytes,
    jobBytes: backend.jobBytes,
    ...rowsOf(measured, way),
    ...storeOf(measured, way),
  };
};

/** Cores for so many tasks a second, at that fullness. */
const coresFor = (rate: number, ms: number, fullness: number) => (rate * ms) / 1000 / fullness;

/** Two, so that one may fail. */
const atLeastTwo = (count: number) => Math.max(2, Math.ceil(count));

export const gpusFor = (rate: number, gpuMs: number, { fullness }: Pick<Assumptions, 'fullness'>): number =>
  Math.ceil(coresFor(rate, gpuMs, fullness));

/** Cores that keep one GPU fed, whose images take so long. */
export const coresPerGpu = (workerMs: number, gpuMs: number): number => workerMs / gpuMs;

/** Worker processes for one GPU: more than one where a process's threads decode and encode too slowly for it. */
export const workersPerGpu = ({ photo: { stages } }: Measured, gpuMs: number): number =>
  Math.ceil((stages.decode + stages.encode) / bounds.codecThreads / gpuMs);

const DAY_S = 86_400;

/** What a fleet needs for so many images a second. Bytes are of a second, unless named otherwise. */
export type Plan = {
  readonly gpus: number;
  readonly workerCores: number;
  readonly gateways: number;
  readonly dispatchers: number;
  readonly redisServers: number;
  readonly backlogBytes: number;
  readonly postgresCores: number;
  /** Servers that have so many cores, and that commit so many ends. */
  readonly primariesByCores: number;
  readonly primariesByCommits: number;
  readonly transactions: number;
  readonly walBytes: number;
  readonly walBytesAtMost: number;
  readonly connections: number;
  readonly rowsPerDay: number;
  readonly rowBytesPerDay: number;
  /** Until rows and indexes outgrow the memory of the machine. */
  readonly daysInMemory: number;
  /** Messages that Postgres sends when tasks end: each gateway and dispatcher hears of each. */
  readonly notifications: number;
  readonly storeBytes: number;
  readonly storeRequests: number;
  readonly storedBytesPerDay: number;
};

/** Tasks a second that were seen, everything together on the one machine. */
export const fastest = ({ backends }: Measured): number => {
  const all = Object.values(backends).flatMap(({ tiny }) => [tiny.inline, tiny.url]);
  return Math.ceil(Math.max(...all.map(({ perSecond }) => perSecond)));
};

type Asked = { readonly rate: number; readonly gpuMs: number };

const primariesFor = (cost: TaskCost, rate: number, { fullness, postgres }: Assumptions) => ({
  primariesByCores: Math.ceil(coresFor(rate, cost.postgresMs, fullness) / postgres.cores),
  primariesByCommits: Math.ceil(rate / cost.endsPerSecond / fullness),
});

const processesFor = (cost: TaskCost, rate: number, { fullness, acceptMs, receiverMs }: Assumptions) => {
  const gatewayCores = coresFor(rate, cost.gatewayMs, fullness);
  const gates = coresFor(rate, acceptMs, fullness) / bounds.acceptsAtOnce;
  const dispatcherCores = coresFor(rate, cost.dispatcherMs, fullness);
  const hands = coresFor(rate, receiverMs, fullness) / bounds.deliveriesAtOnce;
  return {
    gateways: atLeastTwo(Math.max(gatewayCores, gates)),
    dispatchers: atLeastTwo(Math.max(dispatcherCores, hands)),
  };
};

export const plan = (cost: TaskCost, { rate, gpuMs }: Asked, assumed: Assumptions): Plan => {
  const { fullness, postgres } = assumed;
  const gpus = gpusFor(rate, gpuMs, assumed);
  const { gateways, dispatchers } = processesFor(cost, rate, assumed);
  const rowBytesPerDay = rate * cost.rowBytes * DAY_S;
  const walBytes = rate * cost.walBytes;
  return {
    gpus,
    workerCores: Math.ceil(coresFor(rate, cost.workerMs, fullness)),
    gateways,
    dispatchers,
    redisServers: Math.ceil(coresFor(rate, cost.redisMs, fullness)),
    backlogBytes: rate * 60 * cost.jobBytes,
    postgresCores: Math.ceil(coresFor(rate, cost.postgresMs, fullness)),
    ...primariesFor(cost, rate, assumed),
    transactions: rate * cost.transactions,
    walBytes,
    walBytesAtMost: walBytes + rate * bounds.randomPages * bounds.pageBytes,
    connections: gpus * bounds.pool + (gateways + dispatchers) * (bounds.pool + bounds.listening),
    rowsPerDay: rate * cost.rows * DAY_S,
    rowBytesPerDay,
    daysInMemory: postgres.memoryBytes / rowBytesPerDay,
    notifications: rate * (gateways + dispatchers),
    storeBytes: rate * cost.storeBytes,
    storeRequests: rate * cost.storeRequests,
    storedBytesPerDay: rate * cost.keptBytes * DAY_S,
  };
};

/** Images a second beyond which one of a kind is no longer enough. */
export type Limits = {
  readonly gateway: number;
  readonly inlineGateway: number;
  readonly gate: number;
  readonly codecThreads: number;
  readonly webhooksOfOneHost: number;
  readonly webhooks: number;
  readonly redis: number;
  readonly notifyingCommits: number;
  readonly postgresCpu: number;
  readonly queueInPostgresCpu: number;
};

const perCore = (ms: number, fullness: number) => (1000 * fullness) / ms;

export const limits = (measured: Measured, assumed: Assumptions): Limits => {
  const { fullness, acceptMs, receiverMs, postgres } = assumed;
  const cost = taskCost(measured, 'url');
  const { decode, encode } = measured.photo.stages;
  const alone: Cost = measured.backends.postgres.tiny.url;
  return {
    gateway: perCore(cost.gatewayMs, fullness),
    inlineGateway: perCore(measured.photo.inline.cpuMs.gateway, fullness),
    gate: bounds.acceptsAtOnce * perCore(acceptMs, fullness),
    codecThreads: bounds.codecThreads * perCore(decode + encode, fullness),
    webhooksOfOneHost: bounds.deliveriesPerHost * perCore(receiverMs, fullness),
    webhooks: bounds.deliveriesAtOnce * perCore(receiverMs, fullness),
    redis: perCore(cost.redisMs, fullness),
    notifyingCommits: measured.commits.notifying * fullness,
    postgresCpu: postgres.cores * perCore(cost.postgresMs, fullness),
    queueInPostgresCpu: postgres.cores * perCore(alone.cpuMs.postgres, fullness),
  };
};
