import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { absentAsUndefined, codeOf } from './weights-error.js';

/** Longer than npm stays silent on a dead connection before it gives up. */
const idleMs = 15 * 60 * 1000;

const host = hostname().replace(/[^\w.-]/g, '_');
const ownName = /^\.fetch-(?<pid>\d+)@(?<host>.+)-\w{6}$/;

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });

/** Total bytes and last change of a folder that another process is writing to. */
export const usageOf = async (folder: string): Promise<{ bytes: number; changedMs: number }> => {
  const names = (await readdir(folder, { recursive: true }).catch(absentAsUndefined)) ?? [];
  const found = await Promise.all(
    ['.', ...names].map((name) => stat(join(folder, name)).catch(absentAsUndefined)),
  );
  const present = found.filter((entry) => entry !== undefined);

  return {
    bytes: present.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0),
    changedMs: present.reduce((latest, entry) => Math.max(latest, entry.mtimeMs), 0),
  };
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

/**
 * Whether the run that made the folder is over. A process id means something on its own host only, and comes
 * back after a restart of a container; a folder that nobody writes to is left behind wherever it came from.
 */
const isAbandoned = (owner: { pid: number; host: string }, changedMs: number): boolean => {
  if (Date.now() - changedMs > idleMs) return true;
  if (owner.host !== host) return false;
  if (owner.pid === process.pid) return changedMs < Date.now() - process.uptime() * 1000;

  return !isAlive(owner.pid);
};

/** Removes what killed runs left in the models folder, and nothing of runs that still work. */
export const sweepWorkFolders = async (modelsDir: string, note: (line: string) => void): Promise<void> => {
  const names = (await readdir(modelsDir).catch(absentAsUndefined)) ?? [];
  for (const name of names) {
    const owner = ownName.exec(name)?.groups;
    if (!owner) continue;

    const folder = join(modelsDir, name);
    try {
      const { changedMs } = await usageOf(folder);
      if (isAbandoned({ pid: Number(owner['pid']), host: owner['host'] ?? '' }, changedMs))
        await remove(folder);
    } catch (error) {
      // Rubbish that stays, say another user's, is no reason to do without a model that is there.
      note(`The leftover ${folder} could not be removed (${codeOf(error)}).`);
    }
  }
};

/**
 * Runs `use` with a fresh folder inside the models folder, hence on the same disk: what is ready moves to its
 * final name in one step, and everything else goes with the folder.
 */
export const withWorkFolder = async <T>(
  modelsDir: string,
  use: (folder: string) => Promise<T>,
): Promise<T> => {
  await mkdir(modelsDir, { recursive: true });
  const folder = await mkdtemp(join(modelsDir, `.fetch-${process.pid}@${host}-`));
  try {
    return await use(folder);
  } finally {
    await remove(folder);
  }
};
