import { expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../../test/fake-program.js';
import { makeFolder } from './make-folder.js';

it('makeFolder creates a folder with its parents and accepts an existing one', () => {
  const folder = join(newFolder(), 'a', 'b', 'c');
  makeFolder(folder);
  makeFolder(folder);
  expect(existsSync(folder)).toBe(true);
});

it('makeFolder fails with one sentence when it cannot create the folder', () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(join(file, 'a', 'b'))).toThrow(`b cannot be used: not a directory.`);
  if (process.platform === 'linux') {
    expect(() => makeFolder('/proc/none/a')).toThrow(
      '/proc/none/a cannot be used: no such file or directory.',
    );
  }
});
