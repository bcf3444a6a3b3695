import { readConfig } from '#config';
import { isUuid } from '#contract';
import { createClient, writeWhole, type Client, type Job, type JobItem } from '#client';
import { fromUser } from '../backup/own-data.js';
import {
  print,
  readArguments,
  runGroup,
  table,
  UsageError,
  type Command,
  type Group,
  type Help,
} from '../command.js';
import { findServer } from '../remove/by-server.js';
import { namingLines } from './naming-lines.js';
import { readManifest } from './read-manifest.js';
import { readOptions } from './read-options.js';

const serverOptions = { server: { type: 'string' }, key: { type: 'string' } } as const;
const serverUsage = `  --server URL       the server; CLEARCUT_URL, or the npm start that runs on DATA_DIR
  --key KEY          its key; CLEARCUT_KEY, or that of this npm start
`;

type World = Record<string, never>;
type Values = { readonly server?: string | undefined; readonly key?: string | undefined };

const clientOf = (values: Values): Client => {
  const { url, apiKey } = findServer(values, readConfig());
  return createClient({ url, apiKey, onNotice: (message) => void process.stderr.write(`${message}\n`) });
};

const head = ['JOBUUID', 'STATUS', 'IMAGES', 'WAITING', 'RUNNING', 'SUCCESS', 'ERROR', 'CANCELLED', 'COST'];
const toRow = (job: Job): string[] => [
  job.jobUUID,
  job.status,
  ...[job.total, job.waiting, job.running, job.success, job.error, job.cancelled].map(String),
  `$${job.cost}`,
];

const printJobs = (jobs: readonly Job[], asJson: boolean | undefined): void =>
  print(asJson ? `${JSON.stringify(jobs, undefined, 2)}\n` : table([head, ...jobs.map(toRow)]));

const createUsage = `Usage: npx clearcut jobs create <manifest> [options]

Sends a list of images as one job, and prints it. A line of the manifest is the URL or UUID of an image, with the name of
its result behind a tab, or JSON: {"image": "…", "name": "…"}. - reads stdin.

  --model MODEL      AIR id or slug; runware:109@1 unless given
  --options JSON     all parameters that the images share, such as {"model":"bria-rmbg-2","outputFormat":"WEBP"}
  --id UUID          names the job: sent again with it, it is not done twice
  --webhook URL      gets the job when it has ended
  --wait             waits for the end; exit code 1 when an image failed
  --json             JSON
${serverUsage}`;

const createOptions = {
  ...serverOptions,
  model: { type: 'string' },
  options: { type: 'string' },
  id: { type: 'string' },
  webhook: { type: 'string' },
  wait: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const create: Command<World> = {
  usage: createUsage,
  run: async (_, args) => {
    const { values, positionals } = readArguments(args, createOptions, createUsage);
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) throw new UsageError('Name one manifest.', createUsage);
    const options = readOptions(values.model, values.options, createUsage);
    const { id: jobUUID, webhook: webhookURL } = values;
    if (jobUUID !== undefined && !isUuid(jobUUID)) throw new UsageError('--id takes a UUID.', createUsage);
    const manifest = await readManifest(path, createUsage);
    const { images } = manifest;
    const { jobs } = clientOf(values);
    const request = { options, images, ...(jobUUID && { jobUUID }), ...(webhookURL && { webhookURL }) };
    const stored = await namingLines(manifest, () => jobs.create(request));
    const job = values.wait ? await jobs.wait(stored.jobUUID) : stored;
    printJobs([job], values.json);
    if (values.wait && job.success < job.total) process.exitCode = 1;
  },
};

/** @throws UsageError unless it is one UUID */
const readUuid = (words: readonly string[], usage: string): string => {
  const [uuid, ...more] = words;
  if (uuid !== undefined && more.length === 0 && isUuid(uuid)) return uuid;
  throw new UsageError('Name one job by its jobUUID, as jobs list shows it.', usage);
};

const listUsage = `Usage: npx clearcut jobs list [options]

Lists the latest jobs of the key's owner.

  --json             JSON
${serverUsage}`;

const list: Command<World> = {
  usage: listUsage,
  run: async (_, args) => {
    const options = { ...serverOptions, json: { type: 'boolean' } } as const;
    const { values, positionals } = readArguments(args, options, listUsage);
    if (positionals.length > 0) throw new UsageError('jobs list takes options only.', listUsage);
    printJobs(await clientOf(values).jobs.list(), values.json);
  },
};

const showUsage = `Usage: npx clearcut jobs show <jobUUID> [options]

Shows how a job stands, and the images that failed.

  --json             JSON, with all images
${serverUsage}`;

const show: Command<World> = {
  usage: showUsage,
  run: async (_, args) => {
    const options = { ...serverOptions, json: { type: 'boolean' } } as const;
    const { values, positionals } = readArguments(args, options, showUsage);
    const jobUUID = readUuid(positionals, showUsage);
    const { jobs } = clientOf(values);
    const job = await jobs.get(jobUUID);
    const items: JobItem[] = [];
    for await (const item of jobs.items(jobUUID)) items.push(item);
    if (values.json) return print(`${JSON.stringify({ ...job, items }, undefined, 2)}\n`);
    printJobs([job], false);
    const failed = items.flatMap(({ place, name, error }) =>
      error ? [[`${place}`, name, error.code, error.message]] : [],
    );
    if (failed.length > 0) print(`\n${table([['PLACE', 'NAME', 'CODE', 'MESSAGE'], ...failed])}`);
  },
};

const cancelUsage = `Usage: npx clearcut jobs cancel <jobUUID> [options]

Cancels what has not begun. Tasks that run end as usual.

${serverUsage}`;

const cancel: Command<World> = {
  usage: cancelUsage,
  run: async (_, args) => {
    const { values, positionals } = readArguments(args, serverOptions, cancelUsage);
    const jobUUID = readUuid(positionals, cancelUsage);
    printJobs([await clientOf(values).jobs.cancel(jobUUID)], false);
  },
};

const downloadUsage = `Usage: npx clearcut jobs download <jobUUID> [options]

Writes the results so far into a ZIP. errors.json in it tells of the images that have none.

  -o, --output FILE  <jobUUID>.zip unless given
${serverUsage}`;

const download: Command<World> = {
  usage: downloadUsage,
  run: async (_, args) => {
    const options = { ...serverOptions, output: { type: 'string', short: 'o' } } as const;
    const { values, positionals } = readArguments(args, options, downloadUsage);
    const jobUUID = readUuid(positionals, downloadUsage);
    const { output = `${jobUUID}.zip` } = values;
    await writeWhole(fromUser(output), await clientOf(values).jobs.results(jobUUID));
    print(`${output}\n`);
  },
};

const usage = `Usage: npx clearcut jobs <command> [options]

  create     send a list of images as one job
  list       list the latest jobs
  show       show how a job stands, and what failed
  cancel     cancel what has not begun
  download   write the results into a ZIP

The commands call a server.
`;

const jobs: Group<World> = {
  name: 'jobs',
  usage,
  commands: { create, list, show, cancel, download },
  within: (work) => work({}),
};

export const help: Help = jobs;

/**
 * `npx clearcut jobs …`
 *
 * @throws UsageError, StartError, the errors of the client, and faults of the environment
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(jobs, args);
