import { readCatalogue, readConfig } from '#config';
import { createProgress } from '#weights';
import { print, runGroup, type Group, type Help } from '../command.js';
import type { World } from './command.js';
import { importFile } from './import.js';
import { list } from './list.js';
import { pull } from './pull.js';
import { remove } from './remove.js';
import { verify } from './verify.js';

const usage = `Usage: npx clearcut models <command> [options]

  list     list installed and available models
  pull     download models
  import   install a file that you copied here yourself
  verify   compare the installed files with what was published
  remove   delete the files of models

See npx clearcut models <command> --help for details, and docs/models.md for what each model is good at.
`;

const commands = { list, pull, import: importFile, verify, remove };

const models = (signal: AbortSignal): Group<World> => ({
  name: 'models',
  usage,
  commands,
  within: async (work) => {
    const config = readConfig();
    const catalogue = await readCatalogue(config);
    await work({ config, catalogue, progress: createProgress(), print, signal });
  },
});

export const help: Help = { usage, commands };

/**
 * `npx clearcut models …`
 *
 * @throws UsageError, WeightsError, and faults of the environment or the models file
 */
export const run = (args: readonly string[], signal: AbortSignal): Promise<void> =>
  runGroup(models(signal), args);
