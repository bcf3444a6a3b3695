import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '#errors';
import { loadCatalogue, type Catalogue } from '#models';
import { ConfigError, type Config } from './read-config.js';

const read = async (path: string): Promise<string> => {
  try {
    // Some Windows editors add a byte order mark, which JSON does not allow.
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new ConfigError(`The models file ${path} cannot be read: ${reason}.`, { cause });
  }
};

/**
 * The catalogue of this installation: the built-in models and those of MODELS_FILE.
 * @throws ConfigError when the file cannot be read, CatalogueError when its content is invalid
 */
export const readCatalogue = async ({ MODELS_FILE }: Pick<Config, 'MODELS_FILE'>): Promise<Catalogue> => {
  if (MODELS_FILE === undefined) return loadCatalogue(undefined);

  const text = await read(MODELS_FILE);
  return loadCatalogue({ text, name: MODELS_FILE, url: pathToFileURL(MODELS_FILE).href });
};
