import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate, openDatabase, type Database } from '#database';
import { startEmbeddedPostgres } from '#embedded-postgres';
import { superuserUrl } from '#test/databases';
import { writeHistory, type WrittenHistory } from '#test/history';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { median } from '../statistics.js';
import { accept, lap } from './operations.js';
import { countUpdates, type Counters } from './updates.js';

const usual = { from: 10_000, to: 1_000_000, rounds: 300, waiting: 1_000, updates: 2_000 };
/** Postgres settles on a plan within five runs of a statement on each connection. */
const WARM_UP = 30;

const startPostgres = async ({ closers }: Bench): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-bench-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  // When root starts it, Postgres runs as another user, who needs access.
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  closers.push(() => rm(postgres.databaseDir, { recursive: true, force: true }), postgres.stop);
  // It creates a database for each size.
  return superuserUrl(postgres);
};

/** A database with a history of so many tasks. */
type Subject = {
  readonly rows: number;
  readonly url: string;
  readonly client: pg.Client;
  readonly database: Database;
  readonly history: WrittenHistory;
  readonly laps: Record<string, number>[];
};

const openSubject = async (
  { closers }: Bench,
  serverUrl: string,
  { rows, waiting }: { readonly rows: number; readonly waiting: number },
): Promise<Subject> => {
  const url = Object.assign(new URL(serverUrl), { pathname: `/growth_${rows}` }).href;
  await migrate(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  closers.push(() => client.end());
  const history = await writeHistory(client, rows);
  const database = openDatabase(url);
  closers.push(() => database.$disconnect());
  for (let i = 0; i < waiting; i++) await accept(database, history.ownerId);
  await client.query('ANALYZE');
  await client.query('CHECKPOINT');
  return { rows, url, client, database, history, laps: [] };
};

const sizesOf = (from: number, to: number): number[] => {
  const sizes = [];
  for (let size = from; size <= to; size *= 10) sizes.push(size);
  return sizes;
};

/** In turn, so that other load on the machine meets all alike. */
const measure = async ({ stopping }: Bench, subjects: readonly Subject[], rounds: number): Promise<void> => {
  for (let i = 0; i < rounds + WARM_UP; i++) {
    for (const { database, history, laps } of subjects) {
      stopping.signal.throwIfAborted();
      const times = await lap(database, history);
      if (i >= WARM_UP) laps.push(times);
    }
  }
};

const printTimes = ({ print }: Bench, subjects: readonly Subject[]) => {
  const names = Object.keys(subjects[0]?.laps[0] ?? {});
  const mediansOf = ({ laps }: Subject) =>
    names.map((name) => median(laps.map((times) => times[name] ?? NaN)));
  print(`| tasks | ${names.join(' | ')} |`);
  print(`|${' --- |'.repeat(names.length + 1)}`);
  for (const subject of subjects)
    print(`| ${[subject.rows, ...mediansOf(subject).map((ms) => ms.toFixed(2))].join(' | ')} |`);
  const [first, last] = [subjects[0], subjects.at(-1)].map((subject) => (subject ? mediansOf(subject) : []));
  const ratios = names.map((_, i) => ((last?.[i] ?? NaN) / (first?.[i] ?? NaN)).toFixed(2));
  print(`| last ÷ first (goal 1.2) | ${ratios.join(' | ')} |`);
};

const printUpdates = ({ print }: Bench, { updates, hot }: Counters, tasks: number) => {
  const percent = ((100 * hot) / updates).toFixed(0);
  print(
    `\nUpdates of a task's row: ${(updates / tasks).toFixed(1)}, of which ${percent} % within their page (HOT)`,
  );
};

const run = async (bench: Bench): Promise<void> => {
  const { print, progress, stopping } = bench;
  const { from, to, rounds, waiting, updates } = readCounts(bench.args, usual);
  const serverUrl = await startPostgres(bench);
  const subjects: Subject[] = [];
  for (const rows of sizesOf(from, to)) {
    progress.note(`Writing ${rows} tasks …`);
    stopping.signal.throwIfAborted();
    subjects.push(await openSubject(bench, serverUrl, { rows, waiting }));
  }
  progress.note('Measuring …');
  await measure(bench, subjects, rounds);
  print(`Milliseconds with so many old tasks, and ${waiting} that wait (medians of ${rounds}).`);
  printTimes(bench, subjects);

  const { client, database, url, history } = subjects.at(-1)!;
  await database.$disconnect();
  const counted = await countUpdates(client, url, { ownerId: history.ownerId, tasks: updates });
  printUpdates(bench, counted, updates + waiting);
};

export const growth: Benchmark = {
  about:
    'whether old tasks slow new ones; --from 10000 --to 1000000 --rounds 300 --waiting 1000 --updates 2000',
  smallest: ['--from', '100', '--to', '1000', '--rounds', '2', '--waiting', '5', '--updates', '10'],
  run,
};
