import type { Config } from '#config';
import { findRunningPostgres, hasCluster, startEmbeddedPostgres } from '#embedded-postgres';
import { isLocked, lockDataDir } from '../start/data-lock.js';
import { BackupError } from './backup-error.js';

export type Server = { readonly url: string; readonly stop: () => Promise<void> };

/**
 * The server of the running npm start, or one for this command alone.
 * @throws BackupError when there are no data; StartError while another start uses them
 */
export const openServer = async (
  { DATA_DIR }: Pick<Config, 'DATA_DIR'>,
  signal: AbortSignal,
): Promise<Server> => {
  const running = findRunningPostgres(DATA_DIR);
  // Without its supervisor a server is about to end.
  if (running !== undefined && isLocked(DATA_DIR)) return { url: running, stop: async () => {} };
  if (!hasCluster(DATA_DIR)) throw new BackupError(`There are no data in ${DATA_DIR}: set DATA_DIR.`);

  const lock = await lockDataDir(DATA_DIR, signal);
  try {
    const log = (line: string) => void process.stderr.write(`${line}\n`);
    const { url, stop } = await startEmbeddedPostgres({ dataDir: DATA_DIR, log });
    return { url, stop: () => stop().finally(lock.release) };
  } catch (error) {
    lock.release();
    throw error;
  }
};
