import { readConfig, type Config } from '#config';
import { TaskError } from '#contract';
import {
  connectionUse,
  databaseIdentity,
  expectedImages,
  findOrphans,
  markDeleted,
  openWork,
  putBackRestored,
  type Database,
} from '#database';
import { hasCluster } from '#embedded-postgres';
import { imageIdOf, isUnfinished, openStorage, storedFolders, type Storage } from '#storage';
import { isHelp, print, readArguments, UsageError, type Help } from '../command.js';
import { databaseUrl, withDatabase } from '../database.js';
import { BackupError } from './backup-error.js';
import { count } from './own-data.js';
import { openServer, type Server } from './own-server.js';

const usage = `Usage: npx clearcut check-restore [--fix]

Compares the database of DATABASE_URL with the storage, as after both were restored from copies: rows whose bytes are
missing, bytes without a row, and the tasks and webhooks that will run when the programs start. Without DATABASE_URL it is
that of npm start in DATA_DIR, which may be stopped. The exit code is 1 while images are missing or bytes have no row.

  --fix   for a restored copy, before any program starts: count missing images as deleted, put unfinished tasks back into the
          line, and delete bytes without a row
`;

/** Names the database whose images lie in a storage; see the dispatcher's sweep. */
const OWNER_KEY = 'database-id';
const SHOWN = 10;

type Findings = {
  rows: number;
  /** Missing, and their time was over: deleted after the copy of the rows, as they should be. */
  readonly expired: string[];
  readonly missing: string[];
  /** Missing ones that unfinished tasks are to read. */
  awaited: number;
  readonly orphans: string[];
};

const folderOfProbes = storedFolders.filter((folder) => !folder.includes('/'));
/** The 256 beginnings of UUIDs by which images are spread over folders. */
const beginnings = storedFolders.flatMap((folder) => /^inputs\/(..)$/.exec(folder)?.[1] ?? []);

const compareFolder = async (database: Database, storage: Storage, digits: string, found: Findings) => {
  // The rows first: a file that comes meanwhile is no missing one.
  const images = await expectedImages(database, digits);
  const files = (
    await Promise.all(['inputs', 'outputs'].map((kind) => storage.list(`${kind}/${digits}`)))
  ).flat();
  const keys = new Set(files.map(({ key }) => key));
  const { madeAt } = await databaseIdentity(database);
  found.rows += images.length;
  for (const { id, storageKey, isExpired, isAwaited } of images) {
    if (keys.has(storageKey)) continue;
    (isExpired ? found.expired : found.missing).push(id);
    if (isAwaited) found.awaited++;
  }
  const old = files.filter(({ writtenAt }) => writtenAt >= madeAt).map(({ key }) => key);
  const stored = old.flatMap((key) => {
    const imageId = imageIdOf(key);
    return imageId === undefined ? [] : [{ key, imageId }];
  });
  found.orphans.push(...old.filter(isUnfinished), ...(await findOrphans(database, stored)));
};

const compare = async (database: Database, storage: Storage, signal: AbortSignal): Promise<Findings> => {
  const found: Findings = { rows: 0, expired: [], missing: [], awaited: 0, orphans: [] };
  for (const digits of beginnings) {
    signal.throwIfAborted();
    await compareFolder(database, storage, digits, found);
  }
  for (const folder of folderOfProbes)
    found.orphans.push(...(await storage.list(folder)).map(({ key }) => key).filter(isUnfinished));
  return found;
};

const ownerOf = async (storage: Storage): Promise<string | undefined> => {
  try {
    return (await storage.read(OWNER_KEY)).toString().trim();
  } catch (error) {
    if (error instanceof TaskError && error.code === 'mediaNotFound') return undefined;
    throw error;
  }
};

/** @throws BackupError when mending could harm a running or another installation */
const checkMayFix = async (database: Database, storage: Storage): Promise<void> => {
  const { processes } = await connectionUse(database);
  const names = [...processes.keys()];
  if (names.length > 0)
    throw new BackupError(
      `Stop the programs first: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} connected.`,
    );
  const { id } = await databaseIdentity(database);
  const owner = await ownerOf(storage);
  if (owner !== undefined && owner !== id)
    throw new BackupError(
      `The storage belongs to another database: see DATA_DIR or S3_PREFIX. If this database replaced the other, delete ${OWNER_KEY} from the storage.`,
    );
};

const fix = async (database: Database, storage: Storage, found: Findings): Promise<void> => {
  const marked = await markDeleted(database, [...found.missing, ...found.expired]);
  for (const key of found.orphans) await storage.remove(key);
  const tasks = await putBackRestored(database);
  print(
    `Mended: ${count(marked, 'image')} ${marked === 1 ? 'counts' : 'count'} as deleted, ${count(found.orphans.length, 'file')} deleted, ` +
      `${count(tasks, 'task')} put back into the line.\n`,
  );
};

const report = async (database: Database, found: Findings): Promise<void> => {
  const { rows, expired, missing, awaited, orphans } = found;
  const { tasks, inHand, deliveries } = await openWork(database);
  const lines = [
    `${count(rows, 'image')} in the database; ${missing.length} missing in the storage, and ${expired.length} more whose time is over.`,
    `${awaited} of those are images of unfinished tasks, which will fail.`,
    `${count(orphans.length, 'file')} without a row in the storage.`,
    `${count(tasks, 'task')} will run, ${inHand} of them had begun; ${count(deliveries, 'webhook')} will be sent.`,
    ...missing.slice(0, SHOWN).map((id) => `missing  ${id}`),
    ...orphans.slice(0, SHOWN).map((key) => `no row   ${key}`),
  ];
  print(`${lines.join('\n')}\n`);
};

const examine = async (database: Database, config: Config, isMended: boolean, signal: AbortSignal) => {
  const storage = await openStorage(config);
  try {
    if (isMended) await checkMayFix(database, storage);
    const found = await compare(database, storage, signal);
    await report(database, found);
    if (isMended) return await fix(database, storage, found);
    if (found.missing.length + found.orphans.length > 0) process.exitCode = 1;
  } finally {
    storage.close();
  }
};

export const help: Help = { usage };

/** The database that DATABASE_URL names, or that of npm start, which this command starts where it is stopped. */
const openNamed = async (config: Config, signal: AbortSignal): Promise<Server> => {
  const { DATABASE_DIRECT_URL, DATABASE_URL, DATA_DIR } = config;
  if ((DATABASE_DIRECT_URL ?? DATABASE_URL) !== undefined)
    return { url: databaseUrl(config), stop: async () => {} };
  if (hasCluster(DATA_DIR)) return openServer(config, signal);
  const message = `DATABASE_URL is not set, and there are no data in ${DATA_DIR}: set DATABASE_URL or DATA_DIR.`;
  throw new BackupError(message);
};

/**
 * `npx clearcut check-restore`
 *
 * @throws UsageError, BackupError, StartError, and faults of the environment, the database or the storage
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { values, positionals } = readArguments(args, { fix: { type: 'boolean' } }, usage);
  if (positionals.length > 0) throw new UsageError('check-restore takes no arguments.', usage);
  const config = readConfig();
  const server = await openNamed(config, signal);
  try {
    await withDatabase((database) => examine(database, config, values.fix === true, signal), server.url);
  } finally {
    await server.stop();
  }
};
