import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { StorageError } from './storage-error.js';
import type { Storage, Store } from './storage.js';

/** Limits the load on the store, however often it is probed. */
const GOOD_FOR_MS = 10_000;
/** Short, because tasks wait for the end of the fault. */
const FAULTY_FOR_MS = 1_000;

const SMALLEST_BYTES = 4096;
const LARGEST_BYTES = 8 * 1024 * 1024;

/** One key per machine. Programs that share it overwrite each other's object, which is harmless. */
const KEY = `probes/${hostname().replaceAll(/[^\w.-]/g, '-')}`;

type Answer = { readonly fault?: unknown; readonly untilMs: number };

/**
 * Adds a probe that checks whether the store accepts images now, by writing and removing an object. The
 * result is cached for a short time.
 */
export const withProbe = (store: Store, now: () => number = () => performance.now()): Storage => {
  let last: Answer | undefined;
  let asking: Promise<Answer> | undefined;
  let bytes = SMALLEST_BYTES;

  const ask = async (): Promise<Answer> => {
    try {
      // Random bytes, because a compressing file system would have room for anything else.
      await store.write(KEY, randomBytes(bytes));
      await store.remove(KEY);
      bytes = SMALLEST_BYTES;
      return { untilMs: now() + GOOD_FOR_MS };
    } catch (fault) {
      return { fault, untilMs: now() + FAULTY_FOR_MS };
    }
  };

  const askOnce = () => {
    asking ??= ask().then((answer) => {
      asking = undefined;
      last = answer;
      return answer;
    });
    return asking;
  };

  return {
    ...store,
    write: async (key, content) => {
      try {
        await store.write(key, content);
      } catch (fault) {
        last = undefined;
        // A full disk may have room for a small probe but not for an image, so probe with the image's size.
        if (fault instanceof StorageError && fault.kind === 'full')
          bytes = Math.min(LARGEST_BYTES, Math.max(bytes, content.length));
        throw fault;
      }
    },
    probe: async () => {
      const answer = last && now() < last.untilMs ? last : await askOnce();
      if (answer.fault !== undefined) throw answer.fault;
    },
  };
};
