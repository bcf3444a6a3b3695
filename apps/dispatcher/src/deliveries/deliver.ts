import { atParameter } from '#boundary';
import { TaskError, toFailure, toPrediction, toWebhookBody, type Outcome, type WebhookForm } from '#contract';
import {
  findEnded,
  JOB_END,
  jobOfEnd,
  RemovalRequest,
  releaseDelivery,
  settleAttempt,
  routingOfTask,
  taskOutcome,
  type DueDelivery,
  type OutcomeReader,
  type TaskRow,
} from '#database';
import { isProxyAway, type Outbound, type SendOptions, type Sent } from '#outbound';
import type { Secrets } from '#secrets';
import type { Logger, Tracing } from '#telemetry';
import { nextMove } from './next-move.js';
import type { Sign } from './sign.js';
import type { WebhookMetrics } from './webhook-metrics.js';

export const TIMEOUT_MS = 10_000;

type DeliverEdges = OutcomeReader & {
  readonly outbound: Pick<Outbound, 'send'>;
  readonly secrets: Pick<Secrets, 'open'>;
  readonly sign: Sign;
  readonly metrics: WebhookMetrics;
  readonly tracing: Tracing;
  readonly log: Logger;
};

const parameter = 'webhookURL';

const request = {
  method: 'POST',
  contentType: 'application/json',
  timeoutMs: TIMEOUT_MS,
  label: parameter,
} as const;

type Delivering = {
  readonly delivery: DueDelivery;
  readonly task: TaskRow;
  readonly delaysMs: readonly number[] | undefined;
  readonly stopping: AbortSignal;
};

/** The answer of a receiver, or the reason why there is none. */
type Call = { readonly sent: Sent } | { readonly error: string };

const call = async (
  { send }: Pick<Outbound, 'send'>,
  options: SendOptions,
  signal: AbortSignal,
): Promise<Call> => {
  try {
    return { sent: await atParameter(parameter, () => send(options, signal)) };
  } catch (error) {
    if (error instanceof TaskError) return { error: error.message };
    throw error;
  }
};

/** The wait after a fault of ours, such as an outage of the storage. */
const POSTPONE_MS = 30_000;

const outcomeOf = async (reader: OutcomeReader, task: TaskRow): Promise<Outcome> => {
  try {
    return await taskOutcome(reader, task);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return toFailure(error, routingOfTask(task));
  }
};

/** The bodies in the forms of other services. */
const bodies: Readonly<Record<WebhookForm, (task: TaskRow, outcome: Outcome, publicUrl: string) => object>> =
  {
    replicate: (task, outcome, publicUrl) => toPrediction(task, outcome, { publicUrl }),
  };

/** Only removals have a form. */
const formOf = ({ request }: TaskRow): WebhookForm | undefined =>
  RemovalRequest.pick({ webhookForm: true }).safeParse(request).data?.webhookForm;

/** The answer of `GET /v1/jobs/JOBUUID`. */
const jobBody = async ({ database, publicUrl }: OutcomeReader, task: TaskRow): Promise<string> => {
  const job = await jobOfEnd(database, task, publicUrl);
  return JSON.stringify({ data: job ? [job] : [] });
};

/** The answer of getResponse, in the form of the API that the task came by. */
const webhookBody = async (reader: OutcomeReader, task: TaskRow): Promise<string> => {
  if (task.taskType === JOB_END) return jobBody(reader, task);
  const outcome = await outcomeOf(reader, task);
  const form = formOf(task);
  return JSON.stringify(form ? bodies[form](task, outcome, reader.publicUrl) : toWebhookBody(outcome));
};

/** Makes the message. When that fails, the delivery is postponed and no attempt is counted. */
const compose = async (
  { secrets, sign, ...reader }: Pick<DeliverEdges, 'secrets' | 'sign'> & OutcomeReader,
  { delivery, task }: Delivering,
): Promise<Pick<SendOptions, 'url' | 'body' | 'headers'>> => {
  try {
    const body = await webhookBody(reader, task);
    return { url: secrets.open(delivery.url), body, headers: await sign(delivery, body) };
  } catch (error) {
    await releaseDelivery(reader.database, delivery, POSTPONE_MS);
    throw error;
  }
};

/** Sends and settles one attempt, as a span of the task's trace. Resolves with whether the receiver answered. */
const attemptOne = async (
  { outbound, metrics, tracing, log, ...reader }: DeliverEdges,
  delivering: Delivering,
): Promise<boolean | undefined> => {
  const { delivery, delaysMs, stopping } = delivering;
  const { database } = reader;
  const { id, taskId, host, attempts } = delivery;
  const message = await compose(reader, delivering);
  const start = performance.now();
  try {
    const called = await call(outbound, { ...request, ...message }, stopping);
    const sent = 'sent' in called ? called.sent : undefined;
    const facts = 'sent' in called ? { status: called.sent.status } : called;
    const attempt = { ms: performance.now() - start, ...facts };
    const move = nextMove(sent, attempts, delaysMs);
    const result = 'end' in move ? move.end : 'retried';
    metrics.webhooks.inc({ result });
    metrics.webhookSeconds.observe({ result }, attempt.ms / 1000);
    tracing.note({ 'clearcut.result': result });
    await settleAttempt(database, delivery, attempt, move);
    log.info({ delivery: id, taskId, host, attempts, ...attempt, ...move }, 'webhook sent');
    return sent !== undefined;
  } catch (error) {
    // Neither our stop nor our proxy counts as an attempt: the receiver was not asked to the end.
    if (stopping.aborted) {
      await releaseDelivery(database, delivery);
      log.info({ delivery: id, taskId, host }, 'webhook given back');
      return undefined;
    }
    if (!isProxyAway(error)) throw error;
    await releaseDelivery(database, delivery, POSTPONE_MS);
    log.warn({ delivery: id, taskId, host, err: error }, 'webhook waits for the proxy');
    return undefined;
  }
};

/**
 * Makes one attempt to deliver a webhook. Resolves with whether the receiver answered; undefined when our stop or
 * our proxy kept it from the call. It rejects only with our own faults, and the lease then runs out.
 */
export const deliver =
  (edges: DeliverEdges, delaysMs?: readonly number[]) =>
  async (delivery: DueDelivery, stopping: AbortSignal): Promise<boolean | undefined> => {
    const { id, taskId, attempts } = delivery;
    const [task] = await findEnded(edges.database, [taskId]);
    if (!task) throw new Error(`The task of delivery ${id} has not ended.`);

    const attributes = { 'clearcut.task_id': taskId, 'clearcut.attempt': attempts };
    const options = { kind: 'client', parent: task.traceParent, attributes } as const;
    const delivering = { delivery, task, delaysMs, stopping };
    return edges.tracing.trace('webhook', options, () => attemptOne(edges, delivering));
  };
