import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './until.js';

/** `npm start`, run as a user would. */
export type Started = {
  readonly output: () => string;
  /** Resolves with the address in the ready line. */
  readonly ready: Promise<string>;
  readonly ended: Promise<number | null>;
  readonly signal: (signal: NodeJS.Signals) => void;
};

export const npmStart = (env: Record<string, string | undefined>): Started => {
  const child = spawn('npm', ['start'], { env: { ...process.env, LOG_LEVEL: 'warn', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));

  let endedWith: number | null | undefined;
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then((code) => (endedWith = code));
  const ready = until(
    'the ready line',
    () => {
      if (endedWith !== undefined) throw new Error(`npm start ended with ${endedWith}:\n${output}`);
      return /^ready (http:\/\/\S+)/m.exec(output)?.[1];
    },
    280_000,
  );
  // A start that should fail only needs its exit code.
  ready.catch(() => undefined);
  return { output: () => output, ready, ended, signal: (signal) => child.kill(signal) };
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};
const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Processes that use the folder, by their environment, command line or working folder. */
export const processesOf = (folder: string): { pid: number; command: string }[] => {
  if (!existsSync('/proc/self/environ'))
    throw new Error('this test looks at /proc, which this system has not');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }))
    .filter(({ pid, command }) =>
      [command, read(`/proc/${pid}/environ`), linkOf(`/proc/${pid}/cwd`)].some((text) =>
        text.includes(folder),
      ),
    );
};
