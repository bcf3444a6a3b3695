import { createHash } from 'node:crypto';
import type { Database } from './client.js';

const LAST_USED_EVERY_MS = 60_000;

/** Identifies a key without telling it. */
export const hashKey = (apiKey: string) => createHash('sha256').update(apiKey).digest('hex');

/** The owner of tasks and images. */
export type Owner = { readonly id: string; readonly name: string };

/**
 * Looks keys up by hash, so that response times reveal nothing about a key.
 * @returns undefined for an unknown or revoked key
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

/** Of these keys' hashes, those whose keys still work. One query, for connections that stay open. */
export const findWorkingKeys = async (
  database: Database,
  hashes: readonly string[],
): Promise<ReadonlySet<string>> => {
  const found = await database.apiKey.findMany({
    where: { hash: { in: [...hashes] }, revokedAt: null },
    select: { hash: true },
  });
  return new Set(found.map(({ hash }) => hash));
};

const factsOf = (apiKey: string) => ({ hash: hashKey(apiKey), prefix: apiKey.slice(0, 6), revokedAt: null });

/** @returns false, and changes nothing, when the name has or had a key */
export const createKey = async (database: Database, name: string, apiKey: string): Promise<boolean> => {
  const { count } = await database.apiKey.createMany({
    data: [{ name, ...factsOf(apiKey) }],
    skipDuplicates: true,
  });
  return count > 0;
};

/** Makes `apiKey` the only key of that name. An earlier key of the name stops working. */
export const putKey = async (database: Database, name: string, apiKey: string): Promise<void> => {
  const facts = factsOf(apiKey);
  await database.apiKey.upsert({ where: { name }, create: { name, ...facts }, update: facts });
};

/** The parts of a key that an operator may see. */
export type KeyFacts = {
  readonly name: string;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
};

/** All keys, oldest first. */
export const listKeys = (database: Database): Promise<readonly KeyFacts[]> =>
  database.apiKey.findMany({
    select: { name: true, prefix: true, createdAt: true, lastUsedAt: true, revokedAt: true },
    orderBy: { createdAt: 'asc' },
  });

/** @returns false when no active key has that name */
export const revokeKey = async (database: Database, name: string): Promise<boolean> => {
  const { count } = await database.apiKey.updateMany({
    where: { name, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  return count > 0;
};
