import { forgetFailedAddresses, forgetSessions, forgetSilentWorkers, type Database } from '#database';

/** Deletes rows and addresses that nobody asks for any more. */
export const tidy = async (database: Database): Promise<void> => {
  await forgetSilentWorkers(database);
  await forgetSessions(database);
  await forgetFailedAddresses(database);
};
