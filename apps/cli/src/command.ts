import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.js';

export type Command<World> = {
  readonly usage: string;
  /** @throws UsageError, and what its libraries throw */
  readonly run: (world: World, args: readonly string[]) => Promise<void>;
};

/** The commands behind one word, such as `clearcut models …`. */
export type Group<World> = {
  readonly name: string;
  readonly usage: string;
  readonly commands: Readonly<Record<string, Command<World>>>;
  /** Opens what the commands may know of the world, and closes it after them. */
  readonly within: (work: (world: World) => Promise<void>) => Promise<void>;
};

type Options = NonNullable<ParseArgsConfig['options']>;

/** Reads the arguments of a command. */
export const readArguments = <O extends Options>(args: readonly string[], options: O, usage: string) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [message = ''] = error instanceof Error ? error.message.split('. ') : [String(error)];
    throw new UsageError(`${message.replace(/\.$/, '')}.`, usage);
  }
};

export const print = (text: string): void => void process.stdout.write(text);

export const isHelp = (word: string | undefined): boolean =>
  word !== undefined && ['--help', '-h'].includes(word);

/** @throws UsageError when the group has no such command */
export const runGroup = async <World>(
  { name: group, usage, commands, within }: Group<World>,
  [name, ...args]: readonly string[],
): Promise<void> => {
  if (name === undefined || isHelp(name) || name === 'help') return print(usage);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command ${group} ${name}.`, usage);
  if (args.some(isHelp)) return print(command.usage);

  await within((world) => command.run(world, args));
};
