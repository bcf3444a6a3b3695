import type { ServiceConfig } from '#config';
import { isUuid, TaskError, toFailure, type Outcome, type Reply, type WebhookForm } from '#contract';
import { routingOfTask, type FoundTask, type Owner } from '#database';
import { token } from '#nest';
import type { Intake } from '../tasks/intake.js';
import { noSuchTask, type Polls } from '../tasks/polls.js';
import type { Progress, ReadProgress } from '../tasks/progress.js';
import { requireScope } from '../tasks/scopes.js';
import type { WaitingRoom } from '../tasks/waiting-room.js';

/** A task that a door submitted, or why it was not taken. */
export type Submitted =
  | { readonly kind: 'task'; readonly task: FoundTask; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly reply: Reply & { readonly headers: Record<string, string> } };

/** Asynchronous tasks for the doors of services that have a queue. */
export type DoorTasks = {
  /** @param webhookForm how the body of its webhook looks */
  readonly submit: (
    owner: Owner,
    task: Readonly<Record<string, unknown>> & { readonly taskUUID: string },
    webhookForm?: WebhookForm,
  ) => Promise<Submitted>;
  /** @throws TaskError permissionDenied, taskNotFound */
  readonly find: (owner: Owner, id: string) => Promise<FoundTask>;
  /** The task when it has ended, or as it is after the time. */
  readonly wait: (owner: Owner, task: FoundTask, timeoutMs: number, gone: AbortSignal) => Promise<FoundTask>;
  /** What a task that has not ended is doing. */
  readonly standingOf: (task: FoundTask) => Promise<Progress>;
  /** How an ended task ended; undefined before. */
  readonly outcomeOf: (task: FoundTask) => Promise<Outcome | undefined>;
  /** @throws TaskError permissionDenied, taskNotFound */
  readonly cancel: (owner: Owner, id: string) => Promise<FoundTask>;
};

export const DOOR_TASKS = token<DoorTasks>('door tasks');

type Needs = {
  readonly config: Pick<ServiceConfig, 'SYNC_TIMEOUT_S'>;
  readonly intake: Intake;
  readonly polls: Pick<Polls, 'requireTask' | 'answerRow'>;
  readonly readProgress: ReadProgress;
  readonly waitingRoom: Pick<WaitingRoom, 'wait'>;
};

const find = async ({ polls }: Needs, owner: Owner, id: string): Promise<FoundTask> => {
  requireScope(owner, 'read');
  const uuid: unknown = id;
  if (!isUuid(uuid)) throw noSuchTask(id.slice(0, 100));
  return polls.requireTask(owner, uuid);
};

const outcomeOf = async ({ polls }: Needs, task: FoundTask): Promise<Outcome | undefined> => {
  if (!task.finishedAt) return undefined;
  try {
    return await polls.answerRow(task);
  } catch (error) {
    if (error instanceof TaskError) return toFailure(error, routingOfTask(task));
    throw error;
  }
};

export const createDoorTasks = (needs: Needs): DoorTasks => {
  const { config, intake, polls, readProgress, waitingRoom } = needs;
  return {
    submit: async (owner, task, webhookForm) => {
      const asked = { ...task, taskType: 'removeBackground', deliveryMethod: 'async' };
      const reply = await intake([asked], { owner, isDryRun: false, ...(webhookForm && { webhookForm }) });
      if (!reply.body.data) return { kind: 'refused', reply };
      return { kind: 'task', task: await polls.requireTask(owner, task.taskUUID), headers: reply.headers };
    },
    find: (owner, id) => find(needs, owner, id),
    wait: async (owner, task, timeoutMs, gone) => {
      if (task.finishedAt) return task;
      await waitingRoom.wait(task.id, Math.min(timeoutMs, config.SYNC_TIMEOUT_S * 1000), gone);
      return polls.requireTask(owner, task.taskUuidSent);
    },
    standingOf: readProgress,
    outcomeOf: (task) => outcomeOf(needs, task),
    cancel: async (owner, id) => {
      requireScope(owner, 'run');
      const { taskUuidSent: taskUUID } = await find(needs, owner, id);
      const { body } = await intake([{ taskType: 'cancelTask', taskUUID }], { owner, isDryRun: false });
      const [error] = body.errors ?? [];
      if (error) throw new TaskError(error.code, error.message);
      return find(needs, owner, id);
    },
  };
};
