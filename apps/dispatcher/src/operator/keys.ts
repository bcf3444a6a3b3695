import {
  createKey,
  findOwnerId,
  isSecretOf,
  KeyName,
  keyNumbers,
  keyScopes,
  limitKey,
  listKeys,
  newKey,
  revokeKey,
  rotateKey,
  type Database,
  type KeyFacts,
} from '#database';
import { localKeyKept, readLocalKey } from '#config';
import { findModel, type Catalogue } from '#models';
import { BadRequestException, ConflictException } from '@nestjs/common';
import { z } from 'zod';

const { ratePerS, inFlight, budgetUsd, share } = keyNumbers;

const within = ({ takes, rule }: (typeof keyNumbers)[keyof typeof keyNumbers]) =>
  z.custom<number>((value) => rule.safeParse(value).success, `takes ${takes}`);

const aMoment = 'takes a moment such as 2027-01-31T18:00:00Z, or null';

const someLimits = {
  ratePerS: within(ratePerS).nullable().optional(),
  inFlight: within(inFlight).nullable().optional(),
  budgetUsd: within(budgetUsd).nullable().optional(),
  share: within(share).optional(),
  scopes: z
    .array(z.enum(keyScopes, `takes some of ${keyScopes.join(', ')}`), 'takes a list')
    .min(1, 'takes at least one')
    .transform((scopes) => [...new Set(scopes)])
    .optional(),
  /** AIR ids or slugs. None: all models. */
  models: z.array(z.string('takes names'), 'takes a list').optional(),
  expiresAt: z.iso
    .datetime({ offset: true, error: aMoment })
    .transform((text) => new Date(text))
    .refine((at) => at.getUTCFullYear() >= 2000, aMoment)
    .nullable()
    .optional(),
};
const SomeLimits = z.strictObject(someLimits);
const Name = z.string('takes a text').pipe(KeyName);
const NewKey = z.strictObject({ ...someLimits, name: Name, owner: Name.optional() });
/** In seconds. */
const MONTH = 31 * 86_400;
const Rotation = z.strictObject({
  overlapS: z
    .custom<number>(
      (value) => typeof value === 'number' && value >= 0 && value <= MONTH,
      `takes seconds, 0 to ${MONTH}`,
    )
    .default(86_400),
});

type Wish = z.infer<typeof SomeLimits>;

/** @throws BadRequestException that names the field */
const parse = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys')
    throw new BadRequestException(`${issue.keys[0]}: there is no such field.`);
  const where = issue?.path.join('.');
  throw new BadRequestException(where ? `${where}: ${issue?.message}.` : 'The body: takes a JSON object.');
};

const noActiveKey = (name: string) => new ConflictException(`There is no active key ${name}.`);

type Needs = {
  readonly database: Database;
  readonly catalogue: () => Promise<Catalogue>;
  readonly config: Parameters<typeof readLocalKey>[0];
};

/** What the operator may do to keys. A secret is told once, by what makes it. */
export type KeyDesk = {
  readonly list: () => Promise<readonly KeyFacts[]>;
  readonly create: (body: unknown) => Promise<{ readonly name: string; readonly key: string }>;
  readonly limit: (name: string, body: unknown) => Promise<void>;
  readonly rotate: (name: string, body: unknown) => Promise<{ readonly name: string; readonly key: string }>;
  readonly revoke: (name: string) => Promise<void>;
};

/** Leaves out what was not sent: an absent limit stays as it is. */
const sent = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

export const createKeyDesk = ({ database, catalogue, config }: Needs): KeyDesk => {
  /** @throws ConflictException when the next `npm start` would undo the change */
  const refuseLocal = async (name: string): Promise<void> => {
    const local = name === 'local' && readLocalKey(config);
    if (local && (await isSecretOf(database, name, local))) throw new ConflictException(localKeyKept(config));
  };
  const airOf = (known: Catalogue) => (name: string) => {
    const model = findModel(known, name);
    if (!model) throw new BadRequestException(`models: there is no model ${name}.`);
    return model.air;
  };
  const settingsOf = async ({ models, ...others }: Wish) => {
    const airs = models && models.length > 0 ? models.map(airOf(await catalogue())) : models;
    return sent({ ...others, models: airs });
  };
  const ownerOf = async (owner: string): Promise<string> => {
    const id = await findOwnerId(database, owner);
    if (id === undefined) throw new BadRequestException(`owner: there is no key ${owner}.`);
    return id;
  };

  return {
    list: () => listKeys(database),
    create: async (body) => {
      const { name, owner, ...limits } = parse(NewKey, body);
      const { share, ...settings } = await settingsOf(limits);
      const ownerId = owner === undefined ? {} : { ownerId: await ownerOf(owner) };
      const key = newKey();
      if (!(await createKey(database, name, key, { ...settings, ...ownerId })))
        throw new ConflictException(`There is a key ${name} already.`);
      if (share !== undefined) await limitKey(database, name, { share });
      return { name, key };
    },
    limit: async (name, body) => {
      if (!(await limitKey(database, name, await settingsOf(parse(SomeLimits, body)))))
        throw noActiveKey(name);
    },
    rotate: async (name, body) => {
      const { overlapS } = parse(Rotation, body);
      await refuseLocal(name);
      const key = newKey();
      if (!(await rotateKey(database, name, key, overlapS))) throw noActiveKey(name);
      return { name, key };
    },
    revoke: async (name) => {
      await refuseLocal(name);
      if (!(await revokeKey(database, name))) throw noActiveKey(name);
    },
  };
};
