import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { runSql } from '#test/databases';
import type { TcpProxy } from '#test/tcp-proxy';
import { programIds, type ProgramId } from './programs.js';
import { chooseWeighted, type Random } from './random.js';
import type { Stage } from './stage.js';

/** What a fault may do. */
export type Scene = {
  readonly stage: Stage;
  readonly random: Random;
  readonly longestMs: number;
  /** Programs that may be killed. */
  readonly victims: readonly ProgramId[];
  /** Tells that the fault is over, and recovery begins. */
  readonly isOver: () => Promise<void>;
};

type Fault = {
  readonly weight: number;
  readonly kills?: ProgramId;
  /** Whether the stage has what fails. */
  readonly fits?: (stage: Stage) => boolean;
  readonly run: (scene: Scene) => Promise<void>;
};

/** Of three outages, one sees a program killed. */
const KILL_AMID = 1 / 3;

const kill = (id: ProgramId): Omit<Fault, 'weight'> => ({
  kills: id,
  run: async ({ stage: { programs }, isOver }) => {
    programs.kill(id);
    await isOver();
    await programs.untilUp();
  },
});

const chooseOf = <T>(list: readonly T[], random: Random): T | undefined =>
  list[Math.floor(random() * list.length)];

const atOnce =
  (work: (stage: Stage) => Promise<void> | void) =>
  async ({ stage, isOver }: Scene): Promise<void> => {
    await work(stage);
    await isOver();
  };

type Repair = () => Promise<void> | void;

/** Begins a fault, and ends it after some time. A program may be killed meanwhile. */
const outage =
  (begin: (stage: Stage, random: Random) => Promise<Repair> | Repair) =>
  async ({ stage, random, longestMs, victims, isOver }: Scene): Promise<void> => {
    // Most outages are short.
    const ms = random() ** 2 * longestMs;
    const repair = await begin(stage, random);
    await sleep(ms / 2);
    const victim = random() < KILL_AMID ? chooseOf(victims, random) : undefined;
    if (victim) stage.programs.kill(victim);
    await sleep(ms / 2);
    await repair();
    await isOver();
    await stage.programs.untilUp();
  };

/** A program that does not run for a while, as on a machine that sleeps. */
const freeze = ({ programs }: Stage, random: Random): Repair => {
  const id = chooseOf(programIds, random) ?? 'worker';
  const pid = programs.pidOf(id);
  if (pid !== undefined) process.kill(pid, 'SIGSTOP');
  return () => {
    if (pid !== undefined && programs.pidOf(id) === pid) process.kill(pid, 'SIGCONT');
  };
};

const cutDatabaseConnections = ({ postgres }: Stage) =>
  runSql(
    postgres.ownUrl,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );

const forgetQueue = async ({ postgres, redis }: Stage) => {
  if (!redis) return runSql(postgres.ownUrl, 'TRUNCATE bullmq.job CASCADE');
  const client = new Redis(redis.server.url);
  await client.flushall();
  client.disconnect();
};

const stopPostgres = async ({ postgres }: Stage): Promise<Repair> => {
  await postgres.stop();
  return postgres.start;
};

const killPostgres = async ({ postgres }: Stage): Promise<Repair> => {
  await postgres.kill();
  return postgres.start;
};

const stopRedis = async ({ redis }: Stage): Promise<Repair> => {
  await redis?.server.stop();
  return async () => redis?.server.start();
};

/** The disk with the images is not mounted. */
const hideImages = async ({ fleet }: Stage): Promise<Repair> => {
  const mark = join(fleet.env['DATA_DIR'] ?? '', 'images', '.clearcut-images');
  await rename(mark, `${mark}.away`);
  return () => rename(`${mark}.away`, mark);
};

const fillDisk = async ({ disk }: Stage): Promise<Repair> => {
  await disk?.fill();
  return async () => disk?.free();
};

const writeProtectDisk = async ({ disk }: Stage): Promise<Repair> => {
  await disk?.setReadOnly();
  return async () => disk?.setWritable();
};

const pauseStore = async ({ s3 }: Stage): Promise<Repair> => {
  await s3?.store.pause();
  return async () => s3?.store.resume();
};

const busyStore = ({ s3 }: Stage): Repair => {
  s3?.store.setBusy(true);
  return () => s3?.store.setBusy(false);
};

type NetworkOf = (stage: Stage) => TcpProxy | undefined;
const toPostgres: NetworkOf = ({ postgres }) => postgres.network;
const toRedis: NetworkOf = ({ redis }) => redis?.network;
const toS3: NetworkOf = ({ s3 }) => s3?.network;

const slow = (networkOf: NetworkOf) =>
  outage((stage, random) => {
    networkOf(stage)?.setDelay(50 + 200 * random());
    return () => networkOf(stage)?.setDelay(0);
  });

/** Half of the connections that stall go on afterwards; the others are reset. */
const stall = (networkOf: NetworkOf) =>
  outage((stage, random) => {
    const isReset = random() < 0.5;
    networkOf(stage)?.stall();
    return () => {
      if (isReset) networkOf(stage)?.cut();
      networkOf(stage)?.resume();
    };
  });

const hasRedis = ({ redis }: Stage) => redis !== undefined;
const hasS3 = ({ s3 }: Stage) => s3 !== undefined;
const hasFolder = ({ s3 }: Stage) => s3 === undefined;
const hasDisk = ({ disk }: Stage) => disk !== undefined;

/** Each name with its weight. Kills are about half of all faults. */
const faults: Readonly<Record<string, Fault>> = {
  'worker killed': { weight: 5, ...kill('worker') },
  'other worker killed': { weight: 3, ...kill('other worker') },
  'dispatcher killed': { weight: 3, ...kill('dispatcher') },
  'gateway killed': { weight: 3, ...kill('gateway') },
  'program frozen': { weight: 1, run: outage(freeze) },
  'connections to Postgres cut': { weight: 2, run: atOnce(cutDatabaseConnections) },
  'Postgres stopped': { weight: 2, run: outage(stopPostgres) },
  'Postgres killed': { weight: 2, run: outage(killPostgres) },
  'network to Postgres slow': { weight: 1, run: slow(toPostgres) },
  'network to Postgres stalled': { weight: 1, run: stall(toPostgres) },
  'queue emptied': { weight: 2, run: atOnce(forgetQueue) },
  'Redis stopped': { weight: 2, fits: hasRedis, run: outage(stopRedis) },
  'connections to Redis cut': { weight: 1, fits: hasRedis, run: atOnce((stage) => toRedis(stage)?.cut()) },
  'network to Redis slow': { weight: 1, fits: hasRedis, run: slow(toRedis) },
  'network to Redis stalled': { weight: 1, fits: hasRedis, run: stall(toRedis) },
  'images unmounted': { weight: 1, fits: hasFolder, run: outage(hideImages) },
  'disk full': { weight: 2, fits: hasDisk, run: outage(fillDisk) },
  'disk read-only': { weight: 1, fits: hasDisk, run: outage(writeProtectDisk) },
  'S3 answers 503': { weight: 2, fits: hasS3, run: outage(busyStore) },
  'S3 stopped': { weight: 1, fits: hasS3, run: outage(pauseStore) },
  'connections to S3 cut': { weight: 1, fits: hasS3, run: atOnce((stage) => toS3(stage)?.cut()) },
  'network to S3 slow': { weight: 1, fits: hasS3, run: slow(toS3) },
  'network to S3 stalled': { weight: 1, fits: hasS3, run: stall(toS3) },
};

/** What a run may do. */
type Choice = {
  /** Programs that may be killed. */
  readonly victims: readonly ProgramId[];
  /** The name of the only fault, if there is one. */
  readonly only?: string | undefined;
};

export const chooseFault = (
  stage: Stage,
  { victims, only }: Choice,
  random: Random,
): readonly [string, Fault] => {
  const isPossible = ({ fits, kills }: Fault) =>
    (fits?.(stage) ?? true) && (!kills || victims.includes(kills));
  return chooseWeighted(
    Object.entries(faults).filter(([name, fault]) => isPossible(fault) && (!only || name === only)),
    random,
  );
};
