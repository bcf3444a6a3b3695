import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readConfig, type Config } from '#config';
import { isHelp, print, readArguments, UsageError, type Help } from '../command.js';
import { removeByServer } from './by-server.js';
import { flagOptions, toParameters, type Parameters } from './flags.js';
import { findImages, isNamed, type InputImage } from './inputs.js';
import { checkPattern, formatOf, outputsOf, readTarget, type Target } from './outputs.js';
import type { Remover, Sink } from './remover.js';
import { createReport, type Report } from './report.js';
import { withWholePaths } from './touch-up.js';
import { usage } from './usage.js';

const options = {
  ...flagOptions,
  output: { type: 'string', short: 'o' },
  name: { type: 'string', default: '{name}.{ext}' },
  overwrite: { type: 'boolean' },
  resume: { type: 'boolean' },
  concurrency: { type: 'string' },
  json: { type: 'boolean' },
  server: { type: 'string' },
  key: { type: 'string' },
  runware: { type: 'boolean' },
  local: { type: 'boolean' },
} as const;

type Values = {
  readonly output?: string;
  readonly name: string;
  readonly overwrite?: boolean;
  readonly resume?: boolean;
  readonly concurrency?: string;
  readonly json?: boolean;
  readonly server?: string;
  readonly key?: string;
  readonly runware?: boolean;
  readonly local?: boolean;
};

const MANIFEST = '.clearcut-manifest.jsonl';

const readConcurrency = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 64) return number;
  throw new UsageError('--concurrency takes a number from 1 to 64.', usage);
};

/** What the command line asks for. */
type Plan = {
  readonly values: Values;
  readonly words: readonly string[];
  readonly target: Target;
  readonly parameters: Parameters;
  readonly images: readonly InputImage[];
  /** By the key of the image; empty for stdout. */
  readonly outputs: ReadonlyMap<string, string>;
};

/** A background that is a file is looked for from the folder of the command. */
const withBackground = (parameters: Parameters, cwd: string): Parameters => {
  const { compose } = parameters;
  const image = compose?.background?.image;
  if (typeof image !== 'string' || isNamed(image)) return parameters;
  const background = { ...compose?.background, image: resolve(cwd, image) };
  return { ...parameters, compose: { ...compose, background } };
};

const readPlan = async (args: readonly string[], cwd: string): Promise<Plan> => {
  const { values: given, positionals: words } = readArguments(args, options, usage);
  const values = given as Values & Record<string, unknown>;
  if (words.length === 0) throw new UsageError('Name images, folders or URLs, or - for stdin.', usage);
  const target = await readTarget(words, values.output, { cwd, usage });
  const asked =
    values['output-format'] === undefined && target.kind === 'file' ? formatOf(target.path) : undefined;
  const flags = { ...(asked && { 'output-format': asked }), ...values };
  const parameters = withWholePaths(withBackground(toParameters(flags, usage), cwd), cwd);
  if (target.kind === 'stdout' && values.json)
    throw new UsageError('--json writes to stdout, and so would the image: name a file by -o.', usage);

  const out = target.kind === 'folder' ? target.path : undefined;
  const images = await findImages(words, { cwd, out, usage });
  if (images.length === 0) throw new Error(`No PNG, JPEG or WEBP was found: ${words.join(', ')}.`);
  const pattern = checkPattern(values.name, usage);
  const format = parameters.outputFormat;
  const outputs =
    target.kind === 'stdout' ? new Map<string, string>() : outputsOf(images, target, { pattern, format });
  return { values, words, target, parameters, images, outputs };
};

const toStdout: Sink = async (_, picture) => {
  const body = (await picture.blob()).stream();
  await pipeline(Readable.fromWeb(body), process.stdout, { end: false });
};

const toFiles =
  (outputs: Plan['outputs']): Sink =>
  async ({ key }, picture) => {
    const path = outputs.get(key) ?? '';
    await mkdir(dirname(path), { recursive: true });
    await picture.save(path);
  };

const manifestOf = ({ target }: Plan) => (target.kind === 'folder' ? join(target.path, MANIFEST) : undefined);

const openRemover = async (
  plan: Plan,
  { config, report, signal }: { config: Config; report: Report; signal: AbortSignal },
): Promise<Remover> => {
  const { values, parameters, outputs } = plan;
  if (values.local) {
    const { removeLocally } = await import('./locally.js');
    const concurrency = readConcurrency(values.concurrency);
    return removeLocally({ config, progress: report.progress, parameters, concurrency, usage, signal });
  }
  const manifestPath = manifestOf(plan);
  if (manifestPath !== undefined) await mkdir(dirname(manifestPath), { recursive: true });
  return removeByServer({
    values,
    config,
    manifestPath,
    resume: values.resume === true,
    isThere: (key) => existsSync(outputs.get(key) ?? ''),
    onNotice: report.progress.note,
  });
};

/** The images that are to be done. Those whose result is there are told. */
const dropDone = ({ images, outputs, values }: Plan, report: Report): InputImage[] =>
  images.filter(({ key }) => {
    const output = outputs.get(key);
    if (output === undefined || values.overwrite || !existsSync(output)) return true;
    report.skipped(key, output);
    return false;
  });

const removeAll = async (plan: Plan, report: Report, signal: AbortSignal): Promise<void> => {
  const { values, parameters, target, outputs } = plan;
  const images = dropDone(plan, report);
  if (images.length === 0) return;
  const remover = await openRemover(plan, { config: readConfig(), report, signal });
  try {
    const write = target.kind === 'stdout' ? toStdout : toFiles(outputs);
    const concurrency = readConcurrency(values.concurrency);
    for await (const end of remover.remove({ images, parameters, concurrency, write, signal }))
      report.ended(end, outputs.get(end.image.key));
  } finally {
    await remover.close();
  }
};

export const help: Help = { usage };

/**
 * `npx clearcut remove …`
 *
 * @throws UsageError, the signal's reason, an error when an image failed, and faults that every image would meet
 */
export const run = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const plan = await readPlan(args, process.env['INIT_CWD'] ?? process.cwd());
  readConcurrency(plan.values.concurrency);
  const total = plan.images.length;
  const report = createReport(total, plan.values.json === true);
  try {
    await removeAll(plan, report, signal);
  } catch (error) {
    report.finish();
    if (total > 1)
      report.progress.note(`${report.done()} of ${total} done. The same command with --resume goes on.`);
    throw error;
  }
  const failed = report.finish();
  const manifest = manifestOf(plan);
  if (failed === 0 && manifest !== undefined) await rm(manifest, { force: true });
  if (failed > 0) throw new Error(`${failed} of ${total} images failed.`);
};
