import { createHash } from 'node:crypto';
import type { Database } from './client.js';

const LAST_USED_EVERY_MS = 60_000;

const hashKey = (apiKey: string) => createHash('sha256').update(apiKey).digest('hex');

/** Who calls: the owner of tasks and images. */
export type Owner = { readonly id: string; readonly name: string };

/**
 * Finds the owner of a key by its hash, so that no comparison leaks how much of a key is right.
 *
 * @returns undefined for an unknown or revoked key; rejects when the database is away
 */
export const findOwner = async (database: Database, apiKey: string): Promise<Owner | undefined> => {
  const found = await database.apiKey.findUnique({ where: { hash: hashKey(apiKey) } });
  if (!found || found.revokedAt) return undefined;

  const now = Date.now();
  if (!found.lastUsedAt || now - found.lastUsedAt.getTime() > LAST_USED_EVERY_MS) {
    await database.apiKey.update({ where: { id: found.id }, data: { lastUsedAt: new Date(now) } });
  }
  return { id: found.id, name: found.name };
};

const factsOf = (apiKey: string) => ({ hash: hashKey(apiKey), prefix: apiKey.slice(0, 6), revokedAt: null });

/** @returns false, and does nothing, where the name has a key or had one */
export const createKey = async (database: Database, name: string, apiKey: string): Promise<boolean> => {
  const { count } = await database.apiKey.createMany({
    data: [{ name, ...factsOf(apiKey) }],
    skipDuplicates: true,
  });
  return count > 0;
};

/** Makes `apiKey` the one key of that name; an earlier key of the name is no longer accepted. */
export const putKey = async (database: Database, name: string, apiKey: string): Promise<void> => {
  const facts = factsOf(apiKey);
  await database.apiKey.upsert({ where: { name }, create: { name, ...facts }, update: facts });
};

/** A key as an operator may know it. */
export type KeyFacts = {
  readonly name: string;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
};

/** All keys, the oldest first. */
export const listKeys = (database: Database): Promise<readonly KeyFacts[]> =>
  database.apiKey.findMany({
    select: { name: true, prefix: true, createdAt: true, lastUsedAt: true, revokedAt: true },
    orderBy: { createdAt: 'asc' },
  });

/** @returns false where no key of that name is accepted */
export const revokeKey = async (database: Database, name: string): Promise<boolean> => {
  const { count } = await database.apiKey.updateMany({
    where: { name, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  return count > 0;
};
