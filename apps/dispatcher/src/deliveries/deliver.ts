import {
  endDelivery,
  findEnded,
  recordAttempt,
  releaseDelivery,
  retryDelivery,
  type Attempt,
  type Database,
  type DueDelivery,
  type OutcomeReader,
  type TaskRow,
} from '#database';
import { OutboundError, type Outbound, type SendOptions, type Sent } from '#outbound';
import type { Secrets } from '#secrets';
import type { Logger, Tracing } from '#telemetry';
import { nextMove, type Move } from './next-move.js';
import { webhookBody } from './webhook-body.js';
import type { WebhookMetrics } from './webhook-metrics.js';

export const TIMEOUT_MS = 10_000;

export type DeliverEdges = OutcomeReader & {
  readonly outbound: Pick<Outbound, 'send'>;
  readonly secrets: Pick<Secrets, 'open'>;
  readonly metrics: WebhookMetrics;
  readonly tracing: Tracing;
  readonly log: Logger;
};

const request = {
  method: 'POST',
  contentType: 'application/json',
  timeoutMs: TIMEOUT_MS,
  label: 'webhookURL',
} as const;

/** The id stays the same over all attempts, so that a receiver can tell a repetition. */
const headersOf = ({ id }: DueDelivery) => ({ 'webhook-id': id });

type Delivering = {
  readonly delivery: DueDelivery;
  readonly task: TaskRow;
  readonly delaysMs: readonly number[] | undefined;
  readonly stopping: AbortSignal;
};

/** What a call came to: an answer, or why there is none. */
type Call = { readonly sent: Sent } | { readonly error: string };

const call = async (
  { send }: Pick<Outbound, 'send'>,
  options: SendOptions,
  signal: AbortSignal,
): Promise<Call> => {
  try {
    return { sent: await send(options, signal) };
  } catch (error) {
    if (error instanceof OutboundError) return { error: error.message };
    throw error;
  }
};

/** Writes down what an attempt came to, and decides how it goes on. */
const settle = async (
  database: Database,
  delivery: DueDelivery,
  attempt: Attempt,
  move: Move,
): Promise<void> => {
  await recordAttempt(database, delivery, attempt);
  if ('end' in move) await endDelivery(database, delivery, move.end);
  else await retryDelivery(database, delivery, move.retryInMs);
};

/** After a fault of ours; then storage or key may be back. */
const POSTPONE_MS = 30_000;

/** What is to be sent. Where it cannot be read the delivery waits, and keeps all its attempts. */
const compose = async (
  secrets: DeliverEdges['secrets'],
  reader: OutcomeReader,
  { delivery, task }: Delivering,
): Promise<Pick<SendOptions, 'url' | 'body' | 'headers'>> => {
  try {
    const body = await webhookBody(reader, task);
    return { url: secrets.open(delivery.url), body, headers: headersOf(delivery) };
  } catch (error) {
    await releaseDelivery(reader.database, delivery, POSTPONE_MS);
    throw error;
  }
};

/** Sends and settles one attempt, as a span of the task's trace. */
const attemptOne = async (
  { outbound, secrets, metrics, tracing, log, ...reader }: DeliverEdges,
  turn: Delivering,
): Promise<void> => {
  const { delivery, delaysMs, stopping } = turn;
  const { database } = reader;
  const { id, taskId, host, attempts } = delivery;
  const message = await compose(secrets, reader, turn);
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
    await settle(database, delivery, attempt, move);
    log.info({ delivery: id, taskId, host, attempts, ...attempt, ...move }, 'webhook sent');
  } catch (error) {
    if (!stopping.aborted) throw error;
    // Broken off by our own end, which is no fault of the receiver: whoever runs next takes it at once.
    await releaseDelivery(database, delivery);
    log.info({ delivery: id, taskId, host }, 'webhook given back');
  }
};

/**
 * One attempt to tell a receiver of a task's end. Rejects with faults of ours only; the delivery is then taken
 * again when its lease is over.
 */
export const deliver =
  (edges: DeliverEdges, delaysMs?: readonly number[]) =>
  async (delivery: DueDelivery, stopping: AbortSignal): Promise<void> => {
    const { id, taskId, attempts } = delivery;
    const [task] = await findEnded(edges.database, [taskId]);
    if (!task) throw new Error(`The task of delivery ${id} has not ended.`);

    const attributes = { 'clearcut.task_id': taskId, 'clearcut.attempt': attempts };
    const options = { kind: 'client', parent: task.traceParent, attributes } as const;
    const turn = { delivery, task, delaysMs, stopping };
    await edges.tracing.trace('webhook', options, () => attemptOne(edges, turn));
  };
