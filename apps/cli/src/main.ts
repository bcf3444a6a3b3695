import { readFileSync } from 'node:fs';
import { didYouMean } from '#contract';
import { isHelp, print, UsageError, usageLineOf } from './command.js';

const usage = `Usage: npx clearcut <command>

  remove    remove the backgrounds of images, by a server or in this process
  models    list, pull, import, verify and remove the weights of models
  keys      create, list and revoke the keys of callers
  tasks     cancel tasks
  webhooks  list and replay webhooks, print and rotate what signs them
  migrate   bring the schema of the database up to date
  backup    copy the data of npm start into a file
  restore   put the data of a backup into DATA_DIR
  doctor    check the database, the clock of this machine and the workers
  info      print the address, key and status page of the running npm start

  --version          print the version
  <command> --help   describe a command, such as keys create --help
`;

type Run = (args: readonly string[], signal: AbortSignal) => Promise<void>;

/** Loaded on demand, because an image need not carry modules that only other commands use. */
const commands: Readonly<Record<string, () => Promise<{ run: Run }>>> = {
  remove: () => import('./remove/run-remove.js'),
  models: () => import('./models/run-models.js'),
  keys: () => import('./keys/run-keys.js'),
  tasks: () => import('./tasks/run-tasks.js'),
  webhooks: () => import('./webhooks/run-webhooks.js'),
  migrate: () => import('./migrate.js'),
  backup: () => import('./backup/run-backup.js'),
  restore: () => import('./backup/run-restore.js'),
  doctor: () => import('./doctor.js'),
  info: () => import('./info.js'),
};

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
  if ([command, ...args].includes('--version')) return print(`clearcut ${version()}\n`);
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
