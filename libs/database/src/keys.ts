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

/** The owner as the key of that id. @returns undefined for a key that was revoked or has expired */
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

/** The id of the owner to whom the key of that name belongs. */
export const findOwnerId = async (database: Database, name: string): Promise<string | undefined> => {
  const found = await database.apiKey.findUnique({ where: { name }, select: { id: true, ownerId: true } });
  return found ? (found.ownerId ?? found.id) : undefined;
};

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
