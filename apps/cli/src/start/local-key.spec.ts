import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../../test/fake-program.js';
import { keyWarning, localKey } from './local-key.js';

describe('the local key', () => {
  it('is created once, is long, and is readable by its owner only', () => {
    const DATA_DIR = newFolder();
    const first = localKey({ DATA_DIR });
    expect(first).toEqual({ key: expect.stringMatching(/^cc_[\w-]{43}$/), source: 'file' });
    expect(localKey({ DATA_DIR })).toEqual(first);
    expect(readFileSync(join(DATA_DIR, 'api-key'), 'utf8')).toBe(`${first.key}\n`);
    expect(statSync(join(DATA_DIR, 'api-key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(DATA_DIR)).toEqual(['api-key']);
    expect(localKey({ DATA_DIR: newFolder() }).key).not.toBe(first.key);
  });

  it('is API_KEY when that is set, which is not written to disk', () => {
    const DATA_DIR = newFolder();
    expect(localKey({ DATA_DIR, API_KEY: 'mine' })).toEqual({ key: 'mine', source: 'environment' });
    expect(readdirSync(DATA_DIR)).toEqual([]);
  });

  it('is created again when a full disk left an empty file', () => {
    const DATA_DIR = newFolder();
    writeFileSync(join(DATA_DIR, 'api-key'), '\n');
    expect(localKey({ DATA_DIR }).key).toHaveLength(46);
  });

  it('gives a warning when it is short', () => {
    expect(keyWarning({ key: 'x'.repeat(23), source: 'environment' })).toContain('23 characters');
    expect(keyWarning({ key: 'x'.repeat(24), source: 'environment' })).toBeUndefined();
  });

  it('fails with one sentence when it cannot be stored', () => {
    const path = join(newFolder(), 'missing');
    expect(() => localKey({ DATA_DIR: path })).toThrow(
      `${join(path, 'api-key')} cannot be used: no such file or directory.`,
    );
  });
});
