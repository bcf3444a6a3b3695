import { foldUsage, type Database } from '#database';

const BATCH = 5_000;

/** Counts what ended tasks came to into days, batch by batch until stopped. */
export const createUsageFold =
  ({ database }: { readonly database: Database }) =>
  async (stopping?: AbortSignal): Promise<void> => {
    while ((await foldUsage(database, BATCH)) === BATCH && !stopping?.aborted);
  };
