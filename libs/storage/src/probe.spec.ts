import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { asImageBytes } from '#contract';
import { withProbe } from './probe.js';
import { StorageError } from './storage-error.js';
import type { Store } from './storage.js';

const full = () => new StorageError('It is full.', { operation: 'write', kind: 'full' });

/** A store in memory that accepts objects up to `room` bytes. */
const setUp = () => {
  const state = { room: Infinity, nowMs: 0, writes: 0 };
  const objects = new Map<string, Uint8Array>();
  const store: Store = {
    write: async (key, image) => {
      state.writes++;
      if (image.length > state.room) throw full();
      objects.set(key, await asImageBytes(image).read(0, image.length));
    },
    read: async (key) => Buffer.from(objects.get(key) ?? []),
    open: async (key) => ({ bytes: 0, stream: Readable.from([objects.get(key)]) }),
    remove: async (key) => void objects.delete(key),
    locate: async (name) => ({ kind: 'file', root: '/', name }),
    list: async () => [],
    space: async () => undefined,
    close: () => undefined,
  };
  return { state, objects, storage: withProbe(store, () => state.nowMs) };
};

describe('the probe of a storage', () => {
  it('writes an object of its own and leaves nothing behind', async () => {
    const { state, objects, storage } = setUp();
    await storage.probe();
    expect([state.writes, objects.size]).toEqual([1, 0]);
  });

  it('asks the store once for many callers, until some seconds are over', async () => {
    const { state, storage } = setUp();
    await Promise.all([storage.probe(), storage.probe()]);
    state.nowMs = 9_999;
    await storage.probe();
    expect(state.writes).toBe(1);
    state.nowMs = 10_000;
    await storage.probe();
    expect(state.writes).toBe(2);
  });

  it('rejects with the fault, and soon notices its end', async () => {
    const { state, storage } = setUp();
    state.room = 0;
    await expect(storage.probe()).rejects.toMatchObject({ name: 'StorageError', kind: 'full' });
    state.room = Infinity;
    await expect(storage.probe()).rejects.toMatchObject({ kind: 'full' });
    state.nowMs = 1_000;
    await storage.probe();
  });

  it('fails while the store has no room for an image that it refused', async () => {
    const { state, storage } = setUp();
    await storage.probe();
    state.room = 50_000;
    await expect(storage.write('a.png', Buffer.alloc(60_000))).rejects.toBeInstanceOf(StorageError);
    await expect(storage.probe()).rejects.toMatchObject({ kind: 'full' });
    state.room = 60_000;
    state.nowMs = 1_000;
    await storage.probe();
  });
});
