import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readServiceConfig } from '#config';
import { foldUsage, type Database, type TaskRow } from '#database';
import { openStorage, storedFolders } from '#storage';
import type { Fleet } from '#test/fleet';
import type { Receiver } from '#test/receiver';
import { until } from '#test/until';
import { sweepOrphans } from '../../apps/dispatcher/src/rounds/orphans.js';

/** What went wrong, by kind. All lists are empty when the promise held. */
export type Verdict = {
  readonly lost: readonly string[];
  /** With the reason. Nothing gave a task a reason to fail. */
  readonly failed: readonly string[];
  /** Tasks with more than one row, or usage that is not one per task. */
  readonly twice: readonly string[];
  readonly untold: readonly string[];
  /** Tasks of which webhooks had several ids. */
  readonly manyIds: readonly string[];
  readonly missingFiles: readonly string[];
  /** Files without a row after the sweep. */
  readonly orphans: readonly string[];
};

export const webhookPath = (taskUUID: string): string => `/${taskUUID}`;

const ROUNDS_MS = 300_000;

/** Waits until nothing is in flight and every webhook is delivered or has failed. */
const untilSettled = (database: Database) =>
  until(
    'all tasks and webhooks to end',
    async () => {
      const [tasks, deliveries] = await Promise.all([
        database.task.count({ where: { finishedAt: null } }),
        database.delivery.count({ where: { state: 'pending' } }),
      ]);
      return tasks + deliveries === 0;
    },
    ROUNDS_MS,
  );

const countUsage = async (database: Database): Promise<number> => {
  while ((await foldUsage(database, 1_000)) > 0);
  const days = await database.usageDay.findMany();
  return days.reduce((sum, day) => sum + day.tasks, 0);
};

const filesWithoutRow = async ({ database, env }: Fleet): Promise<string[]> => {
  const storage = await openStorage(readServiceConfig(env));
  for (const folder of storedFolders) await sweepOrphans({ database, storage }, folder, 0);
  const images = await database.image.findMany({ select: { storageKey: true } });
  const known = new Set(images.map(({ storageKey }) => storageKey));
  const files = (await Promise.all(storedFolders.map((folder) => storage.list(folder)))).flat();
  storage.close();
  return files.map(({ key }) => key).filter((key) => !known.has(key) && !key.startsWith('probes/'));
};

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Compares rows, files and the receiver's log with what was accepted. It trusts no answer of the service. */
export const judge = async (
  fleet: Fleet,
  receiver: Receiver,
  accepted: readonly string[],
): Promise<Verdict> => {
  const { database, env } = fleet;
  await untilSettled(database);
  const rows = await database.task.findMany();
  const of = new Map<string, TaskRow[]>();
  for (const row of rows) of.set(row.taskUuid, [...(of.get(row.taskUuid) ?? []), row]);
  const usage = await countUsage(database);
  const ids = (taskUUID: string) =>
    new Set(receiver.received(webhookPath(taskUUID)).map(({ headers }) => headers['webhook-id']));
  const outputs = await database.image.findMany({ where: { storageKey: { startsWith: 'outputs/' } } });
  const stored = new Map(outputs.map(({ id, storageKey }) => [id, storageKey]));
  const missing: string[] = [];
  for (const { taskUuid, outputImageId, state } of rows) {
    const key = stored.get(outputImageId);
    const path = key && join(env['DATA_DIR'] ?? '', 'images', key);
    if (state === 'succeeded' && !(path && (await isThere(path)))) missing.push(taskUuid);
  }
  return {
    lost: accepted.filter((taskUUID) => !of.has(taskUUID)),
    failed: rows
      .filter(({ state }) => state !== 'succeeded')
      .map(({ taskUuid, problem }) => `${taskUuid}: ${JSON.stringify(problem)}`),
    twice: [
      ...[...of].filter(([, each]) => each.length > 1).map(([taskUuid]) => taskUuid),
      ...(usage === rows.length ? [] : [`${usage} entries of usage for ${rows.length} tasks`]),
    ],
    untold: accepted.filter((taskUUID) => ids(taskUUID).size === 0),
    manyIds: accepted.filter((taskUUID) => ids(taskUUID).size > 1),
    missingFiles: missing,
    orphans: await filesWithoutRow(fleet),
  };
};
