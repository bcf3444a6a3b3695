import { mirrorFault } from '#config';
import { defaultVariant } from '#models';
import { pullAllWeights, type Choice } from '#weights';
import { readArguments, UsageError, type Command } from '../command.js';
import { choicesNamed, modelNamed, type World } from './command.js';
import { consentOptions, consentUsage, toOptions } from './consent.js';

const usage = `Usage: npx clearcut models pull <air | slug>… [options]

Downloads and verifies the weights of models. An interrupted download continues where it stopped. Commas may separate
the names, as in WORKER_MODELS.

  --variant NAME         download this file instead of the model's first
  --mirror URL           download from this mirror; MODELS_MIRROR by default
  --parallel N           number of parallel downloads, 3 by default
${consentUsage}`;

const options = {
  ...consentOptions,
  variant: { type: 'string' },
  mirror: { type: 'string' },
  parallel: { type: 'string', default: '3' },
} as const;

const chosen = (world: World, names: readonly string[], variantName: string | undefined): Choice[] =>
  names.map((name) => {
    const model = modelNamed(world.catalogue, name, usage);
    const [choice] = choicesNamed(model, variantName ?? defaultVariant(model).name, usage);
    if (!choice) throw new Error(`${model.air} has no variant`);
    return choice;
  });

/** @throws UsageError when the URL cannot be a mirror's base */
const readMirror = (mirror: string | undefined): string | undefined => {
  if (mirror === undefined) return undefined;
  if (!/^https?:\/\/[^/]/.test(mirror) || !URL.canParse(mirror))
    throw new UsageError('--mirror takes a URL that starts with https:// or http://.', usage);
  const fault = mirrorFault(new URL(mirror));
  if (fault !== undefined) throw new UsageError(`--mirror ${fault}.`, usage);
  return mirror;
};

export const pull: Command<World> = {
  usage,
  run: async (world, args) => {
    const { values, positionals } = readArguments(args, options, usage);
    const names = positionals
      .flatMap((each) => each.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const atOnce = Number(values.parallel);
    if (names.length === 0) throw new UsageError('Name a model, such as runware:112@5.', usage);
    if (names.length > 1 && (values.variant ?? values.sha256) !== undefined)
      throw new UsageError('--variant and --sha256 go with one model.', usage);
    if (!Number.isInteger(atOnce) || atOnce < 1 || atOnce > 16)
      throw new UsageError('--parallel takes a number from 1 to 16.', usage);

    const common = toOptions(world, values, usage);
    const mirror = readMirror(values.mirror) ?? common.mirror;
    await pullAllWeights(chosen(world, names, values.variant), {
      ...common,
      mirror,
      atOnce,
      onInstalled: ({ model, path }) => world.progress.note(`${model.air} is installed: ${path}`),
    });
  },
};
