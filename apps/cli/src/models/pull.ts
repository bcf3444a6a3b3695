import { defaultVariant } from '#models';
import { fileKey, pullWeights, type Choice, type PullOptions } from '#weights';
import { readArguments, type Command } from '../command.js';
import { UsageError } from '../usage-error.js';
import { choicesNamed, modelNamed, type World } from './command.js';
import { consentOptions, consentUsage, toOptions } from './consent.js';

const usage = `Usage: npx clearcut models pull <air | slug>… [options]

Fetches and verifies the weights of models. What broke off goes on where it was.

  --variant NAME         another file of the model than its first
  --mirror URL           ask there in place of the web; MODELS_MIRROR by default
  --parallel N           downloads at once, 3 by default
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

/** Runs the work on every item, so many at once. The first failure stops what has not begun. */
const inParallel = async <T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<unknown>) => {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
};

const pullAll = async (choices: readonly Choice[], atOnce: number, pullOptions: PullOptions) => {
  // Models may share a file, which is fetched once.
  const byFile = new Map(choices.map((choice) => [fileKey(choice), choice]));
  await inParallel([...byFile.values()], atOnce, async (choice) => {
    const { path } = await pullWeights(choice, pullOptions);
    pullOptions.progress.note(`${choice.model.air} is installed: ${path}`);
  });
};

const readMirror = (mirror: string | undefined): string | undefined => {
  if (mirror === undefined || /^https?:\/\/[^/]/.test(mirror)) return mirror;
  throw new UsageError('--mirror takes a URL that starts with https:// or http://.', usage);
};

export const pull: Command<World> = {
  usage,
  run: async (world, args) => {
    const { values, positionals } = readArguments(args, options, usage);
    const atOnce = Number(values.parallel);
    if (positionals.length === 0) throw new UsageError('Name a model, such as runware:112@5.', usage);
    if (positionals.length > 1 && (values.variant ?? values.sha256) !== undefined)
      throw new UsageError('--variant and --sha256 go with one model.', usage);
    if (!Number.isInteger(atOnce) || atOnce < 1 || atOnce > 16)
      throw new UsageError('--parallel takes a number from 1 to 16.', usage);

    const common = toOptions(world, values, usage);
    const mirror = readMirror(values.mirror) ?? common.mirror;
    await pullAll(chosen(world, positionals, values.variant), atOnce, { ...common, mirror });
  },
};
