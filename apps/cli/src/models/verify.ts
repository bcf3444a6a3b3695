import { choicesOf, verifyWeights, WeightsError } from '#weights';
import { readArguments, type Command } from '../command.js';
import { choicesNamed, modelNamed, type World } from './command.js';

const usage = `Usage: npx clearcut models verify [air | slug]…

Compares the installed files of the named models, or of all models, with what was published. Exits with
code 1 when a file differs, or when none of the named models is installed.
`;

export const verify: Command<World> = {
  usage,
  run: async ({ config, catalogue, progress, print, signal }, args) => {
    const { positionals } = readArguments(args, {}, usage);
    const named = positionals.flatMap((name) =>
      choicesNamed(modelNamed(catalogue, name, usage), undefined, usage),
    );
    const verdicts = await verifyWeights(positionals.length > 0 ? named : choicesOf(catalogue), {
      modelsDir: config.MODELS_DIR,
      note: progress.note,
      signal,
    });

    for (const { model, variant, path, fault } of verdicts)
      print(`${fault ? 'damaged' : 'good   '}  ${model.air}  ${variant.name}  ${path}\n`);
    const damaged = verdicts.filter(({ fault }) => fault !== undefined);
    if (damaged.length > 0) {
      const faults = damaged.map(({ path, fault }) => `${path} ${fault}`).join('; ');
      throw new WeightsError(`${faults}: remove and pull the damaged files.`);
    }
    if (verdicts.length > 0) return;
    if (named.length > 0) throw new WeightsError('None of these models is installed.');
    progress.note('No model is installed.');
  },
};
