import { createKey, findOwnerId, limitKey, newKey, putKey, type KeySettings } from '#database';
import { print, UsageError, type Command } from '../command.js';
import { KeyError, readName } from './key-name.js';
import { limitOptions, limitUsage, readLimits, type World } from './key-options.js';

/** Shorter keys could be guessed. */
const SHORTEST = 24;

const usage = `Usage: npx clearcut keys create <name> [options]

Creates a key and prints it once. The database keeps only its first characters and its hash.

  --replace          replace the name's current or former key; its tasks and images stay
  --owner NAME       let it belong to the owner of that key: both read the same tasks and images
  --key TEXT         use this text of ${SHORTEST} characters or more; the shell may keep it in its history
${limitUsage}
keys limits changes all of these but the owner.
`;

const options = {
  ...limitOptions,
  replace: { type: 'boolean' },
  owner: { type: 'string' },
  key: { type: 'string' },
} as const;

const readKey = (text: string | undefined): string => {
  if (text === undefined) return newKey();
  if (text.length >= SHORTEST && /^[\x21-\x7e]+$/.test(text)) return text;
  throw new UsageError(
    `--key takes ${SHORTEST} or more ASCII characters without spaces; leave it out to get a safe key.`,
    usage,
  );
};

const requireOwner = async ({ database }: World, owner: string): Promise<string> => {
  const id = await findOwnerId(database, owner);
  if (id === undefined) throw new KeyError(`There is no key ${owner} to share an owner with.`);
  return id;
};

type Wanted = {
  readonly name: string;
  readonly key: string;
  readonly settings: KeySettings;
  readonly ownerId: string | undefined;
};

/** A key's tasks stay with its owner, so a replacement cannot move to another one. */
const replace = async ({ database }: World, { name, key, settings, ownerId }: Wanted): Promise<void> => {
  const present = await findOwnerId(database, name);
  if (ownerId !== undefined && present !== ownerId)
    throw new KeyError(`--owner: ${name} has an owner already, or is new; create it without --replace.`);
  await putKey(database, name, key, { expiresAt: null, ...settings });
};

const add = async ({ database }: World, { name, key, settings, ownerId }: Wanted): Promise<void> => {
  const isNew = await createKey(database, name, key, {
    ...settings,
    ...(ownerId !== undefined && { ownerId }),
  });
  if (!isNew) throw new KeyError(`There is a key ${name} already: choose another name, or add --replace.`);
};

export const create: Command<World> = {
  usage,
  run: async (world, args) => {
    const { name, values } = readName(args, options, usage);
    const key = readKey(values.key);
    const { share, ...settings } = await readLimits(world, values, usage);
    const ownerId = values.owner === undefined ? undefined : await requireOwner(world, values.owner);
    const wanted = { name, key, settings, ownerId };
    await (values.replace ? replace(world, wanted) : add(world, wanted));
    if (share !== undefined) await limitKey(world.database, name, { share });
    print(`${key}\n`);
  },
};
