import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { putKey } from '#database';
import type { Figure, Target } from './attack.js';
import type { PingerData } from './pinger.js';

const MB = 1024 * 1024;

/** Resident memory in MB. NaN where the system does not tell. */
const residentMb = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
};

export const ping = async ({ gateway, fleet }: Target): Promise<number> => {
  const since = performance.now();
  const response = await fetch(`${gateway.url}/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' },
    body: '[{"taskType":"ping"}]',
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`a ping got ${response.status}`);
  return performance.now() - since;
};

/** The memory of each target before its first attack. */
const baselines = new WeakMap<Target, number>();

const growthOf = async (target: Target, isOver: () => boolean): Promise<number> => {
  const before = baselines.get(target) ?? (await residentMb(target.gateway.pid));
  baselines.set(target, before);
  let most = before;
  while (!isOver()) {
    most = Math.max(most, (await residentMb(target.gateway.pid)) || before);
    await sleep(20);
  }
  return most - before;
};

/** Pings from another thread. `stop` gives the slowest ping in milliseconds. */
const startPinger = async ({ gateway, fleet }: Target) => {
  const key = `cc_other_${randomUUID()}`;
  await putKey(fleet.database, 'other', key);
  const workerData: PingerData = { url: gateway.url, key };
  const pinger = new Worker(new URL('pinger.js', import.meta.url), { workerData });
  let slowest = 0;
  pinger.on('message', (ms: number) => (slowest = ms));
  const ended = once(pinger, 'exit');
  // A failed ping rejects here.
  await once(pinger, 'message');
  return async () => {
    pinger.postMessage('stop');
    await ended;
    return slowest;
  };
};

/** The longest time that the gateway did nothing else, since the last call. */
const longestBlockMs = async ({ gateway }: Target): Promise<number> => {
  const { longestBlockMs: found } = (await gateway.ask('longest block')) as { longestBlockMs: number };
  return found;
};

export type Limits = {
  readonly maxGrowthMb: number;
  readonly maxPingMs?: number;
  readonly maxBlockMs?: number;
};

/** Measures the gateway and other callers during an attack. Fails when the gateway dies. */
export const during = async (
  target: Target,
  { maxGrowthMb, maxPingMs = 1_000, maxBlockMs = 100 }: Limits,
  attack: () => Promise<unknown>,
): Promise<readonly Figure[]> => {
  for (let i = 0; i < 5; i++) await ping(target);
  const stopPinger = await startPinger(target);
  let isDone = false;
  await longestBlockMs(target);
  const attacking = attack().finally(() => (isDone = true));
  const [growth] = await Promise.all([growthOf(target, () => isDone), attacking]);
  const block = await longestBlockMs(target);
  const slowest = await stopPinger();
  await ping(target);
  return [
    { what: 'memory growth', value: growth, unit: 'MB', max: maxGrowthMb },
    { what: 'longest block of the event loop', value: block, unit: 'ms', max: maxBlockMs },
    { what: 'slowest ping of another', value: slowest, unit: 'ms', max: maxPingMs },
  ];
};

export const megabytes = (count: number): number => count * MB;
