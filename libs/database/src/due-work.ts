import { unwantedTasks } from './cancel.js';
import { aliveNow, heldBySilent, REPORT_LIMIT_MS } from './claimants.js';
import type { Database } from './client.js';
import { expiredImages } from './expire-images.js';
import { pauseIsOver, waits } from './feed.js';
import { Prisma } from './generated/client.js';
import { hotRows } from './hot-query.js';
import { uncheckedFor } from './sweep.js';

type Found = readonly [condition: Prisma.Sql, inOrderOf: Prisma.Sql];

/** Only by their order does Postgres surely take the index of each condition. */
const anyOf = (table: 'tasks' | 'images' | 'deliveries', found: readonly Found[]): Prisma.Sql => {
  const each = found.map(
    ([condition, order]) =>
      Prisma.sql`(SELECT true FROM ${Prisma.raw(table)} WHERE ${condition} ORDER BY ${order} LIMIT 1)`,
  );
  return Prisma.sql`coalesce(${Prisma.join(each)})`;
};

const waiting: readonly Found[] = [
  [Prisma.sql`${waits} AND stage = 'device'`, Prisma.sql`model`],
  [Prisma.sql`${waits} AND stage <> 'device'`, Prisma.sql`stage`],
  [pauseIsOver, Prisma.sql`wait_until`],
];
/** Of the tasks with a job, which are few. */
const ofJobs = Prisma.sql`stage, model`;
const isDue = Prisma.sql`state = 'pending' AND next_attempt_at <= now()`;

const questions = (uncheckedAfterMs: number) =>
  [
    ['feeding', anyOf('tasks', waiting)],
    ['vanished', anyOf('tasks', [[heldBySilent, ofJobs]])],
    ['unwanted', anyOf('tasks', unwantedTasks)],
    ['sweep', anyOf('tasks', [[uncheckedFor(uncheckedAfterMs), ofJobs]])],
    ['deliveries', anyOf('deliveries', [[isDue, Prisma.sql`next_attempt_at`]])],
    ['expiry', anyOf('images', expiredImages)],
    ['usage', Prisma.sql`(SELECT min(id) IS NOT NULL FROM usage_entries)`],
  ] as const;

/** A round of a dispatcher that runs when there is something to do. */
export type DueRound = ReturnType<typeof questions>[number][0];

/**
 * Reports that a dispatcher lives and can write, and finds the rounds that have something to do. One statement, since it
 * is all that an idle dispatcher asks.
 */
export const findDueRounds = async (
  database: Database,
  dispatcherId: string,
  uncheckedAfterMs: number,
): Promise<DueRound[]> => {
  const asked = questions(uncheckedAfterMs);
  const columns = Prisma.join(asked.map(([, question]) => question));
  const [found = []] = await hotRows(
    database,
    Prisma.sql`WITH alive AS (${aliveNow(dispatcherId)}) SELECT ${columns}`,
    REPORT_LIMIT_MS,
  );
  return asked.flatMap(([round], i) => (found[i] === true ? [round] : []));
};
