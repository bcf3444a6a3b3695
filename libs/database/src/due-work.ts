import { unwantedTasks } from './cancel.js';
import { aliveNow, heldBySilent } from './claimants.js';
import type { Database } from './client.js';
import { expiredImages } from './expire-images.js';
import { pauseIsOver, waits } from './feed.js';
import { Prisma } from './generated/client.js';
import { hotRows } from './hot-query.js';
import { uncheckedFor } from './sweep.js';

const anyOf = (table: 'tasks' | 'images' | 'deliveries', conditions: readonly Prisma.Sql[]): Prisma.Sql => {
  const each = conditions.map(
    (condition) => Prisma.sql`EXISTS (SELECT FROM ${Prisma.raw(table)} WHERE ${condition})`,
  );
  return Prisma.sql`(${Prisma.join(each, ' OR ')})`;
};

/** A condition for each index, since one with both would read all tasks in flight. */
const waiting = [Prisma.sql`${waits} AND stage = 'device'`, Prisma.sql`${waits} AND stage <> 'device'`];
const isDue = Prisma.sql`deliveries.state = 'pending' AND next_attempt_at <= now()`;

const questions = (uncheckedAfterMs: number) =>
  [
    ['feeding', anyOf('tasks', [...waiting, pauseIsOver])],
    ['vanished', anyOf('tasks', [heldBySilent])],
    ['unwanted', anyOf('tasks', unwantedTasks)],
    ['sweep', anyOf('tasks', [uncheckedFor(uncheckedAfterMs)])],
    ['deliveries', anyOf('deliveries', [isDue])],
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
  );
  return asked.flatMap(([round], i) => (found[i] === true ? [round] : []));
};
