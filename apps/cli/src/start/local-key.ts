import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { localKeyFile, readLocalKey } from '#config';
import { StartError, unusable } from './start-error.js';

export type LocalKey = { readonly key: string; readonly source: 'environment' | 'file' };

/** Shorter keys could be guessed. */
const SHORT = 24;

/** Writes the key atomically, because a full disk must not leave half a key behind. */
const keep = (path: string, key: string): void => {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  try {
    writeFileSync(draft, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
};

/**
 * Returns API_KEY, or the key in the data folder, which the first start creates.
 * @throws StartError when the data folder cannot be written
 */
export const localKey = (config: {
  readonly API_KEY?: string | undefined;
  readonly DATA_DIR: string;
}): LocalKey => {
  if (config.API_KEY) return { key: config.API_KEY, source: 'environment' };

  const path = localKeyFile(config);
  try {
    const kept = readLocalKey(config);
    if (kept) return { key: kept, source: 'file' };
    const key = `cc_${randomBytes(32).toString('base64url')}`;
    keep(path, key);
    return { key, source: 'file' };
  } catch (error) {
    throw unusable(path, error);
  }
};

export const isShort = (key: string): boolean => key.length < SHORT;

export const tooShort = (key: string): StartError =>
  new StartError(
    `API_KEY has ${key.length} characters and could be guessed: use ${SHORT} or more, or unset it to get a safe key.`,
  );

/** A warning when the key is too short to be safe. */
export const keyWarning = ({ key }: LocalKey): string | undefined =>
  isShort(key)
    ? `Warning: the key has ${key.length} characters and could be guessed; use ${SHORT} or more.`
    : undefined;
