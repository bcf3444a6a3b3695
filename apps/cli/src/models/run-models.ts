import { readCatalogue, readConfig } from '#config';
import { createProgress } from '#weights';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { importFile } from './import.js';
import { list } from './list.js';
import { pull } from './pull.js';
import { remove } from './remove.js';
import { verify } from './verify.js';

const commands: Readonly<Record<string, Command>> = { list, pull, import: importFile, verify, remove };

const usage = `Usage: npx clearcut models <command> [options]

  list     what is installed, and what could be
  pull     fetch models
  import   install a file that was brought by hand
  verify   compare the installed files with what was published
  remove   delete the files of models

npx clearcut models <command> --help tells more. docs/models.md tells what each model is good at.
`;

const isHelp = (word: string | undefined): boolean => word !== undefined && ['--help', '-h'].includes(word);

/**
 * `npx clearcut models …`
 *
 * @throws UsageError, WeightsError, and what makes the environment or the models file unusable
 */
export const runModels = async ([name, ...args]: readonly string[], signal: AbortSignal): Promise<void> => {
  const print = (text: string) => void process.stdout.write(text);
  if (name === undefined || isHelp(name) || name === 'help') return print(usage);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command models ${name}.`, usage);
  if (args.some(isHelp)) return print(command.usage);

  const config = readConfig();
  const catalogue = await readCatalogue(config);
  await command.run({ config, catalogue, progress: createProgress(), print, signal }, args);
};
