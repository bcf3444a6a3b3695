import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError, toFailure, type Outcome, type Routing } from '#contract';
import { findSessionItem, findTask, type Owner, type SessionItem, type TaskRow } from '#database';
import { toFrame } from './frames.js';
import type { Answered } from './sending.js';
import { routingOfItem, type SessionNeeds } from './session.js';

/** The state of a session's task, for a client that reconnects. */
type State =
  | { readonly kind: 'ended' | 'processing'; readonly frame: string }
  | { readonly kind: 'running'; readonly taskId: string }
  /** Not stored: it is being accepted right now, or was lost with its gateway. */
  | { readonly kind: 'missing' }
  /** Confirmed by the client meanwhile. */
  | { readonly kind: 'gone' };

type CatchUpNeeds = Pick<SessionNeeds, 'config' | 'database' | 'readOutcome' | 'waitingRoom'>;

const endOf = async ({ readOutcome }: CatchUpNeeds, task: TaskRow, routing: Routing): Promise<Outcome> => {
  try {
    return await readOutcome(task);
  } catch (error) {
    if (error instanceof TaskError) return toFailure(error, routing);
    throw error;
  }
};

const currentState = async (needs: CatchUpNeeds, owner: Owner, itemId: string): Promise<State> => {
  const { database, config } = needs;
  const item = await findSessionItem(database, itemId);
  if (!item) return { kind: 'gone' };
  if (item.frame) return { kind: 'ended', frame: item.frame };

  const routing = routingOfItem(item);
  const task = await findTask(database, owner.id, item.taskUuidSent);
  if (!task) return { kind: 'missing' };
  if (task.finishedAt) {
    return { kind: 'ended', frame: toFrame(await endOf(needs, task, routing), config.PUBLIC_URL) };
  }
  if (!item.isAsync) return { kind: 'running', taskId: task.id };
  const result = { taskType: item.taskType, taskUUID: item.taskUuidSent, status: 'processing' as const };
  return { kind: 'processing', frame: toFrame({ result }, config.PUBLIC_URL) };
};

/** Time for a task to reach the database. After it the client is asked to send it again. */
const MISSING_MS = 10_000;
const LOOK_EVERY_MS = 250;

export type CatchUp = {
  readonly needs: CatchUpNeeds;
  readonly owner: Owner;
  readonly send: (frame: string, answered: Answered) => void;
  /** False when the connection ended or the client sent the task again. */
  readonly isWanted: (item: SessionItem) => boolean;
};

/** Sends the state of a task. @returns false when the task must be waited for */
const tell = ({ send }: CatchUp, item: SessionItem, state: State): boolean => {
  if (state.kind === 'gone') return true;
  if (state.kind === 'running' || state.kind === 'missing') return false;
  send(state.frame, {
    routing: routingOfItem(item),
    itemId: state.kind === 'ended' ? item.id : undefined,
  });
  return true;
};

const giveUp = ({ needs, send }: CatchUp, item: SessionItem, error: TaskError) => {
  const routing = routingOfItem(item);
  send(toFrame(toFailure(error, routing), needs.config.PUBLIC_URL), { routing, itemId: item.id });
};

const isOver = (state: State, waitedMs: number, { config }: CatchUpNeeds) =>
  waitedMs > (state.kind === 'missing' ? MISSING_MS : config.SYNC_TIMEOUT_S * 1000);

const overError = (state: State) =>
  state.kind === 'missing'
    ? new TaskError('serviceUnavailable', 'The task was lost before it was stored; send it again.')
    : new TaskError('processingTimeout', 'The task is not done yet; it goes on, ask for it by getResponse.');

/** Waits for the end of a task that was sent over an earlier connection. */
const follow = async (about: CatchUp, item: SessionItem): Promise<void> => {
  const { needs, owner, isWanted } = about;
  const since = performance.now();
  while (isWanted(item)) {
    const state = await currentState(needs, owner, item.id);
    if (!isWanted(item) || tell(about, item, state)) return;
    if (isOver(state, performance.now() - since, needs)) return giveUp(about, item, overError(state));

    if (state.kind === 'running') {
      const waited = await needs.waitingRoom.wait(state.taskId, needs.config.SYNC_TIMEOUT_S * 1000);
      if (waited === 'closing') return;
    } else await sleep(LOOK_EVERY_MS);
  }
};

/**
 * Tells a client that reconnected about its tasks, in the order in which it sent them.
 *
 * @returns waits for the tasks that have not ended
 */
export const catchUp = async (
  about: CatchUp,
  items: readonly SessionItem[],
): Promise<(() => Promise<void>)[]> => {
  const waits: (() => Promise<void>)[] = [];
  for (const item of items) {
    const state = await currentState(about.needs, about.owner, item.id);
    if (!tell(about, item, state)) waits.push(() => follow(about, item));
  }
  return waits;
};
