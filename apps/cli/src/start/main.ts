import { once } from 'node:events';
import { readConfig } from '#config';
import { reasonOf } from '#errors';
import { createProgress } from '#weights';
import { killAfterMs, start, type Closers } from './start.js';
import { listenForStop } from './stop-signals.js';

/** After the programs were killed, Postgres and the rest of the process may take this long to end. */
const CLOSE_MS = 1_700;
const GIVE_UP_IN_HURRY_MS = 2_000;

const progress = createProgress();
const signals = listenForStop(progress.note);
const closers: Closers = [];

const report = (error: unknown): void => {
  const message = reasonOf(error);
  progress.note(`clearcut: ${message.trim().replace(/\s*\n\s*/g, ' ')}`);
  const isDebug = ['debug', 'trace'].includes(process.env['LOG_LEVEL'] ?? '');
  if (isDebug && error instanceof Error) progress.note(error.stack ?? '');
  process.exitCode = 1;
};

const closeAll = async (): Promise<void> => {
  for (const close of closers.splice(0).toReversed()) {
    try {
      await close();
    } catch (error) {
      report(error);
    }
  }
};

// Writing to a closed terminal fails. The shutdown must go on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.on('uncaughtException', (error) => {
  report(error);
  void closeAll().then(() => process.exit(1));
});

const giveUp = (): never => {
  report(new Error('The shutdown took too long: some programs may still be running.'));
  process.exit(1);
};
signals.hurry.addEventListener('abort', () => setTimeout(giveUp, GIVE_UP_IN_HURRY_MS));

try {
  const config = readConfig();
  const giveUpMs = killAfterMs(config) + CLOSE_MS;
  signals.stopping.addEventListener('abort', () => setTimeout(giveUp, giveUpMs));
  await start({ config, progress, signals, closers });
  if (!signals.stopping.aborted) await once(signals.stopping, 'abort');
} catch (error) {
  // After a stop, aborted steps fail as intended.
  if (!signals.stopping.aborted) report(error);
}
await closeAll();
process.exit();
