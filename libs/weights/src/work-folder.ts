import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readResume } from './http/partial.js';
import { absentAsUndefined, codeOf } from './weights-error.js';

/** Longer than npm stays silent on a dead connection before it gives up. */
const idleMs = 15 * 60 * 1000;

/** How long a download that broke off waits for the run that goes on with it. */
const keepMs = 7 * 24 * 60 * 60 * 1000;

const host = hostname().replace(/[^\w.-]/g, '_');
const isWorkFolder = (name: string): boolean => /^\.(fetch|resume)-/.test(name);
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

const resumePath = (modelsDir: string, key: string): string => join(modelsDir, `.resume-${key}`);

/** Keeps a folder whose download can go on; one that is kept already was there first. */
const setAside = async (folder: string, modelsDir: string): Promise<void> => {
  const resume = await readResume(folder);
  if (!resume) return remove(folder);
  try {
    await rename(folder, resumePath(modelsDir, resume.key));
  } catch {
    await remove(folder);
  }
};

const tidy = async (modelsDir: string, name: string): Promise<void> => {
  const folder = join(modelsDir, name);
  const { changedMs } = await usageOf(folder);
  if (name.startsWith('.resume-')) return Date.now() - changedMs > keepMs ? remove(folder) : undefined;

  const owner = ownName.exec(name)?.groups;
  if (owner && isAbandoned({ pid: Number(owner['pid']), host: owner['host'] ?? '' }, changedMs))
    await setAside(folder, modelsDir);
};

/**
 * Removes what killed runs left in the models folder, and nothing of runs that still work. Downloads that can
 * go on are set aside for a week.
 */
export const sweepWorkFolders = async (modelsDir: string, note: (line: string) => void): Promise<void> => {
  const names = (await readdir(modelsDir).catch(absentAsUndefined)) ?? [];
  for (const name of names.filter(isWorkFolder)) {
    try {
      await tidy(modelsDir, name);
    } catch (error) {
      // Rubbish that stays, say another user's, is no reason to do without a model that is there.
      note(`The leftover ${join(modelsDir, name)} could not be removed (${codeOf(error)}).`);
    }
  }
};

/** A folder of our own inside the models folder: the one that was set aside under the key, else a fresh one. */
const takeFolder = async (modelsDir: string, key: string): Promise<string> => {
  await mkdir(modelsDir, { recursive: true });
  const folder = join(modelsDir, `.fetch-${process.pid}@${host}-${randomBytes(3).toString('hex')}`);
  try {
    // Of several that want it, one gets it.
    await rename(resumePath(modelsDir, key), folder);
  } catch (error) {
    absentAsUndefined(error);
    await mkdir(folder);
  }
  return folder;
};

/**
 * Runs `use` with a folder inside the models folder, hence on the same disk: what is ready moves to its final
 * name in one step, and everything else goes with the folder, unless `isResumable` says of the error that the
 * next run under the key can go on with it.
 */
export const withWorkFolder = async <T>(
  modelsDir: string,
  key: string,
  use: (folder: string) => Promise<T>,
  isResumable: (error: unknown) => boolean = () => false,
): Promise<T> => {
  const folder = await takeFolder(modelsDir, key);
  try {
    const result = await use(folder);
    await remove(folder);
    return result;
  } catch (error) {
    await (isResumable(error) ? setAside(folder, modelsDir) : remove(folder));
    throw error;
  }
};

/** Forgets a download that was set aside. */
export const forgetResumable = (modelsDir: string, key: string): Promise<void> =>
  remove(resumePath(modelsDir, key));
