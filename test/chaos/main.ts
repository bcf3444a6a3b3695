import { parseArgs } from 'node:util';
import setUp from '#test/global-setup';
import { redisIsOnPath } from '#test/redis';
import { runChaos, type ChaosOptions } from './run-chaos.js';

const { values } = parseArgs({
  args: process.argv.slice(process.argv[2] === 'chaos' ? 3 : 2),
  options: {
    seed: { type: 'string', default: '1' },
    kills: { type: 'string', default: '200' },
    tasks: { type: 'string', default: '1000' },
    backend: { type: 'string' },
  },
});

const print = (line: string) => process.stdout.write(`${line}\n`);
const wanted = ['Postgres', 'Redis'].filter(
  (name) => !values.backend || name.toLowerCase() === values.backend.toLowerCase(),
);
if (wanted.length === 0) throw new Error(`--backend is postgres or redis, and not ${values.backend}.`);

const at = (sorted: readonly number[], part: number) =>
  `${((sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN) / 1000).toFixed(1)} s`;

await setUp();
for (const backend of wanted as ChaosOptions['backend'][]) {
  if (backend === 'Redis' && !redisIsOnPath()) {
    print('*** redis-server is not on the PATH: the Redis backend is NOT tested. ***');
    process.exitCode = 1;
    continue;
  }
  const options = {
    backend,
    seed: Number(values.seed),
    faults: Number(values.kills),
    tasks: Number(values.tasks),
  };
  const { verdict, done, recoveries, accepted } = await runChaos({ ...options, say: print });
  print(`\n${backend}, seed ${options.seed}: ${accepted} tasks accepted, ${options.faults} faults`);
  for (const [name, count] of Object.entries(done)) print(`  ${String(count).padStart(4)} × ${name}`);
  const sorted = recoveries.toSorted((a, b) => a - b);
  print(
    `  a waiting task ended again after p50 ${at(sorted, 0.5)}, p95 ${at(sorted, 0.95)}, at most ${at(sorted, 1)}`,
  );
  for (const [kind, found] of Object.entries(verdict)) {
    print(`  ${kind}: ${found.length}${found.length > 0 ? `, such as ${found[0]}` : ''}`);
    if (found.length > 0) process.exitCode = 1;
  }
}
await globalThis.stopTestPostgres();
