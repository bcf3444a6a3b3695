import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { StorageError } from './storage-error.js';
import type { Storage, Store } from './storage.js';

/** So that no number of questions is a load for the store. */
const GOOD_FOR_MS = 10_000;
/** Short, since tasks wait for it to come back. */
const FAULTY_FOR_MS = 1_000;

const SMALLEST_BYTES = 4096;
const LARGEST_BYTES = 8 * 1024 * 1024;

/** One of each machine; programs that share it overwrite each other's, which does no harm. */
const KEY = `probes/${hostname().replaceAll(/[^\w.-]/g, '-')}`;

type Answer = { readonly fault?: unknown; readonly untilMs: number };

/**
 * Lets the store be asked whether it takes images now. The answer is an object of our own that is written and
 * removed, and is kept for a short while.
 */
export const withProbe = (store: Store, now: () => number = () => performance.now()): Storage => {
  let last: Answer | undefined;
  let asking: Promise<Answer> | undefined;
  let bytes = SMALLEST_BYTES;

  const ask = async (): Promise<Answer> => {
    try {
      // Random, since a file system that compresses would have room for anything else.
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
        // A full disk still has room for a small probe, and none for an image.
        if (fault instanceof StorageError && fault.kind === 'full')
          bytes = Math.min(LARGEST_BYTES, Math.max(bytes, content.byteLength));
        throw fault;
      }
    },
    probe: async () => {
      const answer = last && now() < last.untilMs ? last : await askOnce();
      if (answer.fault !== undefined) throw answer.fault;
    },
  };
};
