import { fileURLToPath } from 'node:url';
import t from '@bomb.sh/tab';
import { isHelp, print, readArguments, UsageError, type Help } from './command.js';

const shells: ReadonlySet<string> = new Set(['bash', 'zsh', 'fish', 'powershell']);

const usage = `Usage: npx clearcut completion <${[...shells].join(' | ')}>

Prints a script with which a shell completes the command clearcut: its commands, options, and files. bash also needs its
package bash-completion. For the running shell:

  source <(npx clearcut completion bash)      # or zsh
  npx clearcut completion fish | source

npm link makes clearcut a command of its own; alias clearcut='npx clearcut' does, too.
`;

const quoted = (path: string) => (/[^\w./:\\-]/.test(path) ? `'${path}'` : path);

/** The bootstrap, which the script starts for each completion. */
const executable = (): string => {
  const script = fileURLToPath(new URL('../../../../tools/clearcut.mjs', import.meta.url));
  return [process.execPath, script].map(quoted).join(' ');
};

export const help: Help = { usage };

/**
 * `npx clearcut completion`
 *
 * @throws UsageError
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { positionals } = readArguments(args, {}, usage);
  const [shell, ...more] = positionals;
  if (shell === undefined || more.length > 0 || !shells.has(shell))
    throw new UsageError(`Name one shell: ${[...shells].join(', ')}.`, usage);
  t.setup('clearcut', executable(), shell);
};
