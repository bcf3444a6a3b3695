import { parseArgs, type ParseArgsConfig } from 'node:util';
import { reasonOf } from '#errors';

/** A wrong command line. `usage` is the help text to show. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    readonly usage: string,
  ) {
    super(message);
  }
}

export type Command<World> = {
  readonly usage: string;
  /** @throws UsageError and the errors of its libraries */
  readonly run: (world: World, args: readonly string[]) => Promise<void>;
};

/** The commands behind one word, such as `clearcut models …`. */
export type Group<World> = {
  readonly name: string;
  readonly usage: string;
  readonly commands: Readonly<Record<string, Command<World>>>;
  /** Opens what the commands need, and closes it afterwards. */
  readonly within: (work: (world: World) => Promise<void>) => Promise<void>;
};

type Options = NonNullable<ParseArgsConfig['options']>;

/** @throws UsageError when the arguments do not fit */
export const readArguments = <O extends Options>(args: readonly string[], options: O, usage: string) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [message = ''] = reasonOf(error).split('. ');
    throw new UsageError(`${message.replace(/\.$/, '')}.`, usage);
  }
};

export const print = (text: string): void => void process.stdout.write(text);

/** Formats left-aligned columns, each as wide as its widest cell. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');

  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
};

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
