import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { redisIsOnPath } from '#test/redis';
import { drawMemory } from './draw-memory.js';
import { sampleMemory, toCsv, trendsOf, type Sample } from './memory-samples.js';
import { tableOf, type Recovery } from './recovery.js';
import { runChaos, type ChaosOptions, type ChaosReport } from './run-chaos.js';
import type { Backend, StorageKind } from './stage.js';

const { values } = parseArgs({
  args: process.argv.slice(process.argv[2] === 'chaos' ? 3 : 2),
  options: {
    seed: { type: 'string', default: '1' },
    kills: { type: 'string', default: '200' },
    tasks: { type: 'string', default: '1000' },
    backend: { type: 'string' },
    storage: { type: 'string' },
    only: { type: 'string' },
    soak: { type: 'string' },
    out: { type: 'string', default: '.clearcut' },
  },
});

const print = (line: string) => process.stdout.write(`${line}\n`);

/** The one that was asked for, or all. */
const choose = <T extends string>(option: 'backend' | 'storage', all: readonly T[]): T[] => {
  const asked = values[option]?.toLowerCase();
  const chosen = all.filter((name) => !asked || name.toLowerCase() === asked);
  if (chosen.length === 0) throw new Error(`--${option} is one of ${all.join(', ')}, and not ${asked}.`);
  return chosen;
};

const printReport = (name: string, report: ChaosReport) => {
  const { verdict, done, recoveries, accepted, crashes, failedStarts } = report;
  print(`\n${name}: ${accepted} tasks accepted, ${recoveries.length} faults`);
  for (const [cause, count] of Object.entries(done).sort(([a], [b]) => a.localeCompare(b)))
    print(`  ${String(count).padStart(4)} × ${cause}`);
  print(`  starts of programs that failed, since something was away: ${failedStarts}`);
  for (const [kind, found] of Object.entries({ ...verdict, crashes })) {
    print(`  ${kind}: ${found.length}${found.length > 0 ? `, such as ${found[0]}` : ''}`);
    if (found.length > 0) process.exitCode = 1;
  }
};

/** A signal ends the run after the fault in hand, so that nothing is left behind. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    stopping.abort();
    print('Stopping …');
  });

/** Outages of dependencies are as long as this at most. */
const LONGEST_MS = 20_000;
/** Part of a soak whose memory does not count. */
const WARM_UP = 1 / 4;

/** Faults in quick succession, as many as were asked for. */
const runFaults = (stage: Pick<ChaosOptions, 'backend' | 'storage'>, say: (line: string) => void) =>
  runChaos({
    ...stage,
    seed: Number(values.seed),
    goesOn: (faults) => faults < Number(values.kills),
    tasks: Number(values.tasks),
    restMs: 2_000,
    longestMs: LONGEST_MS,
    only: values.only,
    stopping: stopping.signal,
    say,
  });

/** For the tables of a soak, which a failed run has too. */
const writeMemory = async (path: string, samples: readonly Sample[], warmUpS: number) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.csv`, toCsv(samples));
  await writeFile(`${path}.svg`, drawMemory(samples, warmUpS));
  print(`\n${path}.csv and ${path}.svg are written.`);
  print('| program | MB | MB an hour | noise, MB | flat |');
  print('| --- | --- | --- | --- | --- |');
  for (const { program, meanMegabytes, megabytesPerHour, noise, isFlat } of trendsOf(samples, warmUpS)) {
    const numbers = [meanMegabytes, megabytesPerHour, noise].map((number) => number.toFixed(1));
    print(`| ${[program, ...numbers, isFlat ? 'yes' : 'NO'].join(' | ')} |`);
    if (!isFlat) process.exitCode = 1;
  }
};

/** Faults now and then for a time. Only one worker is killed, so that the memory of the others can be followed. */
const runSoak = (
  stage: Pick<ChaosOptions, 'backend' | 'storage'>,
  minutes: number,
  say: (line: string) => void,
): Promise<ChaosReport> => {
  const samples: Sample[] = [];
  const endMs = performance.now() + minutes * 60_000;
  const path = join(values.out, `soak-${stage.backend}-${stage.storage}`.toLowerCase());
  return runChaos({
    ...stage,
    seed: Number(values.seed),
    goesOn: () => performance.now() < endMs,
    tasks: 0,
    restMs: 4_000,
    longestMs: LONGEST_MS / 2,
    gapMs: 40_000,
    victims: ['other worker'],
    stopping: stopping.signal,
    say,
    watch: (opened) => {
      const stopSampling = sampleMemory(opened, samples);
      return async () => {
        stopSampling();
        await writeMemory(path, samples, minutes * WARM_UP * 60);
      };
    },
  });
};

const backends = choose<Backend>('backend', ['Postgres', 'Redis']);
const storages = choose<StorageKind>('storage', ['disk', 'S3']);
const all: Recovery[] = [];
for (const backend of backends) {
  if (stopping.signal.aborted) break;
  if (backend === 'Redis' && !redisIsOnPath()) {
    print('*** redis-server is not on the PATH: the Redis backend is NOT tested. ***');
    process.exitCode = 1;
    continue;
  }
  for (const storage of storages) {
    if (stopping.signal.aborted) break;
    const name = `queue in ${backend}, images ${storage === 'S3' ? 'in S3' : 'on disk'}, seed ${values.seed}`;
    print(`\n${name}`);
    const startMs = performance.now();
    const say = (line: string) =>
      print(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}`);
    const stage = { backend, storage };
    const report = await (values.soak ? runSoak(stage, Number(values.soak), say) : runFaults(stage, say));
    all.push(...report.recoveries);
    for (const line of ['', ...tableOf(report.recoveries)]) print(line);
    printReport(name, report);
  }
}
for (const line of ['', ...tableOf(all)]) print(line);
