import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError, unusable } from './start-error.js';

const FILE = 'clearcut.pid';

/** A process's start time in ticks since boot; undefined when it is unknown. */
const startTimeOf = (pid: number): string | undefined => {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  // The program's name in parentheses may contain spaces. In proc(5), the state after it is field 3.
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return /[ZX]/.test(state) ? undefined : fields[18];
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

type Holder = { readonly pid: number; readonly startTime: string | undefined; readonly isStopping: boolean };

const holderOf = (path: string): Holder | undefined => {
  if (!existsSync(path)) return undefined;
  const [, pid, startTime, stopping] =
    /^(\d+)(?: (\d+))?\n(stopping)?/.exec(readFileSync(path, 'utf8')) ?? [];
  return pid ? { pid: Number(pid), startTime, isStopping: stopping !== undefined } : undefined;
};

/** Whether the writer of the file still runs. Process ids are reused, so the start time must match too. */
const isRunning = ({ pid, startTime }: Holder): boolean =>
  pid !== process.pid && isAlive(pid) && (startTime === undefined || startTimeOf(pid) === startTime);

/** Whether another process, a running supervisor, holds the folder. */
export const isLocked = (dataDir: string): boolean => {
  const holder = holderOf(join(dataDir, FILE));
  return holder !== undefined && isRunning(holder);
};

type DataLock = {
  /** The previous run was killed, and its programs may still be ending. */
  readonly isInherited: boolean;
  /** Makes the next start wait for our end instead of failing. */
  readonly markStopping: () => void;
  readonly release: () => void;
};

const take = (path: string): DataLock => {
  const isInherited = existsSync(path);
  const startTime = startTimeOf(process.pid);
  const content = `${process.pid}${startTime ? ` ${startTime}` : ''}\n`;
  rmSync(path, { force: true });
  writeFileSync(path, content, { flag: 'wx' });

  const isOurs = () => existsSync(path) && readFileSync(path, 'utf8').startsWith(content);
  return {
    isInherited,
    markStopping: () => {
      if (isOurs()) appendFileSync(path, 'stopping\n');
    },
    release: () => {
      if (isOurs()) rmSync(path);
    },
  };
};

/**
 * Locks the data folder, because two supervisors on one folder would stop each other's database.
 * @throws StartError when a live supervisor holds the lock, or the folder cannot be written
 */
export const lockDataDir = async (dataDir: string, signal: AbortSignal): Promise<DataLock> => {
  const path = join(dataDir, FILE);
  try {
    for (;;) {
      const holder = holderOf(path);
      if (!holder || !isRunning(holder)) return take(path);
      if (!holder.isStopping) {
        throw new StartError(
          `Another Clearcut (process ${holder.pid}) uses ${dataDir}; stop it or set DATA_DIR.`,
        );
      }
      await sleep(100, undefined, { signal });
    }
  } catch (error) {
    throw error instanceof StartError || signal.aborted ? error : unusable(dataDir, error);
  }
};
