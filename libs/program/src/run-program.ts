import { setFlagsFromString } from 'node:v8';
import { readServiceConfig, type ServiceConfig } from '#config';
import { createLogger, type Logger } from '#telemetry';

/** A started program; stop() resolves when nothing of it is left. */
export type Running = { readonly stop: () => Promise<void> };

export type Context = {
  readonly config: ServiceConfig;
  readonly log: Logger;
  /** Ends the process with an error, for faults that only a new process mends. */
  readonly crash: (error: Error) => void;
};

/** What a program tells the process that forked it. */
export type ProgramMessage =
  { readonly type: 'ready' } | { readonly type: 'failed'; readonly reason: string };

const tell = (message: ProgramMessage) =>
  new Promise<void>((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });

/**
 * How much V8's heap may grow from one full collection to the next. Pictures lie outside it but count for it: by its
 * own measure V8 marks the whole heap once for each of them, which takes more time than their arithmetic.
 */
const HEAP_GROWING_PERCENT = 200;

/**
 * Runs a program from its environment to its end: SIGTERM, SIGINT and the loss of the process that forked it
 * all stop it in order, once. What cannot start says why and exits with code 1.
 */
export const runProgram = async (
  name: string,
  start: (context: Context) => Promise<Running>,
): Promise<void> => {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const fail = async (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    if (!process.send) process.stderr.write(`${name}: ${reason}\n`);
    await tell({ type: 'failed', reason });
    process.exit(1);
  };

  // The supervisor may be gone before the program has started; then there is nothing to stop in order.
  let stop = async (_why: string): Promise<void> => process.exit(1);
  process.on('disconnect', () => void stop('the supervisor is gone').catch(fail));

  try {
    if (process.send && !process.connected) await stop('the supervisor is gone');
    const config = readServiceConfig();
    const log = createLogger(name, config.LOG_LEVEL);
    const crash = (error: Error) => {
      log.fatal({ err: error }, 'ended by a fault');
      process.exit(1);
    };
    const running = await start({ config, log, crash });

    let stopping = false;
    stop = async (why: string) => {
      if (stopping) return;
      stopping = true;
      log.info({ why }, 'stopping');
      await running.stop();
      process.exit(0);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => void stop(signal).catch(fail));
    await tell({ type: 'ready' });
  } catch (error) {
    await fail(error);
  }
};
