import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { partialBytes, readResume } from './http/partial.js';
import { absentAsUndefined, codeOf } from './weights-error.js';

/** A run touches its folder every `beatMs`. After `silentMs` without a touch it counts as dead. */
const beatMs = 30 * 1000;
const silentMs = 15 * 60 * 1000;

/** How long an interrupted download is kept for the next run. */
const keepMs = 7 * 24 * 60 * 60 * 1000;

/** The namespace of our process id: a container may have the host's name and other processes. */
const processSpace = (): string => {
  try {
    return `-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    // Other systems than Linux have no namespaces.
    return '';
  }
};
export const host = `${hostname()}${processSpace()}`.replace(/[^\w.-]/g, '_');

/** Work folders of this process. */
const inUse = new Set<string>();

const isWorkFolder = (name: string): boolean => /^\.(fetch|resume)-/.test(name);
const ownName = /^\.fetch-(?<pid>\d+)@(?<host>.+)-\w{6}$/;

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });

/** The size and last change of a folder, to which another process may write meanwhile. */
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
 * The state of the run that made a folder. A live run, even a suspended one, is never disturbed. The time limit is for
 * reused process ids, which would keep a folder for ever. For another host's run only the date is known.
 */
const stateOf = (owner: Owner, changedMs: number): 'works' | 'over' | 'silent' => {
  const silent = Date.now() - changedMs;
  if (owner.host !== host) return silent > silentMs ? 'silent' : 'works';
  if (owner.pid === process.pid) return inUse.has(owner.name) ? 'works' : 'over';
  if (!isAlive(owner.pid)) return 'over';
  return silent > keepMs ? 'silent' : 'works';
};

const resumePath = (modelsDir: string, key: string): string => join(modelsDir, `.resume-${key}`);

/** Keeps a folder whose download can continue, unless one is kept already. */
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
  // A silent run may wake up and write, so no other run may continue its file.
  if (state === 'silent') await remove(folder);
};

/**
 * Removes the folders of killed runs from the models folder. Downloads that can continue are kept for a week. Live runs
 * keep their folders.
 */
export const sweepWorkFolders = async (modelsDir: string, note: (line: string) => void): Promise<void> => {
  const names = (await readdir(modelsDir).catch(absentAsUndefined)) ?? [];
  for (const name of names.filter(isWorkFolder)) {
    try {
      await tidy(modelsDir, name);
    } catch (error) {
      // A leftover, say of another user, must not keep an installed model from being used.
      note(`The leftover ${join(modelsDir, name)} could not be removed (${codeOf(error)}).`);
    }
  }
};

const touch = async (folder: string): Promise<void> => {
  const now = new Date();
  await utimes(folder, now, now);
};

/** Takes the kept folder of the key, or makes a new one in the models folder. */
const takeFolder = async (modelsDir: string, key: string): Promise<string> => {
  await mkdir(modelsDir, { recursive: true });
  const folder = join(modelsDir, `.fetch-${process.pid}@${host}-${randomBytes(3).toString('hex')}`);
  inUse.add(basename(folder));
  try {
    await touch(resumePath(modelsDir, key));
    // Only one of several runs succeeds.
    await rename(resumePath(modelsDir, key), folder);
  } catch (error) {
    absentAsUndefined(error);
    await mkdir(folder);
  }
  return folder;
};

/** Touches the folder regularly, as a live run may write nothing for long. A missing folder fails elsewhere. */
const startHeartbeat = (folder: string): NodeJS.Timeout =>
  setInterval(() => void touch(folder).catch(() => undefined), beatMs).unref();

/**
 * Runs `use` with a folder inside the models folder. Being on the same disk, finished files move to their final name in
 * one step. The folder is removed afterwards. After an error that `isResumable` accepts it is kept for the next run
 * under the key.
 */
export const withWorkFolder = async <T>(
  modelsDir: string,
  key: string,
  use: (folder: string) => Promise<T>,
  isResumable: (error: unknown) => boolean = () => false,
): Promise<T> => {
  const folder = await takeFolder(modelsDir, key);
  const heartbeat = startHeartbeat(folder);
  try {
    const result = await use(folder);
    await remove(folder);
    return result;
  } catch (error) {
    await (isResumable(error) ? setAside(folder, modelsDir) : remove(folder));
    throw error;
  } finally {
    clearInterval(heartbeat);
    inUse.delete(basename(folder));
  }
};

/** Bytes of a kept download. */
export const asideBytes = (modelsDir: string, key: string): Promise<number> =>
  partialBytes(resumePath(modelsDir, key));

/** Removes a kept download. */
export const forgetResumable = (modelsDir: string, key: string): Promise<void> =>
  remove(resumePath(modelsDir, key));
