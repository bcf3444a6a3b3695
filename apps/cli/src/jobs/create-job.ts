import { isUuid } from '#contract';
import type { Client, JobRequest } from '#client';
import { readArguments, UsageError, type Command } from '../command.js';
import {
  clientOf,
  createWaitNotices,
  itemsOf,
  printFailed,
  printJobs,
  serverOptions,
  serverUsage,
  type World,
} from './jobs-client.js';
import { namingLines } from './naming-lines.js';
import { readManifest, type Manifest } from './read-manifest.js';
import { readOptions } from './read-options.js';

const createUsage = `Usage: npx clearcut jobs create <manifest> [options]
       npx clearcut jobs create --source PLACE/FOLDER [options]

Sends a list of images as one job, and prints it. A line of the manifest is the URL or UUID of an image, with the name of
its result behind a tab, or JSON: {"image": "…", "name": "…"}. - reads stdin.

  --source PLACE/FOLDER  in place of a manifest: all images below a folder that the operator of the server allowed
  --target PLACE/FOLDER  writes each result there, too
  --model MODEL      AIR id or slug; runware:109@1 unless given
  --options JSON     all parameters that the images share, such as {"model":"bria-rmbg-2","outputFormat":"WEBP"}
  --id UUID          names the job: sent again with it, it is not done twice
  --webhook URL      gets the job when it has ended
  --wait             waits for the end; exit code 1 when an image failed or was cancelled. Without --json it lists those
  --json             JSON
${serverUsage}`;

const createOptions = {
  ...serverOptions,
  source: { type: 'string' },
  target: { type: 'string' },
  model: { type: 'string' },
  options: { type: 'string' },
  id: { type: 'string' },
  webhook: { type: 'string' },
  wait: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** @throws UsageError */
const folderOf = (text: string): NonNullable<JobRequest['source']> => {
  const [place = '', ...folders] = text.split('/');
  if (place === '') throw new UsageError('--source and --target take PLACE or PLACE/FOLDER.', createUsage);
  return folders.length === 0 ? { place } : { place, prefix: folders.join('/') };
};

/** @returns the manifest; undefined with --source @throws UsageError */
const manifestFor = async (
  source: string | undefined,
  [path, ...more]: readonly string[],
): Promise<Manifest | undefined> => {
  if (source !== undefined && path === undefined) return undefined;
  if (source !== undefined) throw new UsageError('Name a manifest or --source, and not both.', createUsage);
  if (path === undefined || more.length > 0) throw new UsageError('Name one manifest.', createUsage);
  return readManifest(path, createUsage);
};

const foldersOf = ({
  source,
  target,
}: {
  readonly source?: string | undefined;
  readonly target?: string | undefined;
}): Pick<JobRequest, 'source' | 'target'> => ({
  ...(source !== undefined && { source: folderOf(source) }),
  ...(target !== undefined && { target: folderOf(target) }),
});

/** Waits for the end, and tells it with what failed. */
const waitFor = async (
  client: Client,
  jobUUID: string,
  asJson: boolean | undefined,
  lines?: readonly number[],
): Promise<void> => {
  const job = await client.jobs.wait(jobUUID, { onProgress: createWaitNotices() });
  printJobs([job], asJson);
  if (!asJson && job.error + job.cancelled > 0) printFailed(await itemsOf(client, jobUUID), lines);
  if (job.problem || job.success < job.total) process.exitCode = 1;
};

export const create: Command<World> = {
  usage: createUsage,
  run: async (_, args) => {
    const { values, positionals } = readArguments(args, createOptions, createUsage);
    const options = readOptions(values.model, values.options, createUsage);
    const { id: jobUUID, webhook: webhookURL } = values;
    if (jobUUID !== undefined && !isUuid(jobUUID)) throw new UsageError('--id takes a UUID.', createUsage);
    const folders = foldersOf(values);
    const manifest = await manifestFor(values.source, positionals);
    const client = clientOf(values);
    const { jobs } = client;
    const request = {
      options,
      ...(manifest && { images: manifest.images }),
      ...folders,
      ...(jobUUID && { jobUUID }),
      ...(webhookURL && { webhookURL }),
    };
    const send = () => jobs.create(request);
    const stored = await (manifest ? namingLines(manifest, send) : send());
    if (values.wait) return waitFor(client, stored.jobUUID, values.json, manifest?.lines);
    printJobs([stored], values.json);
  },
};
