import { TaskError, type ListWebhooks, type Outcome, type ReplayWebhooks, type Webhook } from '#contract';
import {
  findTask,
  listWebhooks,
  replayWebhooks,
  type Database,
  type ListedWebhook,
  type Owner,
  type WebhookFilter,
} from '#database';
import { token } from '#nest';
import type { Logger } from '#telemetry';
import type { Handler } from './handlers.js';
import { noSuchTask } from './polls.js';

type Needs = { readonly database: Database; readonly log: Logger };

const toWebhook = ({ id, taskUUID, host, state, attempts, canReplay, ...more }: ListedWebhook): Webhook => ({
  webhookId: id,
  taskUUID,
  host,
  status: state,
  attempts,
  createdAt: more.createdAt.toISOString(),
  ...(state === 'pending' && { nextAttemptAt: more.nextAttemptAt.toISOString() }),
  ...(more.endedAt && { endedAt: more.endedAt.toISOString() }),
  canReplay,
  log: more.log.map(({ at, ms, status, error }) => ({
    at: at.toISOString(),
    ms,
    ...(status !== null && { status }),
    ...(error !== null && { error }),
  })),
});

type Span = { readonly from?: string | undefined; readonly to?: string | undefined };

const momentOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
const spanOf = ({ from, to }: Span): Pick<WebhookFilter, 'from' | 'to'> => ({
  from: momentOf(from),
  to: momentOf(to),
});

const list = async ({ database }: Needs, owner: Owner, task: ListWebhooks): Promise<Outcome> => {
  const { taskUUID, webhookId, status: state, limit, cursor } = task;
  const filter = { ownerId: owner.id, webhookId, state, after: cursor, limit, ...spanOf(task) };
  const { webhooks, next } = await listWebhooks(database, filter);
  return {
    result: {
      taskType: 'listWebhooks',
      ...(taskUUID && { taskUUID }),
      webhooks: webhooks.map(toWebhook),
      ...(next && { cursor: next }),
    },
  };
};

const requireTaskUUID = ({ taskUUID }: ReplayWebhooks): string => {
  if (taskUUID) return taskUUID;
  const message =
    "Missing required parameter 'taskUUID': name the task whose webhook is to be sent again, or send 'all': true.";
  throw new TaskError('missingTaskUUID', message, { parameter: 'taskUUID' });
};

/** A span has no effect on one task, and says that its sender meant another thing. */
const refuseSpan = ({ from, to }: ReplayWebhooks): void => {
  const parameter = from === undefined ? 'to' : 'from';
  if (from === undefined && to === undefined) return;
  throw new TaskError('incompatibleParameters', `'${parameter}' is for 'all': true.`, { parameter });
};

/** What to replay. */
const wantedOf = (task: ReplayWebhooks): Parameters<typeof replayWebhooks>[1] => {
  if (task.all) return spanOf(task);
  const taskUUID = requireTaskUUID(task);
  refuseSpan(task);
  return { taskUUID };
};

const answer = ({ taskUUID }: ReplayWebhooks) => ({
  taskType: 'replayWebhooks' as const,
  ...(taskUUID && { taskUUID }),
});

const replay = async ({ database, log }: Needs, owner: Owner, task: ReplayWebhooks): Promise<Outcome> => {
  const wanted = wantedOf(task);
  const { taskUUID } = wanted;
  if (taskUUID && !(await findTask(database, owner.id, taskUUID))) throw noSuchTask(taskUUID);
  const replayed = await replayWebhooks(database, { ...wanted, ownerId: owner.id });
  log.info({ ownerId: owner.id, ...answer(task), webhooks: replayed }, 'webhooks replayed by their owner');
  return { result: { ...answer(task), replayed } };
};

export type WebhookHandlers = {
  readonly listWebhooks: (owner: Owner, task: ListWebhooks) => Promise<Outcome>;
  readonly replayWebhooks: Handler<'replayWebhooks'>;
};

export const WEBHOOKS = token<WebhookHandlers>('webhooks');

/** The webhooks of the caller's own tasks. A dispatcher looks for those that are due once a second. */
export const createWebhooks = (needs: Needs): WebhookHandlers => ({
  listWebhooks: (owner, task) => list(needs, owner, task),
  replayWebhooks: {
    run: (owner, task) => replay(needs, owner, task),
    dryRun: async (_, task) => {
      wantedOf(task);
      return { result: { ...answer(task), cost: 0 } };
    },
  },
});
