import type { JobRequest } from '#client';
import { readArguments, UsageError, type Command } from '../command.js';
import { clientOf, printJobs, serverOptions, serverUsage, type World } from './jobs-client.js';
import { readManifest } from './read-manifest.js';

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
  --wait             waits for the end; exit code 1 when an image failed
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

const parametersOf = (model: string | undefined, text = '{}'): JobRequest['options'] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--options takes JSON: ${String(cause)}`, createUsage);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UsageError('--options takes an object in JSON.', createUsage);
  return { model: 'runware:109@1', ...parsed, ...(model && { model }) };
};

/** @throws UsageError */
const folderOf = (text: string): NonNullable<JobRequest['source']> => {
  const [place = '', ...folders] = text.split('/');
  if (place === '') throw new UsageError('--source and --target take PLACE or PLACE/FOLDER.', createUsage);
  return folders.length === 0 ? { place } : { place, prefix: folders.join('/') };
};

/** The images of a job: a manifest, or a folder of the server. */
const imagesFor = async (
  source: string | undefined,
  [path, ...more]: readonly string[],
): Promise<Pick<JobRequest, 'images' | 'source'>> => {
  if (source !== undefined && path === undefined) return { source: folderOf(source) };
  if (source !== undefined) throw new UsageError('Name a manifest or --source, and not both.', createUsage);
  if (path === undefined || more.length > 0) throw new UsageError('Name one manifest.', createUsage);
  return { images: await readManifest(path, createUsage) };
};

export const create: Command<World> = {
  usage: createUsage,
  run: async (_, args) => {
    const { values, positionals } = readArguments(args, createOptions, createUsage);
    const options = parametersOf(values.model, values.options);
    const images = await imagesFor(values.source, positionals);
    const { jobs } = clientOf(values);
    const { id: jobUUID, webhook: webhookURL } = values;
    const stored = await jobs.create({
      options,
      ...images,
      ...(values.target !== undefined && { target: folderOf(values.target) }),
      ...(jobUUID && { jobUUID }),
      ...(webhookURL && { webhookURL }),
    });
    const job = values.wait ? await jobs.wait(stored.jobUUID) : stored;
    printJobs([job], values.json);
    if (values.wait && (job.problem || job.success < job.total)) process.exitCode = 1;
  },
};
