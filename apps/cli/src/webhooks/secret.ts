import { rotateWebhookSecret, webhookSecretsOf } from '#database';
import { newWebhookSecret } from '#secrets';
import { print, UsageError, type Command } from '../command.js';
import { readName } from '../keys/key-name.js';
import { toSeconds } from '../keys/key-options.js';
import { ownerOf, type World } from './world.js';

const secretUsage = `Usage: npx clearcut webhooks secret <key>

Prints what signs the webhooks of the owner of that key, for its receivers. An owner without one gets it now. While a
rotation overlaps, the former one follows on a second line.
`;

export const secret: Command<World> = {
  usage: secretUsage,
  run: async (world, args) => {
    const { name } = readName(args, {}, secretUsage);
    const ownerId = await ownerOf(world, name);
    const { open, seal } = world.secrets();
    const found = await webhookSecretsOf(world.database, ownerId, () => seal(newWebhookSecret()));
    print(`${open(found.secret)}\n`);
    if (found.previous !== null) print(`${open(found.previous)}\n`);
  },
};

const rotateUsage = `Usage: npx clearcut webhooks rotate <key> [--overlap 24h]

Gives the owner of that key a new secret and prints it. Webhooks carry two signatures for the overlap, by the new secret
and by the former one, so that receivers can change over one by one.

  --overlap TIME     how long, such as 30m, 24h or 7d; 24h unless given, 0s for not at all
`;

export const rotate: Command<World> = {
  usage: rotateUsage,
  run: async (world, args) => {
    const { name, values } = readName(args, { overlap: { type: 'string' } }, rotateUsage);
    const overlapS = toSeconds(values.overlap ?? '24h');
    if (overlapS === undefined)
      throw new UsageError('--overlap takes a time such as 30m, 24h or 7d.', rotateUsage);
    const ownerId = await ownerOf(world, name);
    const made = newWebhookSecret();
    await rotateWebhookSecret(world.database, ownerId, world.secrets().seal(made), overlapS);
    print(`${made}\n`);
  },
};
