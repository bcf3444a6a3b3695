import { replayTask, replayWebhooks, type Database } from '#database';
import type { Logger } from '#telemetry';
import { BadRequestException, ConflictException } from '@nestjs/common';
import type { Deliveries } from '../deliveries/deliveries.js';

export const cannotReplay = () => new ConflictException('This delivery cannot be replayed, or no longer.');

export const cannotReplayTask = () => new ConflictException('This task cannot be replayed, or no longer.');

/** When the tasks were accepted whose webhooks are to be replayed, as a form sends it. Empty: no limit. */
export type ReplaySpan = { readonly from?: unknown; readonly to?: unknown };

export type Replay = {
  /** Makes one failed delivery due at once, with all its attempts again. */
  readonly one: (id: string) => Promise<void>;
  /** The same for all that failed of a span. */
  readonly all: (span: ReplaySpan) => Promise<void>;
};

type Needs = {
  readonly database: Database;
  readonly deliveries: Pick<Deliveries, 'wake'>;
  readonly log: Logger;
};

/** @throws BadRequestException for a body that names no span, so that a slip does not replay everything */
export const spanOf = (body: unknown): ReplaySpan => {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (isObject && Object.keys(body).every((name) => name === 'from' || name === 'to')) return body;
  throw new BadRequestException('The body takes from and to, or {} for all that failed.');
};

/** The form of a page sends times without a zone. */
const momentOf = (text: unknown): Date | undefined => {
  if (text === undefined || text === '') return undefined;
  const isMoment = typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text);
  const moment = new Date(isMoment ? `${text}Z` : NaN);
  // A 31st of February would become the 3rd of March.
  if (isMoment && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text)) return moment;
  throw new BadRequestException('From and to are times in UTC, such as 2027-01-31T18:00.');
};

export const replay = ({ database, deliveries, log }: Needs): Replay => ({
  one: async (webhookId) => {
    if ((await replayWebhooks(database, { webhookId })) === 0) throw cannotReplay();
    log.info({ delivery: webhookId }, 'webhook replayed by the operator');
    deliveries.wake();
  },
  all: async ({ from, to }) => {
    const span = { from: momentOf(from), to: momentOf(to) };
    const webhooks = await replayWebhooks(database, span);
    log.info({ ...span, webhooks }, 'webhooks replayed by the operator');
    deliveries.wake();
  },
});

/** Runs a task again that was given up as poison. The feeder finds it within a second. */
export const replayPoisoned =
  ({ database, log }: Pick<Needs, 'database' | 'log'>) =>
  async (id: string): Promise<void> => {
    if (!(await replayTask(database, id))) throw cannotReplayTask();
    log.info({ taskId: id }, 'task replayed by the operator');
  };
