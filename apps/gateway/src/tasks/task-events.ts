import { Readable } from 'node:stream';
import type { ServiceConfig } from '#config';
import { isUuid, TaskError, toAnswer, toFailure, withDocumentation, type Outcome } from '#contract';
import { routingOfTask, type Owner, type TaskRow } from '#database';
import { token } from '#nest';
import { createFaultLog, type Logger } from '#telemetry';
import type { Polls } from './polls.js';
import { requireScope } from './scopes.js';
import type { WaitingRoom } from './waiting-room.js';

/** Streams of server-sent events, each of one task. */
export type TaskEvents = {
  /**
   * The states of a task until its end, as text of server-sent events.
   * @param gone aborts when the caller has left
   * @throws TaskError permissionDenied, taskNotFound, invalidTaskUUID, and rateLimitExceeded when the key follows too many tasks
   */
  readonly follow: (owner: Owner, taskUUID: string, gone: AbortSignal) => Promise<Readable>;
  /** Ends all streams; their clients dial again. */
  readonly close: () => void;
};

export const TASK_EVENTS = token<TaskEvents>('task events');

const LOOK_EVERY_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** The wait after which a client dials again. */
const RETRY_MS = 2_000;
/** Streams of one key at one gateway. */
const MAX_PER_OWNER = 32;

type Needs = {
  readonly config: Pick<ServiceConfig, 'PUBLIC_URL'>;
  readonly polls: Pick<Polls, 'requireTask' | 'answerRow'>;
  readonly waitingRoom: Pick<WaitingRoom, 'wait'>;
  readonly log: Logger;
};

const createPlaces = () => {
  const taken = new Map<string, number>();
  return {
    /** @returns gives the place back */
    take: ({ id }: Owner): (() => void) => {
      const count = taken.get(id) ?? 0;
      if (count >= MAX_PER_OWNER) {
        const message = `This key follows ${count} tasks at this gateway; ${MAX_PER_OWNER} are allowed.`;
        throw new TaskError('rateLimitExceeded', message, { max: MAX_PER_OWNER, retryAfter: 5 });
      }
      taken.set(id, count + 1);
      return () => {
        const left = (taken.get(id) ?? 1) - 1;
        if (left > 0) taken.set(id, left);
        else taken.delete(id);
      };
    },
  };
};

/** What getResponse answers, errors included. */
const outcomeOf = async ({ polls }: Needs, task: TaskRow): Promise<Outcome> => {
  try {
    return await polls.answerRow(task);
  } catch (error) {
    if (error instanceof TaskError) return toFailure(error, routingOfTask(task));
    throw error;
  }
};

type State = { readonly data: string; readonly isEnd: boolean };

const stateOf = async (needs: Needs, task: TaskRow): Promise<State> => {
  const outcome = withDocumentation(await outcomeOf(needs, task), needs.config.PUBLIC_URL);
  return { data: JSON.stringify(toAnswer([outcome]).body), isEnd: task.finishedAt !== null };
};

/** The row as it is now, or as it was while the database is away. */
const readAgain = async ({ polls }: Needs, owner: Owner, task: TaskRow, logFault: FaultLog) => {
  try {
    return await polls.requireTask(owner, task.taskUuidSent);
  } catch (error) {
    if (error instanceof TaskError) throw error;
    logFault(error);
    return task;
  }
};

type Followed = { readonly owner: Owner; readonly task: TaskRow; readonly stopping: AbortSignal };

/** The states of a task, one a second and the last one at once; undefined while the database is away. */
async function* statesOf(needs: Needs, { owner, task: first, stopping }: Followed, logFault: FaultLog) {
  let task = first;
  for (;;) {
    const state = await stateOf(needs, task).catch((error: unknown) => logFault(error));
    yield state ?? undefined;
    if (state?.isEnd) return;

    const waited = await needs.waitingRoom.wait(task.id, LOOK_EVERY_MS, stopping);
    if (waited === 'closing' || waited === 'gone') return;
    task = waited === 'timeout' ? await readAgain(needs, owner, task, logFault) : waited;
  }
}

type FaultLog = ReturnType<typeof createFaultLog>;

/** The text of server-sent events: one for each change, and comments that keep the connection open. */
async function* textOf(states: AsyncIterable<State | undefined>) {
  yield `retry: ${RETRY_MS}\n\n`;
  let told = '';
  let toldMs = performance.now();
  for await (const state of states) {
    const isNews = state !== undefined && state.data !== told;
    if (!isNews && performance.now() - toldMs < HEARTBEAT_MS) continue;
    yield isNews ? `event: ${state.isEnd ? 'end' : 'progress'}\ndata: ${state.data}\n\n` : ': no change\n\n';
    if (isNews) told = state.data;
    toldMs = performance.now();
  }
}

/**
 * Follows tasks for callers that would poll. Each stream looks once a second, and is woken by the end of its task.
 */
export const createTaskEvents = (needs: Needs): TaskEvents => {
  const closing = new AbortController();
  const places = createPlaces();
  const logFault = createFaultLog(needs.log, 'task cannot be followed');

  return {
    follow: async (owner, taskUUID, gone) => {
      if (!isUuid(taskUUID))
        throw new TaskError('invalidTaskUUID', "'taskUUID' must be a UUID.", { parameter: 'taskUUID' });
      requireScope(owner, 'getResponse');
      const task = await needs.polls.requireTask(owner, taskUUID);
      const release = places.take(owner);
      // An async generator that waits cannot be ended from outside, so it must hear that its reader is gone.
      const stopping = AbortSignal.any([closing.signal, gone]);
      const text = Readable.from(textOf(statesOf(needs, { owner, task, stopping }, logFault)));
      return text.once('close', release);
    },
    close: () => closing.abort(),
  };
};
