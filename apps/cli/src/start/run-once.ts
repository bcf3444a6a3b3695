import { fork, type ChildProcess } from 'node:child_process';
import type { ProgramMessage } from '#program';

export type Program = {
  /** What the operator reads, such as `gateway`. */
  readonly name: string;
  readonly script: string;
};

export type Ending = {
  /** In its own words, else how it ended: completes "The gateway …". */
  readonly reason: string;
  readonly livedMs: number;
};

export type Run = { readonly child: ChildProcess; readonly ended: Promise<Ending> };

/**
 * One life of a program. It gets a process group of its own, since a Ctrl-C at the terminal is meant for the
 * supervisor, which ends the programs in order.
 */
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
    // The event also tells of a signal that could not be sent, to a process that goes on.
    child.once('error', ({ message }) => {
      if (child.pid === undefined) resolve(`could not be started: ${message}`);
    });
  });
  // Its last words may arrive after the news of its end, but before the channel closes.
  const lastWords = new Promise<void>((resolve) => child.once('disconnect', resolve));

  const end = async (): Promise<Ending> => {
    const how = await exit;
    if (child.connected) await lastWords;
    const reason = failure === undefined ? how : `failed: ${failure.replace(/\.$/, '')}`;
    return { reason, livedMs: performance.now() - startMs };
  };
  return { child, ended: end() };
};
