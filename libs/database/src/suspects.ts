import { SUSPECT_STALLS } from './claimants.js';
import type { Database } from './client.js';
import { databaseNow, newId } from './clock.js';
import type { TaskState } from './generated/client.js';
import { firstIdSince } from './status.js';

/** A task whose worker vanished. */
export type Suspect = {
  readonly id: string;
  readonly taskUuidSent: string;
  readonly model: string | null;
  readonly state: TaskState;
  /** How often its worker vanished. */
  readonly stalls: number;
  readonly runsAlone: boolean;
  readonly poisonedAt: Date | null;
  readonly waitUntil: Date | null;
  readonly createdAt: Date;
};

const columns = {
  id: true,
  taskUuidSent: true,
  model: true,
  state: true,
  stalls: true,
  runsAlone: true,
  poisonedAt: true,
  waitUntil: true,
  createdAt: true,
} as const;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tasks of the last day whose worker vanished, and all that were given up for it, latest first. */
export const suspectTasks = async (database: Database, limit: number): Promise<Suspect[]> => {
  const from = firstIdSince((await databaseNow(database)).getTime() - DAY_MS);
  const [lately, poisoned] = await Promise.all([
    database.task.findMany({
      where: { id: { gte: from }, stalls: { gt: 0 }, poisonedAt: null },
      orderBy: { id: 'desc' },
      take: limit,
      select: columns,
    }),
    database.task.findMany({
      where: { poisonedAt: { not: null } },
      orderBy: { poisonedAt: 'desc' },
      take: limit,
      select: columns,
    }),
  ]);
  return [...poisoned, ...lately];
};

/** What happened to a suspect, and what follows, for operators. */
export const explainSuspect = ({ state, stalls, poisonedAt }: Suspect): string => {
  if (poisonedAt) return 'given up: a worker ended by itself while it ran alone; it can be replayed';
  if (state === 'succeeded') return 'innocent: it succeeded';
  if (state === 'failed') return 'failed for another reason';
  return stalls < SUSPECT_STALLS ? 'goes on' : 'runs alone from now on';
};

/**
 * Runs a poisoned task again, as the next use of its taskUUID, alone in its worker.
 * @param id of its row
 * @returns false when no task with this id was given up as poison, or its taskUUID was used again since
 */
export const replayTask = async (database: Database, id: string): Promise<boolean> => {
  const next = newId(await databaseNow(database));
  const count = await database.$executeRaw`
    INSERT INTO tasks (id, revision, stalls, stage, output_image_id, owner_id, key_id, estimate, task_uuid, task_type,
                       task_uuid_sent, model, request, sent_task, payload_hash, remote_host, priority, input_image_id,
                       input_url, further_images, upload_url, webhook_url, webhook_host, ttl_s)
    SELECT ${next}::uuid, revision + 1, ${SUSPECT_STALLS}::int,
           CASE stage WHEN 'upload' THEN 'device' ELSE stage END, gen_random_uuid(), owner_id, key_id, estimate, task_uuid,
           task_type, task_uuid_sent, model, request, sent_task, payload_hash, remote_host, priority, input_image_id,
           input_url, further_images, upload_url, webhook_url, webhook_host, ttl_s
      FROM tasks WHERE id = ${id}::uuid AND state = 'failed' AND poisoned_at IS NOT NULL
        ON CONFLICT (owner_id, task_uuid, revision) DO NOTHING`;
  return count > 0;
};
