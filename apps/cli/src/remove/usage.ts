import { flags } from './flags.js';

const COLUMNS = 100;
const INDENT = 38;

/** Breaks a text into lines that begin at the same column. */
const wrap = (text: string): string => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length + 1 > COLUMNS - INDENT) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(INDENT)}`);
};

const valueNames: Readonly<Record<string, string>> = { number: ' N', tuple: ' R,G,B,A', boolean: '' };
/** By flag, where its value is an image. */
const imageNames: Readonly<Record<string, string>> = { hint: ' FILE', base: ' UUID' };

const listed = (isOf: (first: string) => boolean): string =>
  flags
    .filter(({ path: [first = ''] }) => isOf(first))
    .map(({ flag, kind, parts, about }) => {
      const value =
        kind === 'object' ? ` ${parts.join(',').toUpperCase()}` : (imageNames[flag] ?? valueNames[kind]);
      const name = `  --${flag}${value ?? ' TEXT'}`;
      // A long name has its text on the next line.
      const head = name.length < INDENT ? name.padEnd(INDENT) : `${name}\n${' '.repeat(INDENT)}`;
      return `${head}${wrap(about)}`;
    })
    .join('\n');

export const usage = `Usage: npx clearcut remove <file | folder | glob | URL | ->… -o <folder | file> [options]

Removes the backgrounds of images. Folders are searched for PNG, JPEG and WEBP, and keep their structure. An image that
fails does not stop the rest; it is named at the end. - reads an image from stdin, and writes to stdout without -o.

  -o, --output PATH      folder for the results; a file for a single image
  --name PATTERN         name of each result: {name}, {index}, {format} and {ext}; {name}.{ext} by default
  --overwrite            do images again whose result is there; otherwise they are skipped
  --resume               go on where an earlier run stopped: tasks that the server has are not sent again
  --concurrency N        images in hand at once; 4 by default, with --local WORKER_CONCURRENCY
  --json                 one line of JSON for each image on stdout

  --server URL           the server; CLEARCUT_URL, or the npm start that runs on DATA_DIR
  --key KEY              its key; CLEARCUT_KEY, or that of this npm start
  --runware              use only what Runware's API has
  --local                no server: cut out in this process, with the models of MODELS_DIR

The task:
${listed((first) => !['settings', 'refine', 'compose'].includes(first))}

Settings, for models that take them:
${listed((first) => first === 'settings')}

Refinement, for every model:
${listed((first) => first === 'refine')}

A canvas for the subject, for every model; the background image may also be a file:
${listed((first) => first === 'compose')}

Exit code: 0 when every image is done, 1 when one failed, 2 for a wrong command line, 130 after Ctrl-C.
`;
