import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#database';
import { createClient, removal } from '#test/client';
import { startFleet } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { startReceiver } from '#test/receiver';
import { freePort, startRedis } from '#test/redis';
import { chooseFault, createRandom, faults, startProgram, type Random, type Stage } from './faults.js';
import { judge, webhookPath, type Verdict } from './oracle.js';

export type ChaosOptions = {
  readonly backend: 'Postgres' | 'Redis';
  readonly seed: number;
  readonly faults: number;
  readonly tasks: number;
  readonly say?: (line: string) => void;
};

export type ChaosReport = {
  readonly verdict: Verdict;
  /** How often each fault was done. */
  readonly done: Readonly<Record<string, number>>;
  /** Milliseconds from each fault to the next end of a task that waited, in order. */
  readonly recoveries: readonly number[];
  readonly accepted: number;
};

/** Sends a task until it is accepted, as the contract tells clients to. A repetition attaches to the same task. */
const sendUntilAccepted = async (
  post: (tasks: readonly unknown[]) => Promise<{ readonly status: number }>,
  task: unknown,
) => {
  for (let waitMs = 50; ; waitMs = Math.min(2 * waitMs, 1_000)) {
    const reply = await post([task]).catch(() => undefined);
    if (reply?.status === 200) return;
    await sleep(waitMs);
  }
};

const openStage = async (backend: ChaosOptions['backend'], random: Random): Promise<Stage> => {
  const redis = backend === 'Redis' ? await startRedis() : undefined;
  const fleet = await startFleet({
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'silent',
    REDIS_URL: redis?.url ?? '',
  });
  const gatewayPort = `${await freePort()}`;
  const running: Stage['running'] = new Map();
  const slots = {
    gateway: 'gateway',
    worker: 'worker',
    'other worker': 'worker',
    dispatcher: 'dispatcher',
  } as const;
  for (const [id, name] of Object.entries(slots))
    running.set(id, { name, program: await startProgram({ fleet, gatewayPort }, name, random) });
  return { fleet, redis, gatewayPort, running };
};

/** Tasks that come all the time, until there are enough and no more faults to come. */
const sendAll = async (
  stage: Stage,
  hooks: string,
  isEnough: (accepted: number) => boolean,
  random: Random,
): Promise<string[]> => {
  const { post } = createClient(`http://127.0.0.1:${stage.gatewayPort}`, stage.fleet.key);
  const photos = await Promise.all(
    [24, 48, 80].map(async (side) => (await toPng(disc(side, side))).toString('base64')),
  );
  const accepted: string[] = [];
  const sender = async () => {
    for (; !isEnough(accepted.length); await sleep(random() * 400)) {
      const photo = photos[Math.floor(random() * photos.length)] ?? '';
      const task = removal(photo);
      await sendUntilAccepted(post, { ...task, webhookURL: hooks + webhookPath(task.taskUUID) });
      accepted.push(task.taskUUID);
    }
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  return accepted;
};

const databaseMs = async (database: Database): Promise<number> => {
  for (;;) {
    const found = await database.$queryRaw<{ ms: number }[]>`
      SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`.catch(() => []);
    if (found[0]) return found[0].ms;
    await sleep(50);
  }
};

/** From each fault to the first end of a task that was accepted before the fault and had not ended then. */
const recoveriesOf = async (database: Database, moments: readonly number[]): Promise<number[]> => {
  const rows = await database.task.findMany({ select: { createdAt: true, finishedAt: true } });
  const spans = rows.map(
    ({ createdAt, finishedAt }) => [createdAt.getTime(), finishedAt?.getTime() ?? Infinity] as const,
  );
  return moments.flatMap((at) => {
    const ends = spans.filter(([from, to]) => from < at && to > at).map(([, to]) => to);
    return ends.length > 0 ? [Math.min(...ends) - at] : [];
  });
};

/**
 * Runs real programs, does faults to them while tasks come in, and judges what is left.
 *
 * @throws when a program cannot be started again, or tasks do not end
 */
export const runChaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const { backend, seed, say = () => undefined } = options;
  const random = createRandom(seed);
  const receiver = await startReceiver();
  const stage = await openStage(backend, random);
  try {
    let isOver = false;
    const isEnough = (accepted: number) => isOver && accepted >= options.tasks;
    const sending = sendAll(stage, receiver.url, isEnough, createRandom(seed + 1));
    const done: Record<string, number> = {};
    const moments: number[] = [];
    for (let i = 0; i < options.faults; i++) {
      const name = chooseFault(random, backend === 'Redis');
      moments.push(await databaseMs(stage.fleet.database));
      await faults[name]?.run(stage, random);
      done[name] = (done[name] ?? 0) + 1;
      say(`${i + 1} of ${options.faults}: ${name}`);
      await sleep(200 + random() * 1_300);
    }
    isOver = true;
    const accepted = await sending;
    const verdict = await judge(stage.fleet, receiver, accepted);
    const recoveries = await recoveriesOf(stage.fleet.database, moments);
    return { verdict, done, recoveries, accepted: accepted.length };
  } finally {
    await stage.fleet.stop();
    await stage.redis?.stop();
    await receiver.stop();
  }
};
