import { resolve } from 'node:path';
import { importWeights } from '#weights';
import { readArguments, type Command } from '../command.js';
import { UsageError } from '../usage-error.js';
import { choicesNamed, modelNamed, type World } from './command.js';
import { consentOptions, consentUsage, toOptions } from './consent.js';

const usage = `Usage: npx clearcut models import <air | slug> <file> [options]

Installs a file that was brought by hand, for sites without a way out. It is copied and verified.

  --variant NAME         which file of the model it is; its hash tells where it is published
${consentUsage}`;

const options = { ...consentOptions, variant: { type: 'string' } } as const;

/** The bootstrap works in the project's folder; the user may be elsewhere. */
const fromUser = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

export const importFile: Command<World> = {
  usage,
  run: async (world, args) => {
    const { values, positionals } = readArguments(args, options, usage);
    const [name, file, ...more] = positionals;
    if (name === undefined || file === undefined || more.length > 0)
      throw new UsageError('Name a model and a file.', usage);

    const model = modelNamed(world.catalogue, name, usage);
    choicesNamed(model, values.variant, usage);
    const { path, variant } = await importWeights(
      model,
      fromUser(file),
      values.variant,
      toOptions(world, values, usage),
    );
    world.progress.note(`${model.air} (${variant.name}) is installed: ${path}`);
  },
};
