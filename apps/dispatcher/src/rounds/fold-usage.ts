import { foldUsage, type Database } from '#database';

const BATCH = 5_000;

/** Counts what ended tasks came to into days, batch by batch until stopped. */
export const createUsageFold =
  ({ database }: { readonly database: Database }) =>
  async (stopping?: AbortSignal): Promise<void> => {
    for (;;) {
      const counted = await foldUsage(database, BATCH);
      if (counted < BATCH || stopping?.aborted) return;
    }
  };
