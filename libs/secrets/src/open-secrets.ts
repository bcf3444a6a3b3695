import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecrets, KEY_BYTES, SecretsError, type Secrets } from './secrets.js';

type SecretsConfig = {
  /** Base64 keys of 32 bytes, newest first. */
  readonly SECRETS_KEY?: readonly string[] | undefined;
  readonly DATA_DIR: string;
};

const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** Creates the key file atomically. If two programs do so at once, both get the same key. */
const makeKey = (path: string): void => {
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};

const readKey = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

const pathIn = (folder: string) => join(folder, 'secrets-key');

const keyOfFolder = (folder: string): string => {
  const path = pathIn(folder);
  const kept = readKey(path);
  if (kept) return kept;
  mkdirSync(folder, { recursive: true });
  makeKey(path);
  return readFileSync(path, 'utf8').trim();
};

/**
 * Uses the keys of SECRETS_KEY, or the key in the data folder, which the first program creates. Programs that
 * do not share a data folder need the same SECRETS_KEY.
 * @throws SecretsError when a key is damaged; the system's error when the folder cannot be used
 */
export const openSecrets = ({ SECRETS_KEY, DATA_DIR }: SecretsConfig): Secrets => {
  const [first, ...others] = SECRETS_KEY?.length ? SECRETS_KEY : [keyOfFolder(DATA_DIR)];
  const toKey = (text = '') => {
    const key = Buffer.from(text, 'base64');
    if (key.byteLength === KEY_BYTES) return key;
    throw new SecretsError(
      `A key in SECRETS_KEY or ${DATA_DIR}/secrets-key is not ${KEY_BYTES} bytes in base64.`,
    );
  };
  return createSecrets([toKey(first), ...others.map(toKey)]);
};

/**
 * As `openSecrets`, for commands: they work on what programs sealed, so a key of their own would be wrong.
 * @throws SecretsError also when there is no key
 */
export const openExistingSecrets = (config: SecretsConfig): Secrets => {
  if (config.SECRETS_KEY?.length || readKey(pathIn(config.DATA_DIR))) return openSecrets(config);
  throw new SecretsError(
    `SECRETS_KEY is not set, and ${config.DATA_DIR} has no secrets-key: set it as the programs have it.`,
  );
};
