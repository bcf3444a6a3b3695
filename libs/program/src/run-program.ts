import { constants } from 'node:os';
import { readServiceConfig, type ServiceConfig } from '#config';
import { reasonOf } from '#errors';
import { createLogger, type Logger } from '#telemetry';

/** A started program. stop() resolves when everything is closed. */
export type Running = { readonly stop: () => Promise<void> };

export type Context = {
  readonly config: ServiceConfig;
  readonly log: Logger;
  /** Ends the process with an error. For faults that only a new process can clear. */
  readonly crash: (error: Error) => void;
  /** Tells the process that forked this one by which id its rows name it. */
  readonly identify?: (id: string) => void;
};

/** Messages to the process that forked the program. */
export type ProgramMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'identity'; readonly id: string }
  | { readonly type: 'failed'; readonly reason: string };

const tell = (message: ProgramMessage) =>
  new Promise<void>((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });

/**
 * Runs a program from its start to its end. SIGTERM, SIGINT and the loss of the parent process each stop it
 * once, in order. A failed start reports the reason and exits with code 1.
 */
export const runProgram = async (
  name: string,
  start: (context: Context) => Promise<Running>,
): Promise<void> => {
  const fail = async (error: unknown) => {
    const reason = reasonOf(error);
    if (!process.send) process.stderr.write(`${name}: ${reason}\n`);
    await tell({ type: 'failed', reason });
    process.exit(1);
  };

  // A program that is still starting has taken no work. It ends at once, as by a signal without a handler; as
  // process 1 of a container it would else not end at all.
  let stop = async (_why: string, exitCode: number): Promise<void> => process.exit(exitCode);
  process.on('disconnect', () => void stop('the supervisor is gone', 1).catch(fail));
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop(signal, 128 + constants.signals[signal]).catch(fail));

  try {
    if (process.send && !process.connected) await stop('the supervisor is gone', 1);
    const config = readServiceConfig();
    const log = createLogger(name, config.LOG_LEVEL);
    const crash = (error: Error) => {
      log.fatal({ err: error }, 'ended by a fault');
      // The one that forked us ends us if the exit hangs, as it does while a thread is in a native call.
      void tell({ type: 'failed', reason: reasonOf(error) }).then(() => process.exit(1));
    };
    const identify = (id: string) => void tell({ type: 'identity', id });
    const running = await start({ config, log, crash, identify });

    let stopping = false;
    stop = async (why: string) => {
      if (stopping) return;
      stopping = true;
      log.info({ why }, 'stopping');
      await running.stop();
      process.exit(0);
    };
    await tell({ type: 'ready' });
  } catch (error) {
    await fail(error);
  }
};
