import type { Database } from './client.js';
import type { ApiKey } from './generated/client.js';

/**
 * How long a key is remembered. A change is told at once; this bounds what a connection that died unnoticed keeps from
 * the gateway.
 */
const KEPT_MS = 1_000;
const MAX_KEPT = 10_000;

type Kept = { readonly apiKey: ApiKey; readonly atMs: number };

/** Keys that were looked up a moment ago, by the hash that was asked for. */
export type KnownKeys = {
  /** The key, if it was looked up within the last second and was not changed since. */
  readonly find: (hash: string) => ApiKey | undefined;
  /** Call it before a look-up. @returns keeps what was found, unless a key was changed meanwhile */
  readonly startLookUp: (hash: string) => (apiKey: ApiKey) => void;
  /** Forgets a key that was changed. */
  readonly forget: (keyId: string) => void;
  /** Keys are remembered only while changes are told. */
  readonly setTold: (isTold: boolean) => void;
};

export const createKnownKeys = (now: () => number = () => performance.now()): KnownKeys => {
  const kept = new Map<string, Kept>();
  let isTold = false;
  /** Raised by each change: a look-up that began before it may have read the key as it was. */
  let changes = 0;

  const forgetOld = () => {
    for (const [hash, { atMs }] of kept) if (now() - atMs >= KEPT_MS) kept.delete(hash);
  };

  return {
    find: (hash) => {
      const known = kept.get(hash);
      return known && now() - known.atMs < KEPT_MS ? known.apiKey : undefined;
    },
    startLookUp: (hash) => {
      const [atMs, before] = [now(), changes];
      return (apiKey) => {
        if (!isTold || changes !== before) return;
        if (kept.size >= MAX_KEPT) forgetOld();
        if (kept.size < MAX_KEPT) kept.set(hash, { apiKey, atMs });
      };
    },
    forget: (keyId) => {
      changes++;
      for (const [hash, { apiKey }] of kept) if (apiKey.id === keyId) kept.delete(hash);
    },
    setTold: (told) => {
      changes++;
      isTold = told;
      kept.clear();
    },
  };
};

const all = new WeakMap<Database, KnownKeys>();

/** The keys that this program remembers. None, unless it listens to their changes. */
export const knownKeysOf = (database: Database): KnownKeys => {
  const known = all.get(database) ?? createKnownKeys();
  all.set(database, known);
  return known;
};
