import {
  claimTask,
  isDatabaseOutage,
  isSuspect,
  postponeTask,
  releaseTask,
  type Claim,
  type Database,
  type ClaimedTask,
  type TaskStage,
} from '#database';

/** The claims of this worker on tasks. */
export type Claims = {
  /**
   * Resolves with undefined when the task has ended, is at another stage or in another's hand, and with `suspect` when it
   * may be taken only while nothing else is in hand.
   */
  readonly take: (
    taskId: string,
    stage: TaskStage,
    isAlone: boolean,
  ) => Promise<ClaimedTask | 'suspect' | undefined>;
  /** While the database is away, the release waits for the next `take`, so that the task never counts as stalled. */
  readonly giveBack: (claim: Claim) => Promise<void>;
  /** Lets the task wait in Postgres. Resolves with false while the database is away. */
  readonly postpone: (claim: Claim, ms: number) => Promise<boolean>;
};

/** @param workerId names this process in its claims */
export const createClaims = (database: Database, workerId: string): Claims => {
  const unreleased = new Map<string, Claim>();

  const releaseAll = async () => {
    for (const [taskId, claim] of unreleased) {
      await releaseTask(database, claim);
      unreleased.delete(taskId);
    }
  };

  return {
    take: async (taskId, stage, isAlone) => {
      await releaseAll();
      const task = await claimTask(database, taskId, stage, { workerId, isAlone });
      if (task || isAlone) return task;
      return (await isSuspect(database, taskId)) ? 'suspect' : undefined;
    },
    postpone: async (claim, ms) => {
      try {
        await postponeTask(database, claim, ms);
        return true;
      } catch (error) {
        if (isDatabaseOutage(error)) return false;
        throw error;
      }
    },
    giveBack: async (claim) => {
      unreleased.set(claim.id, claim);
      try {
        await releaseAll();
      } catch (error) {
        if (!isDatabaseOutage(error)) throw error;
      }
    },
  };
};
