import { isHelp, print, UsageError, type Help } from '../command.js';
import { run as remove } from '../remove/run-remove.js';
import { flagUsage, readRembgArguments } from './read-arguments.js';

const usage = `Usage: npx clearcut p [options] <input folder> <output folder>

Removes the backgrounds of a folder, with the flags of \`rembg p\`, and writes PNGs. Images whose result is there are
skipped. Folders in the input keep their structure.

${flagUsage}
`;

export const help: Help = { usage };

/** `npx clearcut p …`, for scripts that call `rembg p` */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { options, words } = readRembgArguments(args, usage);
  const [input, output, ...more] = words;
  if (input === undefined || output === undefined || more.length > 0)
    throw new UsageError('p takes an input folder and an output folder.', usage);
  return remove([...options, `--output=${output}`, '--output-format=PNG', input], signal);
};
