import { Readable } from 'node:stream';
import type { ServiceConfig } from '#config';
import { isUuid, TaskError, toAnswer, toFailure, withDocumentation, type Outcome } from '#contract';
import { routingOfTask, type Owner, type FoundTask } from '#database';
import { token } from '#nest';
import { createFaultLog, type Logger } from '#telemetry';
import { createPlaces } from './places.js';
import type { Polls } from './polls.js';
import { requireScope } from './scopes.js';
import type { WaitingRoom } from './waiting-room.js';

/** How a task stands: what getResponse answers about it. */
export type TaskState = {
  readonly outcome: Outcome;
  /** The outcome as answers carry it. */
  readonly text: string;
  readonly isEnd: boolean;
};

/** Follows tasks for callers that would poll. */
export type TaskEvents = {
  /**
   * The states of a task until its end, as text of server-sent events.
   * @param gone aborts when the caller has left
   * @throws TaskError permissionDenied, taskNotFound, invalidTaskUUID, and rateLimitExceeded when the key follows too many tasks
   */
  readonly follow: (owner: Owner, taskUUID: string, gone: AbortSignal) => Promise<Readable>;
  /**
   * The states of a task until its end, one a second and the last one at once. A key that follows too many tasks waits
   * for a place. Each state is read when the caller asks for it, so a slow caller misses all but the latest.
   * @param gone aborts when the caller has left
   */
  readonly states: (owner: Owner, task: FoundTask, gone: AbortSignal) => AsyncIterable<TaskState>;
  /** Ends all streams; their clients dial again. */
  readonly close: () => void;
};

export const TASK_EVENTS = token<TaskEvents>('task events');

const LOOK_EVERY_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** The wait after which a client dials again. */
const RETRY_MS = 2_000;
/** Tasks that one owner follows at one gateway. */
const MAX_PER_OWNER = 32;

type Needs = {
  readonly config: Pick<ServiceConfig, 'PUBLIC_URL'>;
  readonly polls: Pick<Polls, 'requireTask' | 'answerRow'>;
  readonly waitingRoom: Pick<WaitingRoom, 'wait'>;
  readonly log: Logger;
};

const tooMany = () => {
  const message = `This key follows ${MAX_PER_OWNER} tasks at this gateway; no more are allowed.`;
  return new TaskError('rateLimitExceeded', message, { max: MAX_PER_OWNER, retryAfter: 5 });
};

/** What getResponse answers, errors included. */
const outcomeOf = async ({ polls }: Needs, task: FoundTask): Promise<Outcome> => {
  try {
    return await polls.answerRow(task);
  } catch (error) {
    if (error instanceof TaskError) return toFailure(error, routingOfTask(task));
    throw error;
  }
};

const stateOf = async (needs: Needs, task: FoundTask): Promise<TaskState> => {
  const outcome = withDocumentation(await outcomeOf(needs, task), needs.config.PUBLIC_URL);
  return { outcome, text: JSON.stringify(toAnswer([outcome]).body), isEnd: task.finishedAt !== null };
};

/** The row as it is now, or as it was while the database is away. */
const readAgain = async ({ polls }: Needs, owner: Owner, task: FoundTask, logFault: FaultLog) => {
  try {
    return await polls.requireTask(owner, task.taskUuidSent);
  } catch (error) {
    if (error instanceof TaskError) throw error;
    logFault(error);
    return task;
  }
};

type Followed = { readonly owner: Owner; readonly task: FoundTask; readonly stopping: AbortSignal };

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
async function* textOf(states: AsyncIterable<TaskState | undefined>) {
  yield `retry: ${RETRY_MS}\n\n`;
  let told = '';
  let toldMs = performance.now();
  for await (const state of states) {
    const isNews = state !== undefined && state.text !== told;
    if (!isNews && performance.now() - toldMs < HEARTBEAT_MS) continue;
    yield isNews ? `event: ${state.isEnd ? 'end' : 'progress'}\ndata: ${state.text}\n\n` : ': no change\n\n';
    if (isNews) told = state.text;
    toldMs = performance.now();
  }
}

/** Follows tasks: each is looked at once a second, and its end wakes its followers. */
export const createTaskEvents = (needs: Needs): TaskEvents => {
  const closing = new AbortController();
  const places = createPlaces(MAX_PER_OWNER);
  const logFault = createFaultLog(needs.log, 'task cannot be followed');
  // An async generator that waits cannot be ended from outside, so it must hear that its reader is gone.
  const stoppingWith = (gone: AbortSignal) => AbortSignal.any([closing.signal, gone]);

  /** Waits for a place. An ended task needs none. */
  async function* statesInPlace({ owner, task: first, stopping }: Followed) {
    let task = first;
    let release = places.enter(owner.id);
    while (!release && !task.finishedAt) {
      const waited = await needs.waitingRoom.wait(task.id, LOOK_EVERY_MS, stopping);
      if (waited === 'closing' || waited === 'gone') return;
      if (waited !== 'timeout') task = waited;
      release = places.enter(owner.id);
    }
    try {
      for await (const state of statesOf(needs, { owner, task, stopping }, logFault)) if (state) yield state;
    } finally {
      release?.();
    }
  }

  return {
    follow: async (owner, taskUUID, gone) => {
      if (!isUuid(taskUUID))
        throw new TaskError('invalidTaskUUID', "'taskUUID' must be a UUID.", { parameter: 'taskUUID' });
      requireScope(owner, 'read');
      const task = await needs.polls.requireTask(owner, taskUUID);
      const release = places.enter(owner.id);
      if (!release) throw tooMany();
      const followed = { owner, task, stopping: stoppingWith(gone) };
      return Readable.from(textOf(statesOf(needs, followed, logFault))).once('close', release);
    },
    states: (owner, task, gone) => statesInPlace({ owner, task, stopping: stoppingWith(gone) }),
    close: () => closing.abort(),
  };
};
