import {
  createKey,
  findOwnerId,
  keyLimits,
  KeyName,
  limitKey,
  listKeys,
  newKey,
  revokeKey,
  rotateKey,
  type Database,
  type KeyFacts,
} from '#database';
import { findModel, type Catalogue } from '#models';
import { BadRequestException, ConflictException } from '@nestjs/common';
import { z } from 'zod';

const Limits = z.strictObject({
  ...keyLimits,
  /** AIR ids or slugs. None: all models. */
  models: z.array(z.string()),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .nullable(),
});
const SomeLimits = Limits.partial();
const NewKey = SomeLimits.extend({ name: KeyName, owner: KeyName.optional() });
/** At most a month, in seconds. */
const Rotation = z.strictObject({ overlapS: z.number().min(0).max(2_678_400).default(86_400) });

type Wish = z.infer<typeof SomeLimits>;

/** @throws BadRequestException that names the field */
const parse = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: 'is no object' }] = parsed.error.issues;
  throw new BadRequestException(`${path.join('.') || 'The body'}: ${message}.`);
};

export const noActiveKey = (name: string) => new ConflictException(`There is no active key ${name}.`);

type Needs = { readonly database: Database; readonly catalogue: () => Promise<Catalogue> };

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

export const createKeyDesk = ({ database, catalogue }: Needs): KeyDesk => {
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
      const key = newKey();
      if (!(await rotateKey(database, name, key, overlapS))) throw noActiveKey(name);
      return { name, key };
    },
    revoke: async (name) => {
      if (!(await revokeKey(database, name))) throw noActiveKey(name);
    },
  };
};
