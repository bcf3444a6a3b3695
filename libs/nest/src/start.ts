import 'reflect-metadata';
import type { Running } from '#program';
import type { Logger } from '#telemetry';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { Shutdown } from './shutdown.js';

/** Nest logs an error of a start and then throws it. The program reports it once, so Nest's line is left out. */
const THROWN_TOO = 'ExceptionHandler';

const toNestLogger = (log: Logger): LoggerService => ({
  log: (message) => log.debug(message),
  warn: (message) => log.warn(message),
  error: (message, ...about: unknown[]) => log[about.includes(THROWN_TOO) ? 'debug' : 'error'](message),
});

/** Options of every application and context of Nest. */
export const nestOptions = (log: Logger) => ({ logger: toNestLogger(log), abortOnError: false }) as const;

/**
 * Starts a program that Nest composes. When the start fails, all opened resources are closed again.
 *
 * @param create makes the application, and gives its modules the {@link Shutdown}
 * @param begin starts the work of the application
 */
export const startProgram = async <App extends INestApplicationContext>(
  log: Logger,
  create: (shutdown: Shutdown) => Promise<App>,
  begin: (app: App, shutdown: Shutdown) => Promise<void>,
): Promise<Running & { readonly app: App }> => {
  const shutdown = new Shutdown(log);
  const stop = async (app?: App) => {
    if (app) await app.close();
    else {
      await shutdown.beforeApplicationShutdown();
      await shutdown.onApplicationShutdown();
    }
    if (shutdown.failed.length > 0) throw new Error(`The shutdown failed at: ${shutdown.failed.join(', ')}.`);
  };

  let app: App | undefined;
  try {
    app = await create(shutdown);
    await begin(app, shutdown);
  } catch (error) {
    await stop(app).catch((err: unknown) => log.error({ err }, 'some resources could not be closed'));
    throw error;
  }
  const started = app;
  return { app: started, stop: () => stop(started) };
};
