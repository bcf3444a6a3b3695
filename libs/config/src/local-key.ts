import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type LocalKeyConfig = { readonly API_KEY?: string | undefined; readonly DATA_DIR: string };

/** The file in which `npm start` keeps the key that it made. */
export const localKeyFile = ({ DATA_DIR }: LocalKeyConfig): string => join(DATA_DIR, 'api-key');

/** The key `local` of `npm start`: API_KEY, or the one in DATA_DIR. Undefined when there is none yet. */
export const readLocalKey = (config: LocalKeyConfig): string | undefined => {
  if (config.API_KEY) return config.API_KEY;
  const path = localKeyFile(config);
  return (existsSync(path) && readFileSync(path, 'utf8').trim()) || undefined;
};

/** What to say to an operator who wants to change that key, which each start sets again. */
export const localKeyKept = (config: LocalKeyConfig): string =>
  config.API_KEY
    ? 'Each npm start sets the key local to API_KEY: change that, and start again.'
    : `Each npm start sets the key local to that in ${localKeyFile(config)}: delete that file, and start again.`;
