import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ImageBytes } from '#contract';
import { canMountDisks, mountSmallDisk } from '#test/small-disk';
import { createIntakeMemory } from './intake-memory.js';
import { createSpool, SPOOL_MEMORY_BYTES, type Spooled } from './spool.js';

const MB = 1024 * 1024;
const PIECE = 50_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clearcut-spool-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openSpool = (at = folder) => {
  const disk = createIntakeMemory({ totalBytes: 64 * MB, waitMs: 1 });
  const faults: unknown[] = [];
  return { spool: createSpool({ disk, onError: (fault) => faults.push(fault), folder: at }), disk, faults };
};

/** Bytes that differ by their seed and place. */
const bytesOf = (seed: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (seed * 31 + i * 7) % 251));

const fill = async (spooled: Spooled, bytes: Buffer) => {
  for (let at = 0; at < bytes.length; at += PIECE) {
    spooled.push(bytes.subarray(at, at + PIECE));
    await spooled.settle();
  }
};
const imageOf = (spooled: Spooled, bytes: Buffer): ImageBytes => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return spooled.imageAt(0, bytes.length, sha256);
};

it('gives back bytes that were few and bytes that were many, with any images among them', async () => {
  const { spool, disk } = openSpool();
  for (const length of [0, 10, SPOOL_MEMORY_BYTES, SPOOL_MEMORY_BYTES + 1, 3 * MB]) {
    const spooled = spool.open('a');
    const bytes = bytesOf(length, length);
    await fill(spooled, bytes);
    await spooled.finish();
    expect(spooled.length()).toBe(length);
    expect((await imageOf(spooled, bytes).read(0, length + 5)).equals(bytes)).toBe(true);
    const middle = spooled.imageAt(Math.floor(length / 3), Math.floor(length / 2), '');
    const found = await middle.read(1, middle.length, Buffer.alloc(length));
    expect(found.equals(bytes.subarray(Math.floor(length / 3) + 1, Math.floor(length / 2)))).toBe(true);
    await spooled.drop();
  }
  expect([await readdir(folder), disk.usedBytes()]).toEqual([[], 0]);
});

it('holds little memory for many bytes, and counts those on disk', async () => {
  const { spool, disk } = openSpool();
  const spooled = spool.open('a');
  await fill(spooled, bytesOf(1, 2 * MB));
  expect(spooled.memoryBytes()).toBeLessThan(2 * SPOOL_MEMORY_BYTES);
  await spooled.finish();
  expect(spooled.memoryBytes()).toBe(0);
  expect(disk.usedBytes()).toBe(2 * MB);
  await spooled.drop();
  expect(disk.usedBytes()).toBe(0);
});

it('keeps the images of many callers apart', async () => {
  const { spool } = openSpool();
  const seeds = Array.from({ length: 12 }, (_, i) => i);
  for (let round = 0; round < 2; round++) {
    const filled = seeds.map(async (seed) => {
      const bytes = bytesOf(seed + round, 700_000);
      const spooled = spool.open(`owner ${seed}`);
      await fill(spooled, bytes);
      await spooled.finish();
      return { spooled, bytes };
    });
    for (const { spooled, bytes } of await Promise.all(filled)) {
      expect((await imageOf(spooled, bytes).read(0, bytes.length)).equals(bytes)).toBe(true);
      await spooled.drop();
    }
  }
});

it('lets nobody wait for the disk whose bytes fit into memory', async () => {
  const { spool } = openSpool();
  const greedy = spool.open('a');
  await greedy.reserve(48 * MB);
  await expect(spool.open('a').reserve(SPOOL_MEMORY_BYTES + 1)).rejects.toMatchObject({
    code: 'serviceUnavailable',
  });
  await spool.open('a').reserve(SPOOL_MEMORY_BYTES);
  // Nothing of it came.
  await greedy.finish();
  await spool.open('a').reserve(48 * MB);
});

it('leaves no file when it is dropped while it writes', async () => {
  const { spool, disk, faults } = openSpool();
  const spooled = spool.open('a');
  spooled.push(bytesOf(1, MB));
  const writing = spooled.settle();
  await spooled.drop();
  await writing;
  expect([await readdir(folder), disk.usedBytes(), faults]).toEqual([[], 0, []]);
});

const refusal = { code: 'serviceUnavailable', message: expect.stringContaining('try again') };

it('calls a folder that cannot be used our fault, and gives the room back', async () => {
  const { spool, disk, faults } = openSpool(join(folder, randomUUID()));
  const spooled = spool.open('a');
  await expect(fill(spooled, bytesOf(1, MB))).rejects.toMatchObject(refusal);
  await spooled.drop();
  expect([faults.length, disk.usedBytes()]).toEqual([1, 0]);
});

// Where no disk can be mounted, small-disk.ts prints what is skipped.
(canMountDisks ? it : it.skip)('calls a full disk our fault, and goes on when there is room', async () => {
  const small = await mountSmallDisk();
  try {
    const { spool, faults } = openSpool(small.folder);
    await small.fill();
    const spooled = spool.open('a');
    await expect(fill(spooled, bytesOf(1, MB))).rejects.toMatchObject(refusal);
    await spooled.drop();
    await small.free();
    const again = spool.open('a');
    const bytes = bytesOf(2, MB);
    await fill(again, bytes);
    await again.finish();
    expect((await imageOf(again, bytes).read(0, MB)).equals(bytes)).toBe(true);
    await again.drop();
    expect(faults).toHaveLength(1);
  } finally {
    await small.stop();
  }
});
