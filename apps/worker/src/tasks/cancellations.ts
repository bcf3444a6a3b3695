import { TaskError } from '#contract';
import { endingProblems, findCancelRequests, type Database } from '#database';

/** Tells tasks in hand that they were cancelled. */
export type Cancellations = {
  /**
   * Calls back, at most once, when the task is to be given up.
   * @returns ends the watch
   */
  readonly watch: (taskId: string, onCancelled: (error: TaskError) => void) => () => void;
};

const LOOK_EVERY_MS = 1_000;

/** The end of a cancelled task. */
export const cancelledError = (): TaskError => {
  const { code, message, details } = endingProblems.cancelled;
  return new TaskError(code, message, details);
};

type Needs = {
  readonly database: Database;
  readonly onError: (error: unknown) => void;
  readonly lookEveryMs?: number;
};

/** Looks once a second, by one query for all tasks in hand, and not while there are none. */
export const createCancellations = ({
  database,
  onError,
  lookEveryMs = LOOK_EVERY_MS,
}: Needs): Cancellations => {
  const inHand = new Map<string, (error: TaskError) => void>();
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    if (inHand.size === 0) return;
    const ids = await findCancelRequests(database, [...inHand.keys()]).catch((error: unknown) => {
      onError(error);
      return [];
    });
    for (const id of ids) inHand.get(id)?.(cancelledError());
  };
  const plan = () => {
    timer = setTimeout(() => {
      void look().finally(() => {
        timer = undefined;
        if (inHand.size > 0) plan();
      });
    }, lookEveryMs).unref();
  };

  return {
    watch: (taskId, onCancelled) => {
      inHand.set(taskId, onCancelled);
      if (timer === undefined) plan();
      return () => void (inHand.get(taskId) === onCancelled && inHand.delete(taskId));
    },
  };
};
