import { parseArgs, type ParseArgsConfig } from 'node:util';
import { didYouMean } from '#contract';

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

/** Help texts: of a command, and of those behind it. */
export type Help = {
  readonly usage: string;
  readonly commands?: Readonly<Record<string, { readonly usage: string }>>;
};

/** The module of a command. */
export type Loaded = {
  readonly run: (args: readonly string[], signal: AbortSignal) => Promise<void>;
  readonly help: Help;
};

type Options = NonNullable<ParseArgsConfig['options']>;
type OptionToken = {
  readonly name: string;
  /** As it was typed. */
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};

/** The first line of the help text, and how to get all of it. */
export const usageLineOf = ({ usage }: UsageError): string => {
  const [line = ''] = usage.split('\n', 1);
  const [, command = ''] = /^Usage: (npx clearcut(?: [a-z-]+)*)/.exec(line) ?? [];
  return `${line}\nSee ${command} --help.\n`;
};

/** Words that begin like an option are none in the place of a value, unless they are numbers. */
const isValue = (text: string) => !/^-(?!\d)/.test(text);

/** What is wrong with an option, in our own words. */
const faultIn = (options: Options, token: OptionToken): string | undefined => {
  const { name, rawName, value, inlineValue } = token;
  const known = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!known) {
    const names = Object.keys(options).map((each) => `--${each}`);
    return `There is no option ${rawName}.${didYouMean(rawName, names)}`;
  }
  if (known.type === 'boolean') return value === undefined ? undefined : `${rawName} takes no value.`;
  return value === undefined || value === '' || !(inlineValue || isValue(value))
    ? `${rawName} needs a value.`
    : undefined;
};

/** @throws UsageError when the arguments do not fit */
export const readArguments = <O extends Options>(args: readonly string[], options: O, usage: string) => {
  const read = { args: [...args], options, allowPositionals: true } as const;
  const { positionals, tokens } = parseArgs({ ...read, strict: false, tokens: true });
  const given = tokens.filter((token) => token.kind === 'option');
  for (const token of given) {
    const fault = faultIn(options, token);
    if (fault) throw new UsageError(fault, usage);
  }
  // Node takes a value such as -1 only in the form --rate=-1.
  const words = given.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`));
  return parseArgs({ ...read, args: [...words, '--', ...positionals] });
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
  if (!command) {
    const hint = didYouMean(name, Object.keys(commands));
    throw new UsageError(`There is no command ${group} ${name}.${hint}`, usage);
  }
  if (args.some(isHelp)) return print(command.usage);

  await within((world) => command.run(world, args));
};
