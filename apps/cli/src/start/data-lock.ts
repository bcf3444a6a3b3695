import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/**
 * Whether the process that wrote the file still runs. Where ids start over, as in a container, the same id may
 * by now be another program, which its birth tells.
 */
const isHeld = (content: string): boolean => {
  const [pid = 0, birth] = content.trim().split(' ').map(Number);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return false;
  return birth === undefined || Number(birthOf(pid)) === birth;
};

const take = (path: string, content: string, dataDir: string): void => {
  const holder = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (isHeld(holder)) {
    const [pid] = holder.split(' ');
    throw new StartError(`Another Clearcut (process ${pid}) uses ${dataDir}; stop it or set DATA_DIR.`);
  }
  rmSync(path, { force: true });
  writeFileSync(path, content, { flag: 'wx' });
};

/**
 * Makes the data folder ours; two supervisors on one folder would stop each other's database.
 *
 * @returns what gives the folder free again
 * @throws StartError when a live supervisor has it, or it cannot be written
 */
export const lockDataDir = (dataDir: string): (() => void) => {
  const path = join(dataDir, 'clearcut.pid');
  const birth = birthOf(process.pid);
  const content = `${process.pid}${birth ? ` ${birth}` : ''}\n`;
  try {
    mkdirSync(dataDir, { recursive: true });
    take(path, content, dataDir);
  } catch (error) {
    throw error instanceof StartError ? error : unusable(dataDir, error);
  }
  return () => {
    if (existsSync(path) && readFileSync(path, 'utf8') === content) rmSync(path);
  };
};
