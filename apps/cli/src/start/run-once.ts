import { fork, type ChildProcess } from 'node:child_process';
import type { ProgramMessage } from '#program';

export type Program = {
  /** The name for operators, such as `gateway`. */
  readonly name: string;
  readonly script: string;
};

export type Ending = {
  /** The program's own reason, or how it exited. Completes "The gateway …". */
  readonly reason: string;
  readonly livedMs: number;
};

export type Run = { readonly child: ChildProcess; readonly ended: Promise<Ending> };

/** Runs a program once, in its own process group: Ctrl-C must reach only the supervisor. */
export const runOnce = ({ script }: Program, env: NodeJS.ProcessEnv, onReady: () => void): Run => {
  const startMs = performance.now();
  const child = fork(script, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let failure: string | undefined;
  child.on('message', (message: ProgramMessage) => {
    if (message.type === 'ready') return onReady();
    failure = message.reason;
  });

  const exit = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
    // The event also reports a signal that could not be sent, but then the process still runs.
    child.once('error', ({ message }) => {
      if (child.pid === undefined) resolve(`could not be started: ${message}`);
    });
  });
  // The reason may arrive after the exit event, but before the channel closes.
  const channelClosed = new Promise<void>((resolve) => child.once('disconnect', resolve));

  const end = async (): Promise<Ending> => {
    const how = await exit;
    if (child.connected) await channelClosed;
    const reason = failure === undefined ? how : `failed: ${failure.replace(/\.$/, '')}`;
    return { reason, livedMs: performance.now() - startMs };
  };
  return { child, ended: end() };
};
