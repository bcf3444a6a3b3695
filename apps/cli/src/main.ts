import { readFileSync } from 'node:fs';
import { didYouMean } from '#contract';
import { isHelp, print, UsageError, usageLineOf } from './command.js';
import { commands, usage } from './commands.js';
import { ECHO_MS } from './echo.js';

const HURRY_HINT_MS = 2_000;

const stop = new AbortController();
let stoppedMs = 0;

const sayHowToHurry = () =>
  process.stderr.write('Ending after the work in hand. Ctrl-C once more ends at once.\n');

const onSignal = (signal: NodeJS.Signals): void => {
  if (!stop.signal.aborted) {
    stoppedMs = performance.now();
    stop.abort(new Error(`stopped by ${signal}`));
    if (signal === 'SIGINT') setTimeout(sayHowToHurry, HURRY_HINT_MS).unref();
  } else if (performance.now() - stoppedMs > ECHO_MS) {
    // Not by exit(), which would tear threads down amid their work.
    process.off(signal, onSignal).kill(process.pid, signal);
  }
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

/** Nobody reads what follows. Why was said. */
const unread = new Error('stdout is closed');

/** A reader such as `head` may leave early. Any other failure to write is an error. */
const onStdoutError = ({ code, message }: NodeJS.ErrnoException): void => {
  if (stop.signal.reason === unread) return;
  stop.abort(unread);
  if (code === 'EPIPE') return;
  process.stderr.write(`clearcut: stdout cannot be written: ${message}\n`);
  process.exitCode = 1;
};
process.stdout.on('error', onStdoutError);
// There is nowhere left to say it.
process.stderr.on('error', () => undefined);

/** A server names its header; here a key comes by other ways. */
const keyHint = ({ code, cause }: { code?: unknown; cause?: { code?: unknown } | undefined }): string =>
  [code, cause?.code].includes('missingApiKey') ? ' Name it by --key or CLEARCUT_KEY.' : '';

/** @returns the exit code: 1 for a failure, 2 for wrong usage, 130 after Ctrl-C */
const report = (error: unknown): number => {
  const failure = (error instanceof Error ? error : new Error(String(error))) as Error & { cause?: object };
  const { message, stack } = failure;
  process.stderr.write(`clearcut: ${message.trim().replace(/\s*\n\s*/g, ' ')}${keyHint(failure)}\n`);
  if (error instanceof UsageError) process.stderr.write(usageLineOf(error));
  if (process.env['LOG_LEVEL'] === 'debug') process.stderr.write(`${stack ?? ''}\n`);
  if (stop.signal.aborted) return 130;
  return error instanceof UsageError ? 2 : 1;
};

const version = (): string => {
  const manifest = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
};

const run = async ([command, ...args]: readonly string[]): Promise<void> => {
  if (command !== 'complete' && [command, ...args].includes('--version'))
    return print(`clearcut ${version()}\n`);
  if (command === 'help' && args.length > 0) return run([...args, '--help']);
  if (command === undefined || command === 'help' || isHelp(command)) return print(usage);
  const load = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!load) {
    const hint = didYouMean(command, Object.keys(commands));
    throw new UsageError(`There is no command ${command}.${hint}`, usage);
  }

  const loaded = await load().catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(`The command ${command} is not part of this image.`, { cause });
  });
  await loaded.run(args, stop.signal);
};

try {
  // The first argument is the mode of the bootstrap.
  await run(process.argv.slice(3));
} catch (error) {
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
  if (reason !== unread) process.exitCode = report(reason);
}
