import { readServiceConfig } from '#config';
import { databaseNow, foldUsage, isDatabaseOutage, type Database, type TaskRow } from '#database';
import { openStorage, storedFolders, type Storage } from '#storage';
import type { Fleet } from '#test/fleet';
import { until } from '#test/until';
import { sweepOrphans } from '../../apps/dispatcher/src/rounds/orphans.js';
import { uploadPath, webhookPath, type Traffic } from './traffic.js';

/** What went wrong, by kind. All lists are empty when the promise held. */
export type Verdict = {
  readonly lost: readonly string[];
  /** Tasks that ended otherwise than they had a reason to, with that end. */
  readonly wrongEnd: readonly string[];
  /** Tasks with a row after one that has not failed, and usage or cost that differs from the rows. */
  readonly twice: readonly string[];
  /** Tasks of which no webhook came. */
  readonly untold: readonly string[];
  /** Tasks whose webhooks had more ids than they have rows. */
  readonly manyIds: readonly string[];
  readonly missingFiles: readonly string[];
  readonly missingUploads: readonly string[];
  /** Files without a row after the sweep. */
  readonly orphans: readonly string[];
  /** Tasks that were refused for good, although nothing was wrong with them. */
  readonly refused: readonly string[];
};

export const nothingWrong: Verdict = {
  lost: [],
  wrongEnd: [],
  twice: [],
  untold: [],
  manyIds: [],
  missingFiles: [],
  missingUploads: [],
  orphans: [],
  refused: [],
};

const ROUNDS_MS = 600_000;

const countOpen = async (database: Database): Promise<number> => {
  const [tasks, deliveries] = await Promise.all([
    database.task.count({ where: { finishedAt: null } }),
    database.delivery.count({ where: { state: 'pending' } }),
  ]);
  return tasks + deliveries;
};

/** Waits until nothing is in flight and every webhook is delivered or has failed. Asks again where Postgres is too busy. */
const untilSettled = (database: Database) =>
  until(
    'all tasks and webhooks to end',
    () =>
      countOpen(database).then(
        (open) => open === 0,
        (error: unknown) => {
          if (!isDatabaseOutage(error)) throw error;
          return false;
        },
      ),
    ROUNDS_MS,
  );

/** Where the ledger differs from the rows. */
const judgeUsage = async (database: Database, rows: readonly TaskRow[]): Promise<string[]> => {
  while ((await foldUsage(database, 1_000)) > 0);
  const days = await database.usageDay.findMany();
  const sum = (numbers: readonly unknown[]) => numbers.reduce<number>((all, each) => all + Number(each), 0);
  const tasks = sum(days.map((day) => day.tasks));
  const cost = { ledger: sum(days.map((day) => day.cost)), rows: sum(rows.map((row) => row.cost ?? 0)) };
  return [
    ...(tasks === rows.length ? [] : [`${tasks} entries of usage for ${rows.length} tasks`]),
    ...(Math.abs(cost.ledger - cost.rows) < 1e-9 ? [] : [`${cost.ledger} USD counted for ${cost.rows}`]),
  ];
};

const keysOf = async (storage: Storage): Promise<Set<string>> => {
  const files = [];
  for (const folder of storedFolders) files.push(...(await storage.list(folder)));
  return new Set(files.map(({ key }) => key));
};

/** Compares the files with the rows of images, after a sweep. */
const judgeFiles = async ({ database, env }: Fleet, rows: readonly TaskRow[]) => {
  const storage = await openStorage(readServiceConfig(env));
  try {
    for (const folder of storedFolders) await sweepOrphans({ database, storage }, folder, 0);
    const files = await keysOf(storage);
    const images = await database.image.findMany();
    const known = new Set(images.map(({ storageKey }) => storageKey));
    // The dispatcher may delete an expired one at this moment.
    const now = await databaseNow(database);
    const isGone = ({ deletedAt, expiresAt }: (typeof images)[number]) =>
      deletedAt !== null || (expiresAt !== null && expiresAt <= now);
    const deleted = new Set(images.filter(isGone).map(({ id }) => id));
    const keyOf = new Map(images.map(({ id, storageKey }) => [id, storageKey]));
    const hasResult = ({ outputImageId }: TaskRow) =>
      deleted.has(outputImageId) || files.has(keyOf.get(outputImageId) ?? '');
    return {
      missingFiles: rows
        .filter((row) => row.state === 'succeeded' && !hasResult(row))
        .map(({ taskUuid }) => taskUuid),
      orphans: [...files].filter((key) => !known.has(key) && !key.startsWith('probes/')),
    };
  } finally {
    storage.close();
  }
};

const codeOf = ({ problem }: TaskRow) =>
  typeof problem === 'object' && problem !== null && 'code' in problem ? problem['code'] : undefined;

const endedWrong = ({ accepted }: Traffic, row: TaskRow): boolean => {
  const code = accepted.get(row.taskUuid)?.code;
  return code ? row.state !== 'failed' || codeOf(row) !== code : row.state !== 'succeeded';
};

/** The rows of each task, oldest first. */
const groupByTask = (rows: readonly TaskRow[]): Map<string, TaskRow[]> => {
  const groups = new Map<string, TaskRow[]>();
  for (const row of rows.toSorted((a, b) => a.revision - b.revision))
    groups.set(row.taskUuid, [...(groups.get(row.taskUuid) ?? []), row]);
  return groups;
};

/** A client that heard nothing sends a task again, which begins anew only if it has failed meanwhile. */
const ranAgain = (rows: readonly TaskRow[]) => rows.slice(0, -1).some(({ state }) => state !== 'failed');

/** Compares rows, files and the receiver's log with what was accepted. It trusts no answer of the service. */
export const judge = async (fleet: Fleet, traffic: Traffic): Promise<Verdict> => {
  const { accepted, refused, receiver } = traffic;
  await untilSettled(fleet.database);
  const rows = await fleet.database.task.findMany();
  const groups = groupByTask(rows);
  const all = [...accepted.keys()];
  const idsOf = (taskUUID: string) =>
    new Set(receiver.received(webhookPath(taskUUID)).map(({ headers }) => headers['webhook-id']));
  const wasUploaded = (taskUUID: string) => receiver.received(uploadPath(taskUUID)).length > 0;
  return {
    lost: all.filter((taskUUID) => !groups.has(taskUUID)),
    wrongEnd: rows
      .filter((row) => endedWrong(traffic, row))
      .map(({ taskUuid, state, problem }) => `${taskUuid} ${state}: ${JSON.stringify(problem)}`),
    twice: [
      ...[...groups].filter(([, each]) => ranAgain(each)).map(([taskUuid]) => taskUuid),
      ...(await judgeUsage(fleet.database, rows)),
    ],
    untold: all.filter((taskUUID) => idsOf(taskUUID).size === 0),
    manyIds: all.filter((taskUUID) => idsOf(taskUUID).size > (groups.get(taskUUID)?.length ?? 1)),
    missingUploads: all.filter((taskUUID) => accepted.get(taskUUID)?.isUploaded && !wasUploaded(taskUUID)),
    ...(await judgeFiles(fleet, rows)),
    refused,
  };
};
