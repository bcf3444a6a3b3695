import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { unusable } from './start-error.js';

const make = (folder: string): void => {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder);
};

/**
 * A folder with all above it, one by one: Node's own recursive way never ends where a file system takes no
 * folders at all, such as below /proc.
 *
 * @throws StartError when it cannot be made
 */
export const makeFolder = (folder: string): void => {
  try {
    make(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
};
