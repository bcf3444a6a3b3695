import { spawn } from 'node:child_process';
import type { Account } from './identity.js';

export type Outcome = { readonly ok: boolean; readonly output: string };

export type RunOptions = {
  readonly cwd: string;
  readonly account: Account | undefined;
  /** An open file that takes the output; without one it is returned. */
  readonly logFd?: number;
  /** Out of reach of a Ctrl-C at the terminal. */
  readonly ownSession?: boolean;
};

// Not the whole environment: PG* variables would redirect Postgres, secrets have no place in a server that lives
// on after us, and without TZ initdb compares every time zone there is.
const environment = {
  ...Object.fromEntries(
    ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  ),
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs one program of Postgres to its end. A program that fails, or cannot run at all, is an outcome. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { account, cwd, logFd } = options;
  const sink = logFd ?? 'pipe';

  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: environment,
      stdio: ['ignore', sink, sink],
      detached: options.ownSession ?? false,
      windowsHide: true,
      ...(account && { uid: account.uid, gid: account.gid }),
    });

    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}
