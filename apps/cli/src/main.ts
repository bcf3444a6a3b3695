import { runModels } from './models/run-models.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npx clearcut <command>

  models   list, pull, import, verify and remove the weights of models
`;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));

/** The exit code: 1 for what went wrong, 2 for what was asked wrongly, 130 after Ctrl-C. */
const report = (error: unknown): number => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`clearcut: ${message.trim().replace(/\s*\n\s*/g, ' ')}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${error.usage}`);
  if (process.env['LOG_LEVEL'] === 'debug') process.stderr.write(`${stack ?? ''}\n`);
  if (stop.signal.aborted) return 130;
  return error instanceof UsageError ? 2 : 1;
};

const run = async ([command, ...args]: readonly string[]): Promise<void> => {
  if (command === 'models') return runModels(args, stop.signal);
  if (command === undefined || ['help', '--help', '-h'].includes(command))
    return void process.stdout.write(usage);
  throw new UsageError(`There is no command ${command}.`, usage);
};

// Whoever reads only the first lines has gone; that is no fault.
process.stdout.on('error', () => process.exit(0));

try {
  // In front of the arguments stands the mode of the bootstrap.
  await run(process.argv.slice(3));
} catch (error) {
  process.exitCode = report(stop.signal.aborted ? stop.signal.reason : error);
}
