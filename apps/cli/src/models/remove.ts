import { fileKey, choicesOf, removeWeights, type Choice } from '#weights';
import type { Catalogue } from '#models';
import { readArguments, UsageError, type Command } from '../command.js';
import { choicesNamed, modelNamed, type World } from './command.js';

const usage = `Usage: npx clearcut models remove <air | slug>… [--variant NAME]

Deletes the installed files of the models. Running workers keep loaded models until they end, or until they
need the memory for another model.
`;

const modelsSharing = (catalogue: Catalogue, choice: Choice): string[] =>
  choicesOf(catalogue)
    .filter((other) => other.model.air !== choice.model.air && fileKey(other) === fileKey(choice))
    .map(({ model }) => model.air);

export const remove: Command<World> = {
  usage,
  run: async ({ config, catalogue, progress, print }, args) => {
    const { values, positionals } = readArguments(args, { variant: { type: 'string' } }, usage);
    if (positionals.length === 0) throw new UsageError('Name a model, such as runware:112@5.', usage);
    const choices = positionals.flatMap((name) =>
      choicesNamed(modelNamed(catalogue, name, usage), values.variant, usage),
    );

    let count = 0;
    for (const choice of choices) {
      for (const path of await removeWeights(choice, config.MODELS_DIR)) {
        count += 1;
        const others = modelsSharing(catalogue, choice);
        print(`removed  ${choice.model.air}  ${choice.variant.name}  ${path}\n`);
        if (others.length > 0) progress.note(`${others.join(', ')} used the same file.`);
      }
    }
    if (count === 0) progress.note('Nothing of these models was installed.');
  },
};
