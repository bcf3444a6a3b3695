import { claimTask, isDatabaseOutage, releaseTask, type Claim, type Database, type TaskRow } from '#database';

/** This worker's holds on tasks. */
export type Claims = {
  readonly take: (taskId: string) => Promise<TaskRow | undefined>;
  /** While the database is away, it is done before the next claim: nobody takes the task for one that stalled. */
  readonly giveBack: (claim: Claim) => Promise<void>;
};

export const createClaims = (database: Database): Claims => {
  const owed = new Map<string, Claim>();

  const settle = async () => {
    for (const [taskId, claim] of owed) {
      await releaseTask(database, claim);
      owed.delete(taskId);
    }
  };

  return {
    take: async (taskId) => {
      await settle();
      return claimTask(database, taskId);
    },
    giveBack: async (claim) => {
      owed.set(claim.id, claim);
      try {
        await settle();
      } catch (error) {
        if (!isDatabaseOutage(error)) throw error;
      }
    },
  };
};
