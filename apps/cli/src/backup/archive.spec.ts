import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMountDisks, mountSmallDisk } from '#test/small-disk';
import { HEAD, type Head } from './archive-format.js';
import { BackupError } from './backup-error.js';
import { readArchive, type ArchiveEntry } from './read-archive.js';
import { createArchive } from './write-archive.js';

const head: Head = {
  format: 1,
  release: '1.2.3',
  madeAt: '2027-01-01T00:00:00.000Z',
  storage: 'disk',
  migrations: ['1_first'],
  tables: [{ name: 'tasks', columns: ['id'] }],
};
const tail = { rows: { tasks: 2 }, images: 1, lostImages: [], sequences: { tasks_id_seq: '2' } };
const picture = Buffer.alloc(100_000, 'picture');

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clearcut-archive-'));
  file = join(folder, 'backup.tar');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = async () => {
  const archive = await createArchive(file);
  await archive.add(HEAD, Buffer.from(JSON.stringify(head)));
  await archive.add('database/tasks/1.jsonl', Buffer.from('["1"]\n["2"]\n'));
  await archive.add('images/inputs/ab/one.png', picture);
  await archive.add('keys/empty', Buffer.alloc(0));
  return archive;
};
const whole = async () => {
  const archive = await write();
  await archive.finish(tail);
  await archive.close();
};
const readAll = async (): Promise<ArchiveEntry[]> => {
  const entries: ArchiveEntry[] = [];
  for await (const entry of readArchive(file)) entries.push(entry);
  return entries;
};

describe('a backup file', () => {
  it('gives back what was written, in its order, and can be read by its user alone', async () => {
    await whole();
    expect(await readAll()).toEqual([
      { kind: 'head', head },
      { kind: 'file', name: 'database/tasks/1.jsonl', bytes: Buffer.from('["1"]\n["2"]\n') },
      { kind: 'file', name: 'images/inputs/ab/one.png', bytes: picture },
      { kind: 'file', name: 'keys/empty', bytes: Buffer.alloc(0) },
      { kind: 'tail', tail: { ...tail, sha256: expect.any(String) } },
    ]);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('does not exist before it is whole', async () => {
    const archive = await write();
    expect(existsSync(file)).toBe(false);
    await archive.close();
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  // Where no disk can be mounted, small-disk.ts prints what is skipped.
  (canMountDisks ? it : it.skip)('says that the disk is full, and leaves nothing behind', async () => {
    const disk = await mountSmallDisk(1);
    try {
      file = join(disk.folder, 'backup.tar');
      const archive = await write();
      const rest = archive.add('images/inputs/ab/two.png', Buffer.alloc(2_000_000));
      await expect(rest).rejects.toThrow(`${file} cannot be written: no space left on device.`);
      await archive.close();
      expect(readdirSync(disk.folder)).toEqual([]);
    } finally {
      await disk.stop();
    }
  });

  it('says why its folder cannot be used', async () => {
    file = join(folder, 'none', 'backup.tar');
    await expect(write()).rejects.toThrow(`${file} cannot be written: no such file or directory.`);
  });

  it('is refused when it is cut at any block', async () => {
    await whole();
    const bytes = readFileSync(file);
    // Without its last 1,024 bytes, which are empty, all is there still.
    for (let size = 0; size < bytes.byteLength - 1024; size += 512 * 11) {
      writeFileSync(file, bytes);
      truncateSync(file, size);
      await expect(readAll()).rejects.toThrow(BackupError);
    }
  });

  it.each([
    ['in an image', 20_000],
    ['in a row', 512 * 3 + 3],
    ['in a name', 512 * 2 + 3],
  ])('is refused when a byte changes %s', async (_, position) => {
    await whole();
    const bytes = readFileSync(file);
    bytes[position] = (bytes[position] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(readAll()).rejects.toThrow(/is no whole backup of Clearcut: /);
  });

  it.each([
    ['is empty', ''],
    ['is text', 'no archive\n'.repeat(1_000)],
  ])('is refused when it %s', async (_, text) => {
    writeFileSync(file, text);
    await expect(readAll()).rejects.toThrow(/is no whole backup of Clearcut: /);
  });
});
