import { pathToFileURL } from 'node:url';
import { loadCatalogue, type Catalogue } from '#models';
import type { Config } from './read-config.js';
import { readFileOf } from './read-file.js';

/**
 * The catalogue of this installation: the built-in models and those of MODELS_FILE.
 * @throws ConfigError when the file cannot be read, CatalogueError when its content is invalid
 */
export const readCatalogue = async ({ MODELS_FILE }: Pick<Config, 'MODELS_FILE'>): Promise<Catalogue> => {
  if (MODELS_FILE === undefined) return loadCatalogue(undefined);

  const text = await readFileOf(MODELS_FILE, 'models file');
  return loadCatalogue({ text, name: MODELS_FILE, url: pathToFileURL(MODELS_FILE).href });
};
