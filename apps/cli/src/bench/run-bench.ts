import { readConfig } from '#config';
import { createProgress } from '#weights';
import { isHelp, print, readArguments, table, UsageError, type Help } from '../command.js';
import { removeByServer } from '../remove/by-server.js';
import { toParameters } from '../remove/flags.js';
import { findImages, type InputImage } from '../remove/inputs.js';
import type { Order, Remover } from '../remove/remover.js';
import { withSamplePhoto } from './sample-photo.js';

const usage = `Usage: npx clearcut bench [file] [options]

Measures how fast an image is cut out again and again: in this process, or with --server by a server. One round before the
clock starts loads the model. Without a file, a photo of 1200 × 800 pixels is drawn. Results are thrown away.

  --count N          images that are timed, from 1 to 10000; 20 unless given
  --concurrency N    images in hand at once; 4 by default, without a server WORKER_CONCURRENCY
  --model AIR        another model than the default one
  --server URL       a server; each image is a task of its key, and is paid
  --key KEY          its key; CLEARCUT_KEY unless given
  --json             one line of JSON
`;

const options = {
  count: { type: 'string' },
  concurrency: { type: 'string' },
  model: { type: 'string' },
  server: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const readNumber = (option: string, text: string, max: number): number => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new UsageError(`--${option} takes a whole number from 1 to ${max}.`, usage);
};

/** What was measured. */
type Figures = {
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerS: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
};

const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

const figuresOf = (times: readonly number[], seconds: number): Figures => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => rounded(sorted[Math.floor((sorted.length - 1) * part)] ?? 0, 0);
  const imagesPerS = rounded(times.length / seconds, 2);
  return { images: times.length, seconds: rounded(seconds, 2), imagesPerS, p50Ms: at(0.5), p95Ms: at(0.95) };
};

/** The same image under other keys, since each is done once. */
const copiesOf = (image: InputImage, count: number): InputImage[] =>
  Array.from({ length: count }, (_, i) => ({ ...image, key: `${image.key} (${i + 1})` }));

const nowhere: Order['write'] = async (_, picture) => void (await picture.blob());

/** The milliseconds of each image. @throws the error of the first that failed */
const cutAll = async (remover: Remover, order: Omit<Order, 'write'>): Promise<number[]> => {
  const times: number[] = [];
  for await (const end of remover.remove({ ...order, write: nowhere })) {
    if (end.status === 'failed') throw end.error;
    times.push(end.ms);
  }
  return times;
};

type Asked = ReturnType<typeof readAsked>;

const readAsked = (args: readonly string[]) => {
  const { values, positionals } = readArguments(args, options, usage);
  if (positionals.length > 1) throw new UsageError('bench takes one file at most.', usage);
  const count = readNumber('count', values.count ?? '20', 10_000);
  const concurrency =
    values.concurrency === undefined ? undefined : readNumber('concurrency', values.concurrency, 1000);
  const parameters = toParameters({ ...(values.model && { model: values.model }) }, usage);
  return { values, file: positionals[0], count, concurrency, parameters };
};

const openRemover = async (
  { values, parameters, concurrency }: Asked,
  signal: AbortSignal,
): Promise<Remover> => {
  const config = readConfig();
  const progress = createProgress();
  if (values.server !== undefined) {
    const once = { manifestPath: undefined, resume: false, isThere: () => false };
    return removeByServer({ values, config, ...once, onNotice: progress.note });
  }
  const { removeLocally } = await import('../remove/locally.js');
  return removeLocally({ config, progress, parameters, concurrency, usage, signal });
};

const measure = async (asked: Asked, path: string, signal: AbortSignal): Promise<Figures> => {
  const cwd = process.env['INIT_CWD'] ?? process.cwd();
  const [image] = await findImages([path], { cwd, out: undefined, usage });
  if (!image) throw new Error(`No PNG, JPEG or WEBP was found: ${path}.`);
  const remover = await openRemover(asked, signal);
  try {
    const { parameters, concurrency, count } = asked;
    const order = { parameters, concurrency, signal };
    await cutAll(remover, { ...order, images: copiesOf({ ...image, key: 'first' }, 1) });
    const startMs = performance.now();
    const times = await cutAll(remover, { ...order, images: copiesOf(image, count) });
    return figuresOf(times, (performance.now() - startMs) / 1000);
  } finally {
    await remover.close();
  }
};

export const help: Help = { usage };

/**
 * `npx clearcut bench`
 *
 * @throws UsageError, the signal's reason, and the error of an image
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const asked = readAsked(args);
  const figures =
    asked.file === undefined
      ? await withSamplePhoto((path) => measure(asked, path, signal))
      : await measure(asked, asked.file, signal);
  if (asked.values.json) return print(`${JSON.stringify(figures)}\n`);
  const { images, seconds, imagesPerS, p50Ms, p95Ms } = figures;
  const row = [`${images}`, `${seconds}`, `${imagesPerS}`, `${p50Ms}`, `${p95Ms}`];
  print(table([['IMAGES', 'SECONDS', 'IMAGES/S', 'P50 MS', 'P95 MS'], row]));
};
