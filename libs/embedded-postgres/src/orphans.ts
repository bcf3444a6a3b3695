import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

/** A value of /proc; empty when the process has ended or may not be inspected. */
const ask = (look: () => string): string => {
  try {
    return look();
  } catch {
    return '';
  }
};

/**
 * Whether the process is a live Postgres of this folder. The id of a dead one may belong to another program by now, also to
 * another Postgres.
 */
export function isServer(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return isAlive(pid);
  const status = ask(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!/^Name:\tpostgres\n[^]*^State:\t[^ZX]/m.test(status)) return false;
  // Empty in a container whose root may not inspect processes of others.
  const place = workingFolder(pid);
  return place === '' || place === ask(() => realpathSync(folder));
}

/** Each process of a server works in the folder of its database. */
const workingFolder = (pid: number) => ask(() => readlinkSync(`/proc/${pid}/cwd`));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Ends the processes that a killed server left in its folder. Idle ones end by themselves. One inside a long query
 * does not, and keeps a new server from starting. On other systems than Linux the start waits for it.
 *
 * @param folder of the database, which no server uses
 */
export function endOrphans(folder: string): void {
  if (!existsSync('/proc/self/cwd') || !existsSync(folder)) return;
  const home = realpathSync(folder);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids.map(Number)) {
    if (workingFolder(pid) !== home || !isServer(pid, folder)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
