import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { partialBytes, readResume } from './http/partial.js';
import { absentAsUndefined, codeOf } from './weights-error.js';

/** How often a run says that it still works, by the date of its folder; and the silence that says the contrary. */
const beatMs = 30 * 1000;
const silentMs = 15 * 60 * 1000;

/** How long a download that broke off waits for the run that goes on with it. */
const keepMs = 7 * 24 * 60 * 60 * 1000;

/** Where our process id means our process: a container may share the host's name, and not its processes. */
const processSpace = (): string => {
  try {
    return `-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    // Only Linux has them.
    return '';
  }
};
export const host = `${hostname()}${processSpace()}`.replace(/[^\w.-]/g, '_');

/** Of this very process. */
const inUse = new Set<string>();

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

type Owner = { readonly name: string; readonly pid: number; readonly host: string };

/**
 * What is known of the run that made a folder. One that lives is never disturbed, be it suspended; only a process
 * id that was given to somebody else would keep a folder for ever. Of another host's only the date tells.
 */
const stateOf = (owner: Owner, changedMs: number): 'works' | 'over' | 'silent' => {
  const silent = Date.now() - changedMs;
  if (owner.host !== host) return silent > silentMs ? 'silent' : 'works';
  if (owner.pid === process.pid) return inUse.has(owner.name) ? 'works' : 'over';
  if (!isAlive(owner.pid)) return 'over';
  return silent > keepMs ? 'silent' : 'works';
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
  if (!owner) return;
  const state = stateOf({ name, pid: Number(owner['pid']), host: owner['host'] ?? '' }, changedMs);
  if (state === 'over') await setAside(folder, modelsDir);
  // Whoever is only silent may wake and write on, so that nobody else may go on with the same file.
  if (state === 'silent') await remove(folder);
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

const touch = async (folder: string): Promise<void> => {
  const now = new Date();
  await utimes(folder, now, now);
};

/** A folder of our own inside the models folder: the one that was set aside under the key, else a fresh one. */
const takeFolder = async (modelsDir: string, key: string): Promise<string> => {
  await mkdir(modelsDir, { recursive: true });
  const folder = join(modelsDir, `.fetch-${process.pid}@${host}-${randomBytes(3).toString('hex')}`);
  inUse.add(basename(folder));
  try {
    await touch(resumePath(modelsDir, key));
    // Of several that want it, one gets it.
    await rename(resumePath(modelsDir, key), folder);
  } catch (error) {
    absentAsUndefined(error);
    await mkdir(folder);
  }
  return folder;
};

/** Says by the folder's date that we work, however long nothing is written; a folder that is gone says it itself. */
const keepFresh = (folder: string): NodeJS.Timeout =>
  setInterval(() => void touch(folder).catch(() => undefined), beatMs).unref();

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
  const heart = keepFresh(folder);
  try {
    const result = await use(folder);
    await remove(folder);
    return result;
  } catch (error) {
    await (isResumable(error) ? setAside(folder, modelsDir) : remove(folder));
    throw error;
  } finally {
    clearInterval(heart);
    inUse.delete(basename(folder));
  }
};

/** Bytes of a download that was set aside. */
export const asideBytes = (modelsDir: string, key: string): Promise<number> =>
  partialBytes(resumePath(modelsDir, key));

/** Forgets a download that was set aside. */
export const forgetResumable = (modelsDir: string, key: string): Promise<void> =>
  remove(resumePath(modelsDir, key));
