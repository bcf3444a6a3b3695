import type { Outcome, TaskOf, TaskType, WebhookForm } from '#contract';
import type { Owner, TaskRow } from '#database';
import { token } from '#nest';
import { createOwnerPlaces } from './owner-places.js';
import type { SentTask } from './sent-task.js';

/** A stored task whose caller asked for reports. */
export type Reported = { readonly task: TaskRow; readonly isAsync: boolean };

/** The connection of a caller. */
export type Caller = {
  /** Aborts when it closed; absent where a caller may come back. */
  readonly gone?: AbortSignal | undefined;
  /** Reports on a task; absent where answers cannot be preceded by reports. */
  readonly report?: ((reported: Reported) => void) | undefined;
  /** Whether a model that no worker serves is waited for. */
  readonly isPatient?: boolean | undefined;
  /** How the body of a webhook looks; as those of our own API unless given. */
  readonly webhookForm?: WebhookForm | undefined;
};

/** Gets the validated task, and the task as it came. */
type Handle<T extends TaskType> = (
  owner: Owner,
  task: TaskOf<T>,
  sent: SentTask,
  caller?: Caller,
) => Promise<Outcome>;

export type Handler<T extends TaskType> = {
  readonly run: Handle<T>;
  /** What a dry run does instead: it validates and prices, and has no effect. */
  readonly dryRun: Handle<T>;
};
export type Handlers = { readonly [T in TaskType]: Handler<T> };

/** The handler of each taskType. */
export const HANDLERS = token<Handlers>('task handlers');

/** A task without an effect is handled alike in a dry run. */
const withoutEffect = <T extends TaskType>(run: Handle<T>): Handler<T> => ({ run, dryRun: run });

/** Fewer than the database's connections, so that keys are looked up and tasks accepted meanwhile. */
const PLACES = { inAll: 4, perOwner: 2 } as const;

type Needs = {
  readonly removal: Handler<'removeBackground' | 'imageBackgroundRemoval' | 'removeImageBackground'>;
  readonly uploads: Pick<Handlers, 'imageUpload' | 'mediaStorage'>;
  readonly polls: {
    readonly getResponse: Handle<'getResponse'>;
    readonly getTaskDetails: Handle<'getTaskDetails'>;
  };
  readonly account: Handle<'accountManagement'>;
  readonly cancelTask: Handler<'cancelTask'>;
  readonly listTasks: Handle<'listTasks'>;
  readonly webhooks: { readonly listWebhooks: Handle<'listWebhooks'> } & Pick<Handlers, 'replayWebhooks'>;
};

export const createHandlers = ({
  removal,
  uploads,
  polls,
  account,
  cancelTask,
  listTasks,
  webhooks,
}: Needs): Handlers => {
  const places = createOwnerPlaces(PLACES.inAll, PLACES.perOwner);
  const inPlace =
    <T extends TaskType>(handle: Handle<T>): Handle<T> =>
    (owner, ...rest) =>
      places(owner.id, () => handle(owner, ...rest));
  return {
    authentication: withoutEffect(async () => ({ result: { taskType: 'authentication' } })),
    ping: withoutEffect(async () => ({ result: { taskType: 'ping', pong: true } })),
    imageUpload: uploads.imageUpload,
    mediaStorage: uploads.mediaStorage,
    removeBackground: removal,
    imageBackgroundRemoval: removal,
    removeImageBackground: removal,
    getResponse: withoutEffect(polls.getResponse),
    getTaskDetails: withoutEffect(inPlace(polls.getTaskDetails)),
    accountManagement: withoutEffect(inPlace(account)),
    cancelTask: { ...cancelTask, run: inPlace(cancelTask.run) },
    listTasks: withoutEffect(inPlace(listTasks)),
    listWebhooks: withoutEffect(inPlace(webhooks.listWebhooks)),
    replayWebhooks: { ...webhooks.replayWebhooks, run: inPlace(webhooks.replayWebhooks.run) },
  };
};
