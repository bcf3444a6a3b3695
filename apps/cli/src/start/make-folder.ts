import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { unusable } from './start-error.js';

const make = (folder: string): void => {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder);
};

/**
 * Creates a folder and its parents one by one, because Node's recursive mkdir never returns where no folders
 * can be created, such as below /proc.
 * @throws StartError when it cannot be created
 */
export const makeFolder = (folder: string): void => {
  try {
    make(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
};
