import { isUuid } from '#contract';
import { writeWhole } from '#client';
import { fromUser } from '../backup/own-data.js';
import {
  print,
  readArguments,
  runGroup,
  UsageError,
  type Command,
  type Group,
  type Help,
} from '../command.js';
import { create } from './create-job.js';
import {
  clientOf,
  itemsOf,
  printFailed,
  printJobs,
  serverOptions,
  serverUsage,
  type World,
} from './jobs-client.js';

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
    const client = clientOf(values);
    const job = await client.jobs.get(jobUUID);
    const items = await itemsOf(client, jobUUID);
    if (values.json) return print(`${JSON.stringify({ ...job, items }, undefined, 2)}\n`);
    printJobs([job], false);
    printFailed(items);
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
