import { randomUUID } from 'node:crypto';
import { removalTypes, routingOf, type Outcome } from '#contract';
import type { SessionItem } from '#database';
import { isUuid } from './open-session.js';

type NewItem = Omit<SessionItem, 'position'>;

/** The tasks that a client may have to be told of again; the others it just asks once more. */
const replayed: ReadonlySet<string> = new Set([...removalTypes, 'imageUpload', 'mediaStorage']);

const isAsync = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && 'deliveryMethod' in raw && raw.deliveryMethod === 'async';

/** The row that keeps a task until the client has its end; none for a poll and the like. */
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

/** Whether this answer to a task is its last; an acknowledgement is not. */
export const isEndOfTask = ({ isAsync }: Pick<NewItem, 'isAsync'>, outcome: Outcome): boolean =>
  !isAsync || 'error' in outcome;

/** Whether this answer to a poll tells of the task's end. */
export const isEndInPoll = (outcome: Outcome): boolean =>
  'result' in outcome
    ? 'status' in outcome.result && outcome.result.status === 'success'
    : outcome.error.status === 'error';

/** Whether an end has to be kept as it was sent: no row tells of a refusal, or of a deletion. */
export const mustBeKept = (outcome: Outcome): boolean =>
  'result' in outcome ? outcome.result.taskType === 'mediaStorage' : outcome.status < 500;
