import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

/** What /proc says of a process; empty where it has gone, or we may not look. */
const ask = (look: () => string): string => {
  try {
    return look();
  } catch {
    return '';
  }
};

/** Whether the process is a Postgres that lives: the id of one that ended may be another program's by now. */
export function isServer(pid: number): boolean {
  if (process.platform !== 'linux') return isAlive(pid);
  const status = ask(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  return /^Name:\tpostgres\n[^]*^State:\t[^ZX]/m.test(status);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Ends what a killed server left at work in its folder. Those at rest notice by themselves; one amid a long query
 * does not, and no server starts on the folder before it is gone. Elsewhere than on Linux the start waits for them.
 *
 * @param folder of a server that does not run
 */
export function endOrphans(folder: string): void {
  if (!existsSync('/proc/self/cwd') || !existsSync(folder)) return;
  const home = realpathSync(folder);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids.map(Number)) {
    // Each process of a server works in the folder of its database.
    if (ask(() => readlinkSync(`/proc/${pid}/cwd`)) !== home || !isServer(pid)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
