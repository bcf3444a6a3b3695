import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hasCluster, moveCluster } from '#embedded-postgres';
import { keyFiles } from './archive-format.js';

/** What a restore replaces beside the database. */
const parts = ['images', ...keyFiles] as const;

/** Where a restore builds the new data, in DATA_DIR so that they can be moved. */
export const draftOf = (dataDir: string): string => join(dataDir, 'restore.new');

/** Steps of the move that were taken. Each can be repeated after a kill. */
const built = (dataDir: string) => join(draftOf(dataDir), 'built');
const cleared = (dataDir: string) => join(draftOf(dataDir), 'cleared');

const hasPart = (dataDir: string, name: string): boolean => {
  const path = join(dataDir, name);
  if (!existsSync(path)) return false;
  return name !== 'images' || readdirSync(path).some((entry) => !entry.startsWith('.'));
};

/** Whether a restore would replace anything. */
export const hasData = (dataDir: string): boolean =>
  hasCluster(dataDir) || parts.some((name) => hasPart(dataDir, name));

/** @returns a part on a disk of its own, which cannot be moved aside */
export const mountedPart = (dataDir: string): string | undefined =>
  ['postgres', ...parts]
    .map((name) => join(dataDir, name))
    .find((path) => existsSync(path) && lstatSync(path).dev !== lstatSync(dataDir).dev);

const move = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true });
  moveCluster(from, to);
  for (const name of parts) if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name));
};

/** Marks the draft as whole. From now on the next start finishes a restore that was killed. */
export const markBuilt = (dataDir: string, asideName: string): void =>
  writeFileSync(built(dataDir), asideName, { flush: true });

/**
 * Moves a whole draft into place and keeps the former data aside.
 * @returns whether there was one
 */
export const finishRestore = (dataDir: string): boolean => {
  if (!existsSync(built(dataDir))) return false;
  const aside = join(dataDir, readFileSync(built(dataDir), 'utf8'));
  if (!existsSync(cleared(dataDir))) {
    if (hasData(dataDir)) move(dataDir, aside);
    writeFileSync(cleared(dataDir), '', { flush: true });
  }
  move(draftOf(dataDir), dataDir);
  rmSync(draftOf(dataDir), { recursive: true });
  return true;
};
