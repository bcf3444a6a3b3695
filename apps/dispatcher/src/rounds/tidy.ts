import {
  forgetClaimants,
  forgetFailedAddresses,
  forgetSessions,
  forgetSilentWorkers,
  type Database,
} from '#database';

/** Deletes rows and addresses that are no longer needed. */
export const tidy = async (database: Database): Promise<void> => {
  await forgetSilentWorkers(database);
  await forgetClaimants(database);
  await forgetSessions(database);
  await forgetFailedAddresses(database);
};
