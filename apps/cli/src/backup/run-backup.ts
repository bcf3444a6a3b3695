import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig, type Config } from '#config';
import { TaskError } from '#contract';
import { checkSchema, noteBackup, openDatabase, openDump, type Dump } from '#database';
import { reasonOf } from '#errors';
import { openStorage, type Storage } from '#storage';
import { isHelp, print, readArguments, UsageError, type Help } from '../command.js';
import { HEAD, keyFiles, type Head } from './archive-format.js';
import { BackupError } from './backup-error.js';
import { count, explained, fromUser, requireOwnPostgres } from './own-data.js';
import { openServer } from './own-server.js';
import { createArchive, type ArchiveWriter } from './write-archive.js';

const usage = `Usage: npx clearcut backup <file or folder> [--replace]

Copies the data of npm start in DATA_DIR into one file: the database, the images, and the keys that are needed to read
them. npm start may run meanwhile; all is as it was at one moment. In a folder, the file gets the time as its name. It
holds secrets: keep it where nobody else can read it. Weights are not copied, since they can be pulled again.

  --replace   overwrite the file
`;

const options = { replace: { type: 'boolean' } } as const;

const readTarget = (args: readonly string[]): string => {
  const { values, positionals } = readArguments(args, options, usage);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('Name one file or folder.', usage);
  const path = fromUser(name);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const file = isFolder ? join(path, `clearcut-${time}.tar`) : path;
  if (existsSync(file) && !values.replace)
    throw new BackupError(`${file} exists: name another file, or add --replace.`);
  return file;
};

const copyKeys = async ({ DATA_DIR }: Config, archive: ArchiveWriter): Promise<void> => {
  for (const name of keyFiles) {
    const path = join(DATA_DIR, name);
    if (existsSync(path)) await archive.add(`keys/${name}`, readFileSync(path));
  }
};

const copyRows = async (dump: Dump, archive: ArchiveWriter, signal: AbortSignal) => {
  const rows = Object.fromEntries(dump.head.tables.map(({ name }) => [name, 0]));
  let number = 0;
  for await (const page of dump.pages()) {
    signal.throwIfAborted();
    await archive.add(`database/${page.table}/${++number}.jsonl`, Buffer.from(page.lines));
    rows[page.table] = (rows[page.table] ?? 0) + page.rows;
  }
  return rows;
};

/** @returns undefined when the image was deleted after the moment of the backup, or its bytes were lost */
const readImage = (storage: Storage, key: string): Promise<Buffer | undefined> =>
  storage.read(key).catch((error: unknown) => {
    if (error instanceof TaskError && error.code === 'mediaNotFound') return undefined;
    throw error;
  });

const copyImages = async (config: Config, dump: Dump, archive: ArchiveWriter, signal: AbortSignal) => {
  const copied = { images: 0, bytes: 0, lostImages: [] as string[] };
  if (config.STORAGE !== 'disk') return copied;
  const storage = await openStorage(config);
  for await (const page of dump.images())
    for (const { id, storageKey } of page) {
      signal.throwIfAborted();
      const bytes = await readImage(storage, storageKey);
      if (bytes) await archive.add(`images/${storageKey}`, bytes);
      else copied.lostImages.push(id);
      copied.images += bytes ? 1 : 0;
      copied.bytes += bytes?.byteLength ?? 0;
    }
  storage.close();
  return copied;
};

const release = (): string => {
  const manifest = readFileSync(new URL('../../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
};

const copyAll = async (config: Config, dump: Dump, archive: ArchiveWriter, signal: AbortSignal) => {
  const head: Head = {
    format: 1,
    release: release(),
    madeAt: new Date().toISOString(),
    storage: config.STORAGE,
    migrations: [...dump.head.migrations],
    tables: dump.head.tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
  };
  await archive.add(HEAD, Buffer.from(JSON.stringify(head)));
  await copyKeys(config, archive);
  const rows = await copyRows(dump, archive, signal);
  const { bytes, ...images } = await copyImages(config, dump, archive, signal);
  await archive.finish({ rows, ...images, sequences: await dump.sequences() });
  return { tasks: rows['tasks'] ?? 0, bytes, ...images };
};

/** Metrics and doctor tell the age. The schema of an older release has no table for it. */
const note = async (url: string, madeAt: Date): Promise<void> => {
  const database = openDatabase(url);
  try {
    const check = await checkSchema(database);
    await check();
    await noteBackup(database, madeAt);
  } catch (error) {
    process.stderr.write(
      `The backup is whole, but could not be noted: ${reasonOf(error).trim().split('\n').at(-1)}\n`,
    );
  } finally {
    await database.$disconnect();
  }
};

const report = (config: Config, file: string, copied: Awaited<ReturnType<typeof copyAll>>): void => {
  const { tasks, images, bytes, lostImages } = copied;
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  print(`${file}\n`);
  const notes = [
    `Copied ${count(tasks, 'task')} and ${count(images, 'image')} (${size}), and checked the file. It holds secrets.`,
    ...(lostImages.length > 0
      ? [`${count(lostImages.length, 'image')} had no bytes any more, and will count as deleted.`]
      : []),
    ...(config.STORAGE === 'disk' ? [] : ['The images are in the bucket: copy it as well.']),
    ...(config.SECRETS_KEY ? ['SECRETS_KEY is not in the file: keep it, in another place.'] : []),
  ];
  for (const note of notes) process.stderr.write(`${note}\n`);
};

export const help: Help = { usage };

/**
 * `npx clearcut backup`
 *
 * @throws UsageError, BackupError, StartError, and faults of the environment
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const config = readConfig();
  requireOwnPostgres(config);
  const file = readTarget(args);
  const server = await openServer(config, signal);
  try {
    const dump = await openDump(server.url);
    try {
      const archive = await createArchive(file);
      try {
        const madeAt = new Date();
        report(config, file, await copyAll(config, dump, archive, signal));
        await note(server.url, madeAt);
      } finally {
        await archive.close();
      }
    } finally {
      await dump.close();
    }
  } catch (error) {
    throw explained('The backup was not made', error, signal);
  } finally {
    await server.stop();
  }
};
