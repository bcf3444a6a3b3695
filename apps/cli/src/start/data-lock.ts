import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError, unusable } from './start-error.js';

/** When a process began, in ticks since boot; undefined where the system does not tell, or it has ended. */
const birthOf = (pid: number): string | undefined => {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  // The name of the program, in parentheses, may hold spaces; proc(5) counts the state after it as field 3.
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

type Holder = { readonly pid: number; readonly birth: string | undefined; readonly isStopping: boolean };

const holderOf = (path: string): Holder | undefined => {
  if (!existsSync(path)) return undefined;
  const [, pid, birth, stopping] = /^(\d+)(?: (\d+))?\n(stopping)?/.exec(readFileSync(path, 'utf8')) ?? [];
  return pid ? { pid: Number(pid), birth, isStopping: stopping !== undefined } : undefined;
};

/**
 * Whether the process that wrote the file still runs. Where ids start over, as in a container, the same id may
 * by now be another program, which its birth tells.
 */
const isAtWork = ({ pid, birth }: Holder): boolean =>
  pid !== process.pid && isAlive(pid) && (birth === undefined || birthOf(pid) === birth);

export type DataLock = {
  /** The run before was killed, so that its programs may still be noticing. */
  readonly isInherited: boolean;
  /** Lets the next start wait for our end instead of giving up. */
  readonly markStopping: () => void;
  readonly release: () => void;
};

const take = (path: string): DataLock => {
  const isInherited = existsSync(path);
  const birth = birthOf(process.pid);
  const content = `${process.pid}${birth ? ` ${birth}` : ''}\n`;
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
 * Makes the data folder, which exists, ours; two supervisors on one folder would stop each other's database.
 *
 * @throws StartError when a live supervisor has it, or it cannot be written
 */
export const lockDataDir = async (dataDir: string, signal: AbortSignal): Promise<DataLock> => {
  const path = join(dataDir, 'clearcut.pid');
  try {
    for (;;) {
      const holder = holderOf(path);
      if (!holder || !isAtWork(holder)) return take(path);
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
