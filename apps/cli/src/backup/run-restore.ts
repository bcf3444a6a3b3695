import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readConfig, type Config } from '#config';
import { checkDump } from '#database';
import { removeCluster } from '#embedded-postgres';
import { isHelp, print, readArguments, UsageError, type Help } from '../command.js';
import { lockDataDir } from '../start/data-lock.js';
import { makeFolder } from '../start/make-folder.js';
import { BackupError } from './backup-error.js';
import { buildDraft } from './build-draft.js';
import { count, explained, fromUser, requireOwnPostgres } from './own-data.js';
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

const removeDraft = (folder: string): void => {
  if (!existsSync(folder)) return;
  removeCluster(folder);
  rmSync(folder, { recursive: true, force: true });
};

/** Run by root, a restore must not leave files that the user of DATA_DIR cannot open. */
const giveToOwnerOf = (dataDir: string, draft: string): void => {
  const { uid, gid } = statSync(dataDir);
  if (process.getuid?.() !== 0 || uid === 0) return;
  for (const name of readdirSync(draft, { recursive: true, encoding: 'utf8' }))
    chownSync(join(draft, name), uid, gid);
};

const restore = async (file: string, config: Config, signal: AbortSignal): Promise<void> => {
  const { DATA_DIR } = config;
  const folder = draftOf(DATA_DIR);
  removeDraft(folder);
  mkdirSync(folder);
  // Started by root, Postgres runs as another user, who must enter the folder.
  chmodSync(folder, 0o711);
  try {
    const { rows, images } = await buildDraft({ file, folder, config, log: say }, signal);
    giveToOwnerOf(DATA_DIR, folder);
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
    if (existsSync(join(folder, 'built'))) throw error;
    removeDraft(folder);
    throw explained('Nothing was restored, and the data are as they were', error, signal);
  }
};

const check = async (file: string): Promise<void> => {
  for await (const entry of readArchive(file)) {
    if (entry.kind === 'head') checkDump(entry.head);
    if (entry.kind !== 'tail') continue;
    const { rows, images } = entry.tail;
    print(`${basename(file)} is whole: ${count(rows['tasks'] ?? 0, 'task')}, ${count(images, 'image')}.\n`);
  }
};

export const help: Help = { usage };

/**
 * `npx clearcut restore`
 *
 * @throws UsageError, BackupError, StartError, and faults of the environment
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const config = readConfig();
  const { file, isCheck, mayReplace } = readRestore(args);
  if (isCheck) return check(file);
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
