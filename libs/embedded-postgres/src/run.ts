import { spawn } from 'node:child_process';
import type { Account } from './identity.js';

export type Outcome = {
  readonly ok: boolean;
  readonly output: string;
  /** The signal that ended the program. */
  readonly signal: NodeJS.Signals | null;
};

export type RunOptions = {
  readonly cwd: string;
  readonly account: Account | undefined;
  /** An open file for the output; without it, the output is returned. */
  readonly logFd?: number;
  /** What the program reads. */
  readonly input?: string;
  /** Keeps a Ctrl-C at the terminal away from the program. */
  readonly ownSession?: boolean;
};

// Only a part of our environment: PG* variables would redirect Postgres, and a server that outlives us must not hold
// our secrets. Without TZ initdb compares all time zones.
const environment = {
  ...Object.fromEntries(
    ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  ),
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a program of Postgres to its end. Never rejects: a program that cannot start is an outcome, too. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { account, cwd, logFd } = options;
  const sink = logFd ?? 'pipe';

  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: environment,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', sink, sink],
      detached: options.ownSession ?? false,
      windowsHide: true,
      ...(account && { uid: account.uid, gid: account.gid }),
    });

    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    // A program that ends early does not read all, and its outcome says why.
    child.stdin?.on('error', () => undefined).end(options.input);
    child.once('error', (error) => resolve({ ok: false, output: error.message, signal: null }));
    child.once('close', (code, signal) => resolve({ ok: code === 0, output: output.trim(), signal }));
  });
}
