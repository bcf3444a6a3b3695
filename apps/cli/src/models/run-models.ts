import { readCatalogue, readConfig } from '#config';
import { createProgress } from '#weights';
import { print, runGroup, type Group } from '../command.js';
import type { World } from './command.js';
import { importFile } from './import.js';
import { list } from './list.js';
import { pull } from './pull.js';
import { remove } from './remove.js';
import { verify } from './verify.js';

const usage = `Usage: npx clearcut models <command> [options]

  list     what is installed, and what could be
  pull     fetch models
  import   install a file that was brought by hand
  verify   compare the installed files with what was published
  remove   delete the files of models

npx clearcut models <command> --help tells more. docs/models.md tells what each model is good at.
`;

const models = (signal: AbortSignal): Group<World> => ({
  name: 'models',
  usage,
  commands: { list, pull, import: importFile, verify, remove },
  within: async (work) => {
    const config = readConfig();
    const catalogue = await readCatalogue(config);
    await work({ config, catalogue, progress: createProgress(), print, signal });
  },
});

/**
 * `npx clearcut models …`
 *
 * @throws UsageError, WeightsError, and what makes the environment or the models file unusable
 */
export const run = (args: readonly string[], signal: AbortSignal): Promise<void> =>
  runGroup(models(signal), args);
