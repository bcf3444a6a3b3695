import { expireImages, type Database } from '#database';
import type { Storage } from '#storage';
import type { Logger } from '#telemetry';

const BATCH = 50;

type Edges = { readonly database: Database; readonly storage: Pick<Storage, 'remove'>; readonly log: Logger };

/** Deletes every image whose time is over. One whose bytes cannot be deleted is tried again the next time. */
export const expire = async ({ database, storage, log }: Edges): Promise<void> => {
  for (;;) {
    const { deleted, failures } = await expireImages(database, storage.remove, BATCH);
    if (deleted > 0) log.info({ deleted }, 'expired images deleted');
    for (const err of failures) log.error({ err }, 'an expired image cannot be deleted');
    if (deleted < BATCH) return;
  }
};
