import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import { hashKey, type KeyRights, type KeyScope } from './owners.js';

const factsOf = (apiKey: string) => ({
  hash: hashKey(apiKey),
  prefix: apiKey.slice(0, 6),
  revokedAt: null,
  previousHash: null,
  previousUntil: null,
});

/** What an operator sets of a key. Null takes a limit away. */
export type KeySettings = Partial<
  Pick<KeyRights, 'ratePerS' | 'inFlight' | 'budgetUsd'> & {
    readonly scopes: KeyScope[];
    readonly models: string[];
    readonly expiresAt: Date | null;
  }
>;

/** @returns false, and changes nothing, when the name has or had a key */
export const createKey = async (
  database: Database,
  name: string,
  apiKey: string,
  settings: KeySettings & { readonly ownerId?: string } = {},
): Promise<boolean> => {
  const { count } = await database.apiKey.createMany({
    data: [{ name, ...factsOf(apiKey), ...settings }],
    skipDuplicates: true,
  });
  return count > 0;
};

/** Whether this is the present secret of the key of that name. */
export const isSecretOf = async (database: Database, name: string, apiKey: string): Promise<boolean> => {
  const found = await database.apiKey.findUnique({ where: { name }, select: { hash: true } });
  return found?.hash === hashKey(apiKey);
};

/** Makes `apiKey` the only key of that name. An earlier key of the name stops working. */
export const putKey = async (
  database: Database,
  name: string,
  apiKey: string,
  settings: KeySettings = {},
): Promise<void> => {
  const facts = { ...factsOf(apiKey), ...settings };
  await database.apiKey.upsert({ where: { name }, create: { name, ...facts }, update: facts });
};

/**
 * Gives an active key a new secret. The one before is accepted for `overlapS` more seconds.
 * @returns false when no active key has that name
 */
export const rotateKey = async (
  database: Database,
  name: string,
  apiKey: string,
  overlapS: number,
): Promise<boolean> => {
  const { hash, prefix } = factsOf(apiKey);
  const count = await database.$executeRaw`
    UPDATE api_keys
       SET previous_hash = CASE WHEN ${overlapS}::float8 > 0 THEN hash END,
           previous_until = CASE WHEN ${overlapS}::float8 > 0 THEN now() + make_interval(secs => ${overlapS}::float8) END,
           hash = ${hash}, prefix = ${prefix}
     WHERE name = ${name} AND revoked_at IS NULL`;
  return count > 0;
};

/**
 * Changes what a key may do and use. A share goes to its owner's first key, which decides for all of them.
 * @returns false when no active key has that name
 */
export const limitKey = (
  database: Database,
  name: string,
  { share, ...settings }: KeySettings & { readonly share?: number },
): Promise<boolean> =>
  database.$transaction(async (transaction) => {
    const found = await transaction.apiKey.findUnique({ where: { name } });
    if (!found || found.revokedAt) return false;
    await transaction.apiKey.update({ where: { id: found.id }, data: settings });
    const { id, ownerId } = found;
    if (share !== undefined)
      await transaction.apiKey.update({ where: { id: ownerId ?? id }, data: { share } });
    return true;
  });

/** The parts of a key that an operator may see. */
export type KeyFacts = {
  readonly name: string;
  /** The name of its owner's first key. */
  readonly owner: string;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Until when the key before the last rotation is accepted too. */
  readonly previousUntil: Date | null;
  readonly share: number;
  readonly scopes: readonly string[];
} & Omit<KeyRights, 'id'>;

const shown = {
  name: true,
  prefix: true,
  createdAt: true,
  lastUsedAt: true,
  expiresAt: true,
  revokedAt: true,
  previousUntil: true,
  share: true,
  scopes: true,
  models: true,
  ratePerS: true,
  inFlight: true,
  budgetUsd: true,
  owner: { select: { name: true, share: true } },
} as const;

/**
 * All keys, oldest first.
 * @param ownerId only those of this owner
 */
export const listKeys = async (database: Database, ownerId?: string): Promise<readonly KeyFacts[]> => {
  const found = await database.apiKey.findMany({
    ...(ownerId !== undefined && { where: { OR: [{ id: ownerId }, { ownerId }] } }),
    select: shown,
    orderBy: { createdAt: 'asc' },
  });
  return found.map(({ owner, budgetUsd, ...key }) =>
    Object.assign(key, {
      owner: owner?.name ?? key.name,
      share: owner?.share ?? key.share,
      budgetUsd: budgetUsd?.toNumber() ?? null,
    }),
  );
};

/** @returns false when no active key has that name */
export const revokeKey = async (database: Database, name: string): Promise<boolean> => {
  const { count } = await database.apiKey.updateMany({
    where: { name, revokedAt: null },
    data: { revokedAt: await databaseNow(database) },
  });
  return count > 0;
};
