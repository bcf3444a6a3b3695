import { readFileSync } from 'node:fs';
import { didYouMean } from '#contract';
import { isHelp, print, UsageError, usageLineOf } from './command.js';
import { commands, usage } from './commands.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));

/** @returns the exit code: 1 for a failure, 2 for wrong usage, 130 after Ctrl-C */
const report = (error: unknown): number => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`clearcut: ${message.trim().replace(/\s*\n\s*/g, ' ')}\n`);
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

// A reader such as `head` may close the pipe early, which is not an error.
process.stdout.on('error', () => process.exit(0));

try {
  // The first argument is the mode of the bootstrap.
  await run(process.argv.slice(3));
} catch (error) {
  process.exitCode = report(stop.signal.aborted ? stop.signal.reason : error);
}
