import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#database';
import { chooseFault, type Scene } from './faults.js';
import { judge, type Verdict } from './oracle.js';
import { programIds, type ProgramId } from './programs.js';
import { createRandom, type Random } from './random.js';
import { measureRecoveries, type Moment, type Recovery } from './recovery.js';
import { openStage, type Backend, type Stage, type StorageKind } from './stage.js';
import { startTraffic, type Traffic } from './traffic.js';

export type ChaosOptions = {
  readonly backend: Backend;
  readonly storage: StorageKind;
  readonly seed: number;
  /** Whether another fault comes after so many. */
  readonly goesOn: (faults: number) => boolean;
  readonly tasks: number;
  /** Rest of a client before it sends its next tasks, on average. There are four clients, with up to four tasks. */
  readonly restMs: number;
  /** Longest outage of a dependency. */
  readonly longestMs: number;
  /** Longest time between two faults, unless the first is left alone. */
  readonly gapMs?: number;
  readonly victims?: readonly ProgramId[];
  /** The name of the only fault. */
  readonly only?: string | undefined;
  /** Ends the run soon, with its report. */
  readonly stopping?: AbortSignal;
  readonly say?: (line: string) => void;
  /** Called once everything is up. What it returns is called at the end. */
  readonly watch?: (stage: Stage) => () => Promise<void>;
};

export type ChaosReport = {
  readonly verdict: Verdict;
  /** How often each fault was done. */
  readonly done: Readonly<Record<string, number>>;
  readonly recoveries: readonly Recovery[];
  readonly accepted: number;
  /** Ends of programs that nothing caused. */
  readonly crashes: readonly string[];
  /** Starts that failed since something was away. */
  readonly failedStarts: number;
};

const HANG_MS = 600_000;
const LOOK_EVERY_MS = 250;

const databaseMs = async (database: Database): Promise<number> => {
  for (;;) {
    const found = await database.$queryRaw<{ ms: number }[]>`
      SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`.catch(() => []);
    if (found[0]) return found[0].ms;
    await sleep(20);
  }
};

/** Waits until all tasks have ended that were accepted until now. Looks seldom, so as not to disturb. */
const untilCaughtUp = async (database: Database): Promise<void> => {
  const where = { finishedAt: null, createdAt: { lte: new Date(await databaseMs(database)) } };
  const endMs = performance.now() + HANG_MS;
  while ((await database.task.count({ where })) > 0) {
    if (performance.now() > endMs) {
      const left = await database.task.findMany({ where, orderBy: { id: 'asc' }, take: 3 });
      throw new Error(`tasks have not ended within ${HANG_MS} ms, such as ${JSON.stringify(left)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
};

type Run = { readonly stage: Stage; readonly random: Random; readonly options: ChaosOptions };

/** Some faults are left alone, so that their recovery can be measured. The others come in quick succession. */
const ALONE = 0.4;

const doFault = async ({ stage, random, options }: Run): Promise<Moment> => {
  const { database } = stage.fleet;
  const { longestMs, gapMs = 1_500, victims = programIds } = options;
  const [cause, { run }] = chooseFault(stage, { victims, only: options.only }, random);
  const wasAlone = random() < ALONE;
  if (wasAlone) await untilCaughtUp(database);
  let atMs = 0;
  const isOver = async () => {
    atMs = await databaseMs(database);
  };
  const scene: Scene = { stage, random, longestMs, victims, isOver };
  await sleep(random() * gapMs);
  await run(scene);
  if (wasAlone) await untilCaughtUp(database);
  return { cause, atMs, wasAlone };
};

const goesOn = ({ goesOn, stopping }: ChaosOptions, faults: number) => goesOn(faults) && !stopping?.aborted;

const doFaults = async (run: Run): Promise<Moment[]> => {
  const { say = () => undefined } = run.options;
  const moments: Moment[] = [];
  while (goesOn(run.options, moments.length)) {
    moments.push(await doFault(run));
    const { cause, wasAlone } = moments.at(-1)!;
    say(`${moments.length}: ${cause}${wasAlone ? ', alone' : ''}`);
  }
  return moments;
};

const countByCause = (moments: readonly Moment[]): Record<string, number> => {
  const done: Record<string, number> = {};
  for (const { cause } of moments) done[cause] = (done[cause] ?? 0) + 1;
  return done;
};

const runOn = async (stage: Stage, traffic: Traffic, options: ChaosOptions): Promise<ChaosReport> => {
  let isOver = false;
  const isEnough = (accepted: number) => accepted >= options.tasks || options.stopping?.aborted === true;
  const sending = traffic.run((accepted) => isOver && isEnough(accepted), options.restMs);
  const [moments] = await Promise.all([
    doFaults({ stage, random: createRandom(options.seed), options }).finally(() => {
      isOver = true;
    }),
    sending,
  ]);
  const verdict = await judge(stage.fleet, traffic);
  return {
    verdict,
    done: countByCause(moments),
    recoveries: await measureRecoveries(stage.fleet.database, moments),
    accepted: traffic.accepted.size,
    crashes: stage.programs.crashes,
    failedStarts: stage.programs.failedStarts(),
  };
};

/**
 * Runs real programs, does faults to them while tasks come in, and judges what is left.
 *
 * @throws when a program cannot be started again, or tasks do not end
 */
export const runChaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const stage = await openStage(options);
  try {
    const traffic = await startTraffic(stage, createRandom(options.seed + 100));
    const endWatch = options.watch?.(stage);
    try {
      return await runOn(stage, traffic, options);
    } finally {
      await endWatch?.();
      await traffic.stop();
    }
  } finally {
    await stage.stop();
  }
};
