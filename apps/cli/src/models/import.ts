import { resolve } from 'node:path';
import { importWeights } from '#weights';
import { readArguments, UsageError, type Command } from '../command.js';
import { choicesNamed, modelNamed, type World } from './command.js';
import { consentOptions, consentUsage, toOptions } from './consent.js';

const usage = `Usage: npx clearcut models import <air | slug> <file> [options]

Copies and verifies a local file, for machines without access to the internet.

  --variant NAME         which file of the model it is; by default found by its hash
${consentUsage}`;

const options = { ...consentOptions, variant: { type: 'string' } } as const;

/** Paths are relative to the user's folder, but the bootstrap changes to the project's. */
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
