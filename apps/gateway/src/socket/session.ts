import { randomUUID } from 'node:crypto';
import type { FailedTries } from '#callers';
import type { ServiceConfig } from '#config';
import { isUuid, removalTypes, routingOf, TaskError, type Outcome, type Routing } from '#contract';
import {
  createSession,
  findSessionItems,
  hashKey,
  resumeSession,
  type Database,
  type Owner,
  type SessionItem,
} from '#database';
import type { Logger } from '#telemetry';
import type { AnswerTasks } from '../tasks/answer-tasks.js';
import { authenticate, type Entrance } from '../tasks/authenticate.js';
import type { ReadOutcome } from '../tasks/read-outcome.js';
import type { TaskEvents } from '../tasks/task-events.js';
import type { WaitingRoom } from '../tasks/waiting-room.js';
import type { IntakeMemory } from '../door/intake-memory.js';
import type { Spool } from '../door/spool.js';
import type { Background } from './background.js';

/** Dependencies of every session. */
export type SessionNeeds = {
  readonly answerTasks: AnswerTasks;
  readonly background: Background;
  readonly config: Pick<ServiceConfig, 'MAX_TASKS_PER_REQUEST' | 'PUBLIC_URL' | 'SYNC_TIMEOUT_S'>;
  readonly database: Database;
  readonly memory: IntakeMemory;
  readonly spool: Spool;
  readonly tries: FailedTries;
  readonly readOutcome: ReadOutcome;
  readonly taskEvents: Pick<TaskEvents, 'states'>;
  readonly waitingRoom: Pick<WaitingRoom, 'wait'>;
  readonly log: Logger;
  /** Logs why clients cannot authenticate, not each time. */
  readonly logRefusal: (error: unknown) => void;
};

/** An open session, with the answers that an earlier connection did not confirm. */
export type Opened = {
  readonly owner: Owner;
  /** Of the key, to see later whether it still works. */
  readonly keyHash: string;
  readonly sessionId: string;
  readonly items: readonly SessionItem[];
};

const takeUp = async (
  database: Database,
  owner: Owner,
  wanted: unknown,
): Promise<Omit<Opened, 'owner' | 'keyHash'>> => {
  if (isUuid(wanted) && (await resumeSession(database, wanted, owner.id))) {
    return { sessionId: wanted, items: await findSessionItems(database, wanted) };
  }
  const sessionId = randomUUID();
  await createSession(database, sessionId, owner.id);
  return { sessionId, items: [] };
};

/**
 * Resumes the session that an authentication task names, or opens a new one.
 *
 * @throws TaskError serviceUnavailable when the database is away; any other is a refusal
 */
export const openSession = async (
  entrance: Entrance,
  task: { readonly connectionSessionUUID?: unknown; readonly apiKey?: unknown },
): Promise<Opened> => {
  const owner = await authenticate(entrance, {}, task);
  try {
    return {
      owner,
      keyHash: hashKey(String(task.apiKey)),
      ...(await takeUp(entrance.database, owner, task.connectionSessionUUID)),
    };
  } catch (cause) {
    throw new TaskError('serviceUnavailable', 'Sessions cannot be opened right now.', {}, { cause });
  }
};

/** A task of a session, before it is stored. */
export type NewItem = Omit<SessionItem, 'position'>;

export const routingOfItem = ({ taskType, taskUuidSent }: NewItem): Routing => ({
  taskType,
  taskUUID: taskUuidSent,
});

/** Task types whose answers are kept. A client simply repeats the others. */
const replayed: ReadonlySet<string> = new Set([...removalTypes, 'imageUpload', 'mediaStorage']);

const isAsync = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && 'deliveryMethod' in raw && raw.deliveryMethod === 'async';

/** The row that keeps a task until the client has its answer; undefined for polls and pings. */
export const toItem = (raw: unknown, sessionId: string): NewItem | undefined => {
  const { taskType, taskUUID } = routingOf(raw);
  if (!taskType || !replayed.has(taskType) || !isUuid(taskUUID)) return undefined;
  return {
    id: randomUUID(),
    sessionId,
    taskType,
    taskUuidSent: taskUUID,
    isAsync: isAsync(raw),
    frame: null,
  };
};

/** Whether this is the last answer to a task. An acknowledgement is not. */
export const isEndOfTask = ({ isAsync }: Pick<NewItem, 'isAsync'>, outcome: Outcome): boolean =>
  !isAsync || 'error' in outcome;

/** Whether the answer to a poll says that the task ended. */
export const isEndInPoll = (outcome: Outcome): boolean =>
  'result' in outcome
    ? 'status' in outcome.result && outcome.result.status === 'success'
    : outcome.error.status === 'error';

/** Whether the frame itself must be kept, because no task row can recreate it. */
export const mustBeKept = (outcome: Outcome): boolean =>
  'result' in outcome ? outcome.result.taskType === 'mediaStorage' : outcome.status < 500;
