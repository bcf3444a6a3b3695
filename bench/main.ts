import { reasonOf } from '#errors';
import { createProgress } from '#weights';
import type { Bench } from './benchmark.js';
import { benchmarks } from './benchmarks.js';

// `npm run bench -- name` passes the word `bench` too.
const [name, ...given] = process.argv.slice(process.argv[2] === 'bench' ? 3 : 2);
const chosen = name !== undefined && Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;

const bench: Bench = {
  args: given.flatMap((arg) => (arg === '--smallest' ? (chosen?.smallest ?? []) : [arg])),
  progress: createProgress(),
  print: (line) => void process.stdout.write(`${line}\n`),
  stopping: new AbortController(),
  closers: [],
};

const list = () => {
  bench.print('npm run bench -- <name> [options]; --smallest only shows that it runs');
  for (const [each, { about }] of Object.entries(benchmarks)) bench.print(`  ${each.padEnd(10)}${about}`);
};

const report = (error: unknown) => {
  process.stderr.write(`bench: ${reasonOf(error)}\n`);
  process.exitCode = 1;
};

const closeAll = async () => {
  for (const close of bench.closers.splice(0).toReversed()) {
    try {
      await close();
    } catch (error) {
      report(error);
    }
  }
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => bench.stopping.abort(new Error(`stopped by ${signal}`)));

if (name !== undefined && !chosen) report(new Error(`there is no benchmark ${name}`));
if (!chosen) list();
try {
  await chosen?.run(bench);
} catch (error) {
  // An aborted run fails with a consequence; the reason of the abort is the cause.
  report(bench.stopping.signal.aborted ? bench.stopping.signal.reason : error);
}
await closeAll();
