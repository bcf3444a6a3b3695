import { readFile } from 'node:fs/promises';
import { reasonOf } from '#errors';
import { ConfigError } from './read-config.js';

/**
 * The text of a file that a setting names.
 *
 * @param what the file is, such as "models file"
 * @throws ConfigError when it cannot be read
 */
export const readFileOf = async (path: string, what: string): Promise<string> => {
  try {
    // Some Windows editors add a byte order mark, which JSON does not allow.
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new ConfigError(`The ${what} ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
};
