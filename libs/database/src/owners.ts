import { createHash } from 'node:crypto';
import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { ApiKey } from './generated/client.js';
import { knownKeysOf } from './known-keys.js';

const LAST_USED_EVERY_MS = 60_000;

/** Identifies a key without telling it. */
export const hashKey = (apiKey: string) => createHash('sha256').update(apiKey).digest('hex');

/** What a key may be allowed to do. */
export const keyScopes = ['run', 'read', 'upload', 'admin'] as const;
export type KeyScope = (typeof keyScopes)[number];

/** What one key may do and use. */
export type KeyRights = {
  readonly id: string;
  readonly scopes: readonly string[];
  /** AIR ids that it may use. None: all. */
  readonly models: readonly string[];
  readonly ratePerS: number | null;
  readonly inFlight: number | null;
  readonly budgetUsd: number | null;
};

/** The caller: one key of the owner of tasks and images. */
export type Owner = {
  /** Shared by all keys of the owner. */
  readonly id: string;
  /** The name of the key. */
  readonly name: string;
  readonly key: KeyRights;
};

const readKey = async (database: Database, hash: string, now: Date): Promise<ApiKey | null> =>
  (await database.apiKey.findUnique({ where: { hash } })) ??
  database.apiKey.findFirst({ where: { previousHash: hash, previousUntil: { gt: now } } });

/** Whether the key works, and this hash is its own or the one before the last rotation. */
const works = ({ revokedAt, expiresAt, hash, previousUntil }: ApiKey, asked: string, now: Date): boolean => {
  if (revokedAt || (expiresAt && expiresAt <= now)) return false;
  return hash === asked || (previousUntil !== null && previousUntil > now);
};

const toOwner = ({ id, name, ownerId, scopes, models, ratePerS, inFlight, budgetUsd }: ApiKey): Owner => ({
  id: ownerId ?? id,
  name,
  key: { id, scopes, models, ratePerS, inFlight, budgetUsd: budgetUsd?.toNumber() ?? null },
});

const noteUse = async (database: Database, { id, lastUsedAt }: ApiKey, now: Date): Promise<void> => {
  if (lastUsedAt && now.getTime() - lastUsedAt.getTime() <= LAST_USED_EVERY_MS) return;
  await database.apiKey.update({ where: { id }, data: { lastUsedAt: now } });
};

/**
 * Looks keys up by hash, so that response times reveal nothing about a key.
 * @returns undefined for a key that is unknown or revoked, or has expired
 */
export const findOwner = async (database: Database, apiKey: string): Promise<Owner | undefined> => {
  const now = await databaseNow(database);
  const hash = hashKey(apiKey);
  const known = knownKeysOf(database);
  const remembered = known.find(hash);
  if (remembered) return works(remembered, hash, now) ? toOwner(remembered) : undefined;

  const remember = known.startLookUp(hash);
  const found = await readKey(database, hash, now);
  if (!found || !works(found, hash, now)) return undefined;
  remember(found);
  await noteUse(database, found, now);
  return toOwner(found);
};

/** @returns undefined for a key that was revoked or has expired */
export const findOwnerOfKey = async (database: Database, keyId: string): Promise<Owner | undefined> => {
  const found = await database.apiKey.findUnique({ where: { id: keyId } });
  return found && works(found, found.hash, await databaseNow(database)) ? toOwner(found) : undefined;
};

/** Of these keys' hashes, those whose keys still work. One query, for connections that stay open. */
export const findWorkingKeys = async (
  database: Database,
  hashes: readonly string[],
): Promise<ReadonlySet<string>> => {
  const [asked, now] = [{ in: [...hashes] }, { gt: await databaseNow(database) }];
  const found = await database.apiKey.findMany({
    where: {
      revokedAt: null,
      AND: [
        { OR: [{ expiresAt: null }, { expiresAt: now }] },
        { OR: [{ hash: asked }, { previousHash: asked, previousUntil: now }] },
      ],
    },
    select: { hash: true, previousHash: true, previousUntil: true },
  });
  const former = found.filter(({ previousUntil }) => previousUntil !== null && previousUntil > now.gt);
  return new Set([...found.map(({ hash }) => hash), ...former.map(({ previousHash }) => previousHash ?? '')]);
};

/** The id of the owner to whom the key of that name belongs. */
export const findOwnerId = async (database: Database, name: string): Promise<string | undefined> => {
  const found = await database.apiKey.findUnique({ where: { name }, select: { id: true, ownerId: true } });
  return found ? (found.ownerId ?? found.id) : undefined;
};
