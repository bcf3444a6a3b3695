import { fork } from 'node:child_process';
import type { ProgramMessage } from '#program';

/** The programs hand their work back within six seconds. */
const KILL_AFTER_MS = 9_000;

/** A process that we forked. */
export type Child = {
  readonly pid: number | undefined;
  /** Resolves when it says that it is ready; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Sends a message and resolves with the one that comes back; rejects when the process ends before. */
  readonly ask: (message: object) => Promise<unknown>;
  /** Resolves when it is gone. */
  readonly stop: () => Promise<void>;
};

/**
 * Forks a script that says `ready` once it is. It gets a process group of its own, since a Ctrl-C at the
 * terminal is meant for us, who end the processes in order.
 *
 * @param onLost hears when it ends although nobody stopped it
 */
export const startChild = (
  name: string,
  script: URL,
  env: NodeJS.ProcessEnv,
  onLost: (error: Error) => void,
): Child => {
  const child = fork(script, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let reason: string | undefined;
  let stopping = false;

  const gone = new Promise<Error>((resolve) => {
    const end = (how: string) => resolve(new Error(`the ${name} ${reason ?? how}`));
    child.once('exit', (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
    child.once('error', ({ message }) => {
      // The event also tells of a signal that could not be sent, to a process that goes on.
      if (child.pid === undefined) end(`could not be started: ${message}`);
    });
  });
  void gone.then((error) => {
    if (!stopping) onLost(error);
  });

  const orGone = <T>(answer: Promise<T>): Promise<T> =>
    Promise.race([
      answer,
      gone.then((error) => {
        throw error;
      }),
    ]);

  const ready = new Promise<void>((resolve) =>
    child.on('message', (message: ProgramMessage) => {
      if (message.type === 'ready') resolve();
      if (message.type === 'failed') reason = `failed: ${message.reason}`;
    }),
  );

  return {
    pid: child.pid,
    ready: orGone(ready),
    ask: (message) => {
      const answer = new Promise<unknown>((resolve) => child.once('message', resolve));
      child.send(message);
      return orGone(answer);
    },
    stop: async () => {
      stopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await gone;
      clearTimeout(timer);
    },
  };
};
