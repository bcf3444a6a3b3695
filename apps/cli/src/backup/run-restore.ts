import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readConfig, type Config } from '#config';
import { checkDump, openLoad, type Load } from '#database';
import { removeCluster, startEmbeddedPostgres } from '#embedded-postgres';
import { imageIdOf, openStorage, type Storage } from '#storage';
import { isHelp, print, readArguments, UsageError } from '../command.js';
import { lockDataDir } from '../start/data-lock.js';
import { makeFolder } from '../start/make-folder.js';
import { keyFiles, type Head, type Tail } from './archive-format.js';
import { BackupError } from './backup-error.js';
import { count, fromUser, requireOwnPostgres } from './own-data.js';
import { readArchive } from './read-archive.js';
import { draftOf, finishRestore, hasData, markBuilt, mountedPart } from './swap.js';

const usage = `Usage: npx clearcut restore <file> [--replace | --check]

Puts the data of a backup into DATA_DIR. Stop npm start before. A backup of an older release is migrated by the next start.
Tasks that had not ended run again, and webhooks that were due are sent again.

  --replace   put data that are there aside, into DATA_DIR/replaced-<time>
  --check     only read the file, and say whether it is whole
`;

const options = { replace: { type: 'boolean' }, check: { type: 'boolean' } } as const;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const readRestore = (args: readonly string[]) => {
  const { values, positionals } = readArguments(args, options, usage);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('Name one file.', usage);
  if (values.replace && values.check) throw new UsageError('Choose --replace or --check.', usage);
  const file = fromUser(name);
  if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
  return { file, isCheck: values.check === true, mayReplace: values.replace === true };
};

const checkHead = (head: Head, { STORAGE }: Config): void => {
  checkDump(head);
  if (head.storage === STORAGE) return;
  const place = head.storage === 'disk' ? 'in the backup' : 'in a bucket, not in the backup';
  throw new BackupError(`The images are ${place}: set STORAGE=${head.storage}.`);
};

/** Where the parts of a backup go. */
type Draft = { readonly folder: string; readonly load: Load; readonly storage: Storage };

const addFile = async (draft: Draft, name: string, bytes: Buffer): Promise<number> => {
  const [part, ...rest] = name.split('/');
  const path = rest.join('/');
  if (part === 'database') return draft.load.insert(rest[0] ?? '', bytes.toString());
  if (part === 'images' && imageIdOf(path) !== undefined) await draft.storage.write(path, bytes);
  else if (part === 'keys' && keyFiles.some((file) => file === path))
    writeFileSync(join(draft.folder, path), bytes, { mode: 0o600, flush: true });
  else throw new BackupError(`The backup has a file ${name}, which this release does not know.`);
  return 0;
};

const requireAll = (tail: Tail, counts: ReadonlyMap<string, number>): void => {
  for (const [table, rows] of Object.entries(tail.rows))
    if ((counts.get(table) ?? 0) !== rows)
      throw new BackupError(`Of ${count(rows, 'row')} of ${table}, ${counts.get(table) ?? 0} were restored.`);
};

/** Builds the data in the folder. @returns what was restored */
const build = async (file: string, folder: string, config: Config, signal: AbortSignal): Promise<Tail> => {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: say });
  const counts = new Map<string, number>();
  const storage = await openStorage({ STORAGE: 'disk', DATA_DIR: folder });
  let load: Load | undefined;
  try {
    for await (const entry of readArchive(file)) {
      signal.throwIfAborted();
      if (entry.kind === 'head') {
        checkHead(entry.head, config);
        load = await openLoad(postgres.url, entry.head);
      } else if (load && entry.kind === 'file') {
        const table = entry.name.split('/')[1] ?? '';
        const rows = await addFile({ folder, load, storage }, entry.name, entry.bytes);
        if (rows > 0) counts.set(table, (counts.get(table) ?? 0) + rows);
      } else if (load && entry.kind === 'tail') {
        requireAll(entry.tail, counts);
        await load.finish(entry.tail.sequences, entry.tail.lostImages);
        return entry.tail;
      }
    }
    throw new BackupError(`${file} is no whole backup of Clearcut.`);
  } finally {
    await load?.close();
    storage.close();
    await postgres.stop();
  }
};

const removeDraft = (folder: string): void => {
  if (!existsSync(folder)) return;
  removeCluster(folder);
  rmSync(folder, { recursive: true, force: true });
};

const restore = async (file: string, config: Config, signal: AbortSignal): Promise<void> => {
  const { DATA_DIR } = config;
  const folder = draftOf(DATA_DIR);
  removeDraft(folder);
  mkdirSync(folder);
  // As root, Postgres runs as another user, who must enter it. What is in it is for its owner alone.
  chmodSync(folder, 0o711);
  try {
    const { rows, images } = await build(file, folder, config, signal);
    const isReplacing = hasData(DATA_DIR);
    const aside = `replaced-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    markBuilt(DATA_DIR, aside);
    finishRestore(DATA_DIR);
    say(`Restored ${count(rows['tasks'] ?? 0, 'task')} and ${count(images, 'image')} to ${DATA_DIR}.`);
    if (!config.SECRETS_KEY && !existsSync(join(DATA_DIR, 'secrets-key')))
      say('The backup has no secrets-key: set SECRETS_KEY as it was, or addresses of callers stay sealed.');
    if (isReplacing) say(`The former data are in ${join(DATA_DIR, aside)}; delete them when all is well.`);
  } catch (error) {
    // A whole draft is finished by the next start.
    if (!existsSync(join(folder, 'built'))) removeDraft(folder);
    throw error;
  }
};

const check = async (file: string, config: Config): Promise<void> => {
  for await (const entry of readArchive(file)) {
    if (entry.kind === 'head') checkHead(entry.head, config);
    if (entry.kind !== 'tail') continue;
    const { rows, images } = entry.tail;
    print(`${basename(file)} is whole: ${count(rows['tasks'] ?? 0, 'task')}, ${count(images, 'image')}.\n`);
  }
};

/**
 * `npx clearcut restore`
 *
 * @throws UsageError, BackupError, StartError, and faults of the environment
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const config = readConfig();
  const { file, isCheck, mayReplace } = readRestore(args);
  if (isCheck) return check(file, config);
  requireOwnPostgres(config);
  const { DATA_DIR } = config;
  makeFolder(DATA_DIR);
  const lock = await lockDataDir(DATA_DIR, signal);
  try {
    finishRestore(DATA_DIR);
    if (hasData(DATA_DIR) && !mayReplace)
      throw new BackupError(`There are data in ${DATA_DIR}: add --replace to put them aside.`);
    const mounted = mountedPart(DATA_DIR);
    if (mounted !== undefined)
      throw new BackupError(`${mounted} is a disk of its own: restore to another DATA_DIR, or unmount it.`);
    await restore(file, config, signal);
  } finally {
    lock.release();
  }
};
