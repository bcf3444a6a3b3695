import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError, toFailure } from '#contract';
import type { Owner, SessionItem } from '#database';
import type { Edges } from '../edges.js';
import { currentState, routingOfItem, type State } from './current-state.js';
import { toFrame } from './frames.js';
import type { Answered } from './outbox.js';

/** How long a task may be on its way into the database before its client is asked to send it again. */
const MISSING_MS = 10_000;
const LOOK_EVERY_MS = 250;

export type Replay = {
  readonly edges: Edges;
  readonly owner: Owner;
  readonly send: (frame: string, answered: Answered) => void;
  /** False when the connection ended or the client sent the task again, which answers it. */
  readonly isWanted: (item: SessionItem) => boolean;
};

/** Sends what there is to say of a task. @returns false when that has to be waited for */
const tell = ({ send }: Replay, item: SessionItem, state: State): boolean => {
  if (state.kind === 'gone') return true;
  if (state.kind === 'running' || state.kind === 'missing') return false;
  send(state.frame, {
    routing: routingOfItem(item),
    itemId: state.kind === 'ended' ? item.id : undefined,
  });
  return true;
};

const giveUp = ({ edges, send }: Replay, item: SessionItem, error: TaskError) => {
  const routing = routingOfItem(item);
  send(toFrame(toFailure(error, routing), edges.config.PUBLIC_URL), { routing, itemId: item.id });
};

const isOver = (state: State, waitedMs: number, { config }: Edges) =>
  waitedMs > (state.kind === 'missing' ? MISSING_MS : config.SYNC_TIMEOUT_S * 1000);

const overError = (state: State) =>
  state.kind === 'missing'
    ? new TaskError('serviceUnavailable', 'The task was lost before it was stored; send it again.')
    : new TaskError('processingTimeout', 'The task is not done yet; it goes on, ask for it by getResponse.');

/** Waits in this gateway for the end of a task that a client sent over an earlier connection. */
const follow = async (replay: Replay, item: SessionItem): Promise<void> => {
  const { edges, owner, isWanted } = replay;
  const since = Date.now();
  while (isWanted(item)) {
    const state = await currentState(edges, owner, item.id);
    if (!isWanted(item) || tell(replay, item, state)) return;
    if (isOver(state, Date.now() - since, edges)) return giveUp(replay, item, overError(state));

    if (state.kind === 'running') {
      const waited = await edges.waitingRoom.wait(state.taskId, edges.config.SYNC_TIMEOUT_S * 1000);
      if (waited === 'closing') return;
    } else await sleep(LOOK_EVERY_MS);
  }
};

/**
 * Tells a client that came back how its tasks stand, in the order in which it sent them.
 *
 * @returns the waits for those that have not ended
 */
export const replay = async (
  about: Replay,
  items: readonly SessionItem[],
): Promise<(() => Promise<void>)[]> => {
  const waits: (() => Promise<void>)[] = [];
  for (const item of items) {
    const state = await currentState(about.edges, about.owner, item.id);
    if (!tell(about, item, state)) waits.push(() => follow(about, item));
  }
  return waits;
};
