import type { Database } from './client.js';
import { Prisma } from './generated/client.js';
import { hotRows } from './hot-query.js';

/** A worker is taken for dead when it was silent this long. It reports every two seconds. */
export const CLAIMANT_SILENT_MS = 7_000;

/**
 * When a report that a process lives counts as lost, as on a connection that died unnoticed. The system itself may take 15
 * minutes to see that.
 */
export const REPORT_LIMIT_MS = 20_000;

/** From this vanished claim on a task is a suspect, and runs without others in its worker. */
export const SUSPECT_STALLS = 2;

/** A task that was handed back for a dead worker. */
export type HandedBack = { readonly taskId: string; readonly lane: string; readonly stalls: number };

const silent = Prisma.sql`${CLAIMANT_SILENT_MS} * interval '1 millisecond'`;

/** Whether the worker that holds a running task is known and alive. Older workers do not note who they are. */
export const holderLives = Prisma.sql`(
  worker_id IS NOT NULL AND claimed_attempt = attempt
  AND (started_at > now() - ${silent}
    OR EXISTS (SELECT FROM claimants WHERE claimants.worker_id = tasks.worker_id AND alive_at > now() - ${silent})))`;

/** The statement that reports that a process lives. */
export const aliveNow = (workerId: string): Prisma.Sql => Prisma.sql`
  INSERT INTO claimants (worker_id) VALUES (${workerId}::uuid)
      ON CONFLICT (worker_id) DO UPDATE SET alive_at = now()`;

/** Reports that a process lives. */
export const keepAlive = async (database: Database, workerId: string): Promise<void> => {
  await hotRows(database, aliveNow(workerId), REPORT_LIMIT_MS);
};

/** Forgets a process that holds no task any more. */
export const endClaimant = async (database: Database, workerId: string): Promise<void> => {
  await database.$executeRaw`DELETE FROM claimants WHERE worker_id = ${workerId}::uuid`;
};

/** Deletes the rows of processes that were killed long ago. */
export const forgetClaimants = async (database: Database): Promise<void> => {
  await database.$executeRaw`DELETE FROM claimants WHERE alive_at < now() - interval '10 minutes'`;
};

/** The longest pause of a suspect, in seconds. */
const LONGEST_PAUSE_S = 900;

const inHand = Prisma.sql`finished_at IS NULL AND fed_at IS NOT NULL AND state = 'running' AND claimed_attempt = attempt`;
const ofSilent = Prisma.sql`worker_id IS NOT NULL AND NOT ${holderLives}`;

/** Tasks in hand of workers that fell silent. */
export const heldBySilent = Prisma.sql`${inHand} AND ${ofSilent}`;

/**
 * A suspect that vanished again waits with a growing pause, so that it cannot keep killing workers. One that ran alone
 * when its worker ended by itself is poison.
 */
const handBack = (database: Database, where: Prisma.Sql, isOwnEnd: boolean): Promise<HandedBack[]> =>
  database.$queryRaw<HandedBack[]>`
    UPDATE tasks
       SET state = 'queued', stalls = stalls + 1, worker_id = NULL, fed_at = NULL, checked_at = NULL, runs_alone = false,
           poisoned_at = CASE WHEN runs_alone AND ${isOwnEnd} THEN now() END,
           wait_until = CASE WHEN runs_alone AND NOT ${isOwnEnd} AND stalls > ${SUSPECT_STALLS}
                             THEN now() + least(${LONGEST_PAUSE_S}, 2 ^ least(20, stalls - ${SUSPECT_STALLS})) * interval '1 second' END
     WHERE ${inHand} AND ${where}
 RETURNING id::text AS "taskId", stalls, CASE stage WHEN 'device' THEN model ELSE stage::text END AS lane`;

/**
 * Hands back what a worker had in hand whose end was seen, and withdraws the worker.
 * @param isOwnEnd whether the process ended by itself, as by a fault, and not by a signal of others
 */
export const handBackOf = async (
  database: Database,
  workerId: string,
  isOwnEnd: boolean,
): Promise<HandedBack[]> => {
  const handedBack = await handBack(database, Prisma.sql`worker_id = ${workerId}::uuid`, isOwnEnd);
  await endClaimant(database, workerId);
  await database.worker.deleteMany({ where: { id: workerId } });
  return handedBack;
};

/** Hands back what workers have in hand that fell silent. How they ended is not known. */
export const handBackOfSilent = (database: Database): Promise<HandedBack[]> =>
  handBack(database, ofSilent, false);
