import type { Database } from './client.js';
import { Prisma, type Delivery, type DeliveryState } from './generated/client.js';
import { firstIdSince } from './status.js';

/** Which webhooks. Ids of tasks are UUIDv7, so that times of acceptance are ranges of ids. */
export type WebhookFilter = {
  /** Unless given, those of all owners, for the operator. */
  readonly ownerId?: string | undefined;
  readonly webhookId?: string | undefined;
  /** Of tasks that were accepted at this time or later. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
};

/** Tasks that one page looks at, so that a filter which few webhooks fit costs no more than another. */
const MAX_LOOKED_AT = 5_000;
/** Attempts that are told of one webhook. A replay adds ten. */
const MAX_ATTEMPTS = 20;

const allOf = (parts: readonly (Prisma.Sql | undefined)[]): Prisma.Sql =>
  Prisma.join([Prisma.sql`true`, ...parts.filter((part) => part !== undefined)], ' AND ');

const rangeOf = ({ ownerId, from, to }: WebhookFilter): Prisma.Sql[] =>
  [
    ownerId === undefined ? undefined : Prisma.sql`owner_id = ${ownerId}::uuid`,
    from && Prisma.sql`tasks.id >= ${firstIdSince(from.getTime())}::uuid`,
    to && Prisma.sql`tasks.id < ${firstIdSince(to.getTime())}::uuid`,
  ].filter((part) => part !== undefined);

const listed = {
  task: { select: { taskUuidSent: true } },
  log: {
    orderBy: { id: 'desc' },
    take: MAX_ATTEMPTS,
    select: { at: true, ms: true, status: true, error: true },
  },
} as const;

/** One webhook, without its address. */
export type ListedWebhook = Omit<Delivery, 'url'> & {
  readonly taskUUID: string;
  /** Whether it failed, and its address is still kept. */
  readonly canReplay: boolean;
  /** Its latest attempts, oldest first. */
  readonly log: readonly {
    readonly at: Date;
    readonly ms: number;
    readonly status: number | null;
    readonly error: string | null;
  }[];
};

const findListed = async (database: Database, ids: readonly string[]): Promise<ListedWebhook[]> => {
  const found = await database.delivery.findMany({
    where: { id: { in: [...ids] } },
    include: listed,
    orderBy: { taskId: 'desc' },
  });
  return found.map(({ url, task, log, ...delivery }) =>
    Object.assign(delivery, {
      taskUUID: task.taskUuidSent,
      canReplay: delivery.state === 'failed' && url !== null,
      log: log.toReversed(),
    }),
  );
};

export type WebhookPage = {
  readonly webhooks: readonly ListedWebhook[];
  /** Set when there may be more. */
  readonly next: string | undefined;
};

type PageOptions = WebhookFilter & {
  readonly state?: DeliveryState | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
};

type Looked = {
  readonly ids: string[] | null;
  readonly lastTask: string | null;
  readonly looked: number;
  readonly last: string | null;
};

/** The ids of one page, and how far it looked. */
const lookUp = async (
  database: Database,
  { webhookId, state, after, limit, ...filter }: PageOptions,
): Promise<Looked | undefined> => {
  const id = webhookId === undefined ? undefined : Prisma.sql`deliveries.id = ${webhookId}::uuid`;
  // The delivery of that id names the one task to look at.
  const ofTask = id && Prisma.sql`tasks.id IN (SELECT task_id FROM deliveries WHERE ${id})`;
  const before = after === undefined ? undefined : Prisma.sql`tasks.id < ${after}::uuid`;
  const range = allOf([...rangeOf(filter), ofTask, before]);
  const fits = allOf([id, state && Prisma.sql`state = ${state}::"DeliveryState"`]);
  const [looked] = await database.$queryRaw<Looked[]>`
    WITH looked_at AS MATERIALIZED (
      SELECT id FROM tasks WHERE ${range} ORDER BY id DESC LIMIT ${MAX_LOOKED_AT}
    ), page AS (
      SELECT deliveries.id, task_id FROM looked_at JOIN deliveries ON task_id = looked_at.id
       WHERE ${fits} ORDER BY task_id DESC LIMIT ${limit}
    )
    SELECT (SELECT array_agg(id::text) FROM page) AS ids,
           (SELECT task_id::text FROM page ORDER BY task_id LIMIT 1) AS "lastTask",
           (SELECT count(*)::int FROM looked_at) AS looked,
           (SELECT id::text FROM looked_at ORDER BY id LIMIT 1) AS last`;
  return looked;
};

/** A page of webhooks with their attempts, those of the latest tasks first. */
export const listWebhooks = async (database: Database, options: PageOptions): Promise<WebhookPage> => {
  const found = await lookUp(database, options);
  const ids = found?.ids ?? [];
  const webhooks = await findListed(database, ids);
  if (ids.length === options.limit) return { webhooks, next: found?.lastTask ?? undefined };
  return { webhooks, next: found?.looked === MAX_LOOKED_AT ? (found.last ?? undefined) : undefined };
};

/** The most that one replay restarts. */
const MAX_REPLAYED = 10_000;

/**
 * Makes failed webhooks due at once, with all their attempts again, as long as their addresses are kept.
 *
 * @returns how many; `MAX_REPLAYED` means that there may be more
 */
export const replayWebhooks = (
  database: Database,
  { webhookId, taskUUID, ...filter }: WebhookFilter & { readonly taskUUID?: string | undefined },
): Promise<number> => {
  const range = allOf([
    ...rangeOf(filter),
    webhookId === undefined ? undefined : Prisma.sql`deliveries.id = ${webhookId}::uuid`,
    taskUUID === undefined ? undefined : Prisma.sql`task_uuid = ${taskUUID}::uuid`,
  ]);
  return database.$executeRaw`
    UPDATE deliveries SET state = 'pending', attempts = 0, next_attempt_at = now(), ended_at = NULL
     WHERE id IN (SELECT deliveries.id FROM deliveries JOIN tasks ON tasks.id = task_id
                   WHERE deliveries.state = 'failed' AND url IS NOT NULL AND ${range}
                   ORDER BY deliveries.id LIMIT ${MAX_REPLAYED}
                     FOR UPDATE OF deliveries SKIP LOCKED)`;
};
