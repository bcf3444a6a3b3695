import { parse, resolve } from 'node:path';
import { isHelp, print, UsageError, type Help } from '../command.js';
import { run as remove } from '../remove/run-remove.js';
import { flagUsage, readRembgArguments } from './read-arguments.js';

const usage = `Usage: npx clearcut i [options] [input] [output]

Removes the background of one image, with the flags of \`rembg i\`, and writes a PNG. Without an input it reads stdin. Without an
output it writes to stdout, and for a file beside a terminal into <name>.out.png.

${flagUsage}
`;

export const help: Help = { usage };

const outputOf = (input: string, output: string | undefined): string => {
  if (output === undefined && input !== '-' && process.stdout.isTTY) {
    const { dir, name } = parse(input);
    return resolve(process.env['INIT_CWD'] ?? process.cwd(), dir, `${name}.out.png`);
  }
  if (output === undefined || output === '-') return '-';
  if (/\.(png|jpe?g|webp)$/i.test(output)) return output;
  throw new UsageError('The name of the output must end with .png.', usage);
};

/** `npx clearcut i …`, for scripts that call `rembg i` */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { options, words } = readRembgArguments(args, usage);
  const [input = '-', output, ...more] = words;
  if (more.length > 0) throw new UsageError('i takes one input and one output.', usage);
  const target = [`--output=${outputOf(input, output)}`, '--output-format=PNG', '--overwrite'];
  return remove([...options, ...target, input], signal);
};
