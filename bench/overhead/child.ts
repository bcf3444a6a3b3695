import { fork } from 'node:child_process';
import type { ProgramMessage } from '#program';

/** Longer than the programs need to hand their work back, which is six seconds. */
const KILL_AFTER_MS = 9_000;

/** A forked process. Its promises reject when the benchmark is stopped. */
export type Child = {
  readonly pid: number | undefined;
  /** Resolves when the process reports `ready`. */
  readonly ready: Promise<void>;
  /** Sends a message and resolves with the reply. */
  readonly ask: (message: object) => Promise<unknown>;
  /** Resolves when the process has ended. */
  readonly stop: () => Promise<void>;
};

const unlessAborted = <T>(answer: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/**
 * Forks a script that reports `ready`. It gets its own process group, so that Ctrl-C reaches only this program, which
 * ends the processes in order.
 *
 * @param stopping is aborted when the process ends before `stop`
 */
export const startChild = (
  name: string,
  script: URL,
  env: NodeJS.ProcessEnv,
  stopping: AbortController,
): Child => {
  const child = fork(script, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let reason: string | undefined;
  let isStopping = false;

  const gone = new Promise<void>((resolve) => {
    const end = (how: string) => {
      if (!isStopping) stopping.abort(new Error(`the ${name} ${reason ?? how}`));
      resolve();
    };
    child.once('exit', (code, signal) => {
      const how = `ended with ${signal ?? `code ${code}`}`;
      // The last message may arrive after `exit`, but before the channel closes.
      if (child.connected) child.once('disconnect', () => end(how));
      else end(how);
    });
    child.once('error', ({ message }) => {
      // The event also reports a signal that could not be sent to a running process.
      if (child.pid === undefined) end(`could not be started: ${message}`);
    });
  });

  const ready = new Promise<void>((resolve) =>
    child.on('message', (message: ProgramMessage) => {
      if (message.type === 'ready') resolve();
      if (message.type === 'failed') reason = `failed: ${message.reason}`;
    }),
  );

  return {
    pid: child.pid,
    ready: unlessAborted(ready, stopping.signal),
    ask: (message) => {
      const answer = new Promise<unknown>((resolve) => child.once('message', resolve));
      child.send(message);
      return unlessAborted(answer, stopping.signal);
    },
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await gone;
      clearTimeout(timer);
    },
  };
};
