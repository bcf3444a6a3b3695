import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Command, type Complete } from '@bomb.sh/tab';
import { catalogue } from '#models';
import type { Help, Loaded } from './command.js';

/** One line of a help text: an option, whether it takes a value, and what it does. */
type Line = { readonly name: string; readonly takesValue: boolean; readonly about: string };

const linesOf = (text: string): Line[] =>
  [...text.matchAll(/^ {2,}(?:-\w, )?--([a-z-]+)(?: ([A-Z][^\s]*))?(?: {2,}|\s*$)(.*)$/gm)].map(
    ([, name = '', value, about = '']) => ({ name, takesValue: value !== undefined, about }),
  );

/** Values that a help text names, or that are known otherwise. */
const valuesOf = ({ name, about }: Line): readonly string[] => {
  if (name === 'model') return [...catalogue.keys()];
  if (name === 'output-format') return ['PNG', 'JPG', 'WEBP'];
  if (name === 'priority') return ['low', 'normal', 'high'];
  return /^only these: ([a-z, ]+)$/.exec(about)?.[1]?.split(/, | or /) ?? [];
};

const addOptions = (command: Command, text: string) => {
  for (const line of linesOf(text)) {
    const offer = (complete: Complete) => valuesOf(line).forEach((value) => complete(value, ''));
    if (line.takesValue) command.option(line.name, line.about, offer);
    else command.option(line.name, line.about);
  }
};

/** Files and folders that begin like the word. The shell's own completion does not work beside ours. */
const filesLike = (word: string, complete: Complete) => {
  const folder = word.slice(0, word.lastIndexOf('/') + 1);
  // The bootstrap changes the folder.
  const cwd = process.env['INIT_CWD'] ?? process.cwd();
  try {
    for (const entry of readdirSync(resolve(cwd, folder || '.'), { withFileTypes: true }))
      complete(join(folder, entry.name) + (entry.isDirectory() ? '/' : ''), '');
  } catch {
    // A folder that does not exist has nothing to offer.
  }
};

/** Commands whose words are files. */
const takeFiles: ReadonlySet<string> = new Set(['remove', 'restore', 'backup', 'bench', 'i', 'p']);

/** The names and texts of a help text's list of commands. */
const listIn = (text: string): [string, string][] =>
  [...text.matchAll(/^ {2}([a-z-]+) {2,}(.*)$/gm)].map(([, name = '', about = '']) => [name, about]);

const describe = (name: string, help: Help, word: string) => {
  const command = t.command(name, '');
  for (const [inner, about] of help.commands ? listIn(help.usage) : []) {
    const text = help.commands?.[inner]?.usage;
    if (text !== undefined) addOptions(t.command(`${name} ${inner}`, about), text);
  }
  if (help.commands) return;
  addOptions(command, help.usage);
  if (takeFiles.has(name)) command.argument('file', (complete) => filesLike(word, complete), true);
};

/**
 * What the script of `completion` calls: prints how the last of the words may go on.
 *
 * @param usage names all commands
 */
export const completing = (
  usage: string,
  commands: Readonly<Record<string, () => Promise<Loaded>>>,
): Loaded => ({
  help: { usage: 'Usage: npx clearcut complete -- <words>\n' },
  run: async ([, ...words]) => {
    const [first = ''] = words;
    for (const [name, about] of listIn(usage)) t.command(name, about);
    const load = words.length > 1 && Object.hasOwn(commands, first) ? commands[first] : undefined;
    if (load) describe(first, (await load()).help, words.at(-1) ?? '');
    t.parse([...words]);
  },
});
