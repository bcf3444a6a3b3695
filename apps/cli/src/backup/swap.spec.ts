import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { draftOf, finishRestore, hasData, markBuilt } from './swap.js';

const files = ['postgres/database/PG_VERSION', 'images/inputs/ab/one.png', 'api-key', 'secrets-key'];
const parts = ['postgres', 'images', 'api-key', 'secrets-key'];

let dataDir: string;
const fill = (folder: string, text: string, names = files) => {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
const read = (folder: string) =>
  files.map((name) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined,
  );
const all = (text: string) => files.map(() => text);
const aside = () => join(dataDir, 'replaced-then');

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'clearcut-swap-'));
  fill(dataDir, 'former');
  fill(draftOf(dataDir), 'restored');
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('finishRestore', () => {
  it('leaves the data alone while the draft is not whole', () => {
    expect(finishRestore(dataDir)).toBe(false);
    expect(read(dataDir)).toEqual(all('former'));
  });

  it('puts the restored data in place, keeps the former ones aside, and does so once', () => {
    markBuilt(dataDir, 'replaced-then');
    expect(finishRestore(dataDir)).toBe(true);
    expect([read(dataDir), read(aside())]).toEqual([all('restored'), all('former')]);
    expect(existsSync(draftOf(dataDir))).toBe(false);
    expect(finishRestore(dataDir)).toBe(false);
  });

  it.each([0, 1, 2, 3, 4])('continues after a kill that came when %i former parts were aside', (moved) => {
    markBuilt(dataDir, 'replaced-then');
    mkdirSync(aside());
    for (const name of parts.slice(0, moved)) renameSync(join(dataDir, name), join(aside(), name));
    expect(finishRestore(dataDir)).toBe(true);
    expect([read(dataDir), read(aside())]).toEqual([all('restored'), all('former')]);
  });

  it.each([1, 2, 3, 4])('continues after a kill that came when %i restored parts were in place', (moved) => {
    markBuilt(dataDir, 'replaced-then');
    mkdirSync(aside());
    for (const name of parts) renameSync(join(dataDir, name), join(aside(), name));
    writeFileSync(join(draftOf(dataDir), 'cleared'), '');
    for (const name of parts.slice(0, moved)) renameSync(join(draftOf(dataDir), name), join(dataDir, name));
    expect(finishRestore(dataDir)).toBe(true);
    expect([read(dataDir), read(aside())]).toEqual([all('restored'), all('former')]);
  });

  it('puts a former key aside that the backup does not have', () => {
    rmSync(join(draftOf(dataDir), 'secrets-key'));
    markBuilt(dataDir, 'replaced-then');
    finishRestore(dataDir);
    expect(existsSync(join(dataDir, 'secrets-key'))).toBe(false);
    expect(read(aside())).toEqual(all('former'));
  });

  it('takes no folder aside where there were no data', () => {
    for (const name of parts) rmSync(join(dataDir, name), { recursive: true });
    expect(hasData(dataDir)).toBe(false);
    markBuilt(dataDir, 'replaced-then');
    finishRestore(dataDir);
    expect([read(dataDir), existsSync(aside())]).toEqual([all('restored'), false]);
  });
});
