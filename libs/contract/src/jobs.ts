import { z } from 'zod';
import { ErrorItem } from './answer.js';
import { fromIssues } from './issues.js';
import { JobFolder } from './job-places.js';
import { MAX_URL_LENGTH } from './limits.js';
import { normalise } from './parse-task.js';
import { TaskError } from './problems.js';
import { Cutout } from './result.js';
import { RemoveBackground } from './tasks.js';

/** The parameters that all images of a job share. */
export const JobOptions = RemoveBackground.pick({
  model: true,
  outputFormat: true,
  outputQuality: true,
  ttl: true,
  priority: true,
  settings: true,
  refine: true,
  compose: true,
})
  .extend({
    priority: z.enum(['low', 'normal', 'high']).default('low').meta({
      description: "Order among the key's own tasks. Jobs are low, so that other tasks come first.",
    }),
  })
  .meta({ id: 'JobOptions', description: 'Parameters of removeBackground, which hold for each image.' });

/** A job that works as it is, once the addresses are the caller's own. */
const jobExample = {
  jobUUID: '00000000-0000-4000-8000-000000000010',
  options: { model: 'runware:109@1', outputFormat: 'WEBP' },
  images: [
    { image: 'https://shop.example/photos/shoe.jpg' },
    { image: 'https://shop.example/photos/1234', name: 'hats/panama' },
  ],
  webhookURL: 'https://shop.example/cutouts-are-ready',
};

const JobImage = z
  .strictObject({
    image: z.string().min(1).max(MAX_URL_LENGTH).meta({
      description: 'The http(s) URL of an image, or the UUID of an uploaded or resulting one.',
    }),
    name: z.string().min(1).max(200).optional().meta({
      description:
        'The name of its result in the ZIP; folders are kept. That of the URL, or the UUID, if left out.',
    }),
  })
  .meta({ id: 'JobImage' });
export type JobImage = z.infer<typeof JobImage>;

export const JobRequest = z
  .strictObject({
    jobUUID: z.uuid().optional().meta({
      description: 'A UUID that the client chooses. The same job sent again with it is not done twice.',
    }),
    options: JobOptions,
    images: z.array(JobImage).min(1).optional(),
    source: JobFolder.optional().meta({
      description: 'In place of `images`: all images below a folder that the operator allowed.',
    }),
    target: JobFolder.optional().meta({
      description: 'A folder that each result is written to, besides the ZIP.',
    }),
    webhookURL: z
      .string()
      .regex(/^https?:\/\//i, 'must start with http:// or https://')
      .max(MAX_URL_LENGTH)
      .optional()
      .meta({ description: 'The job is sent there by POST when it has ended, at least once.' }),
  })
  .meta({
    id: 'JobRequest',
    examples: [jobExample],
    description: 'Many images with one set of options. They come from `images` or from `source`.',
  });
export type JobRequest = z.infer<typeof JobRequest>;

export const Job = z
  .strictObject({
    jobUUID: z.uuid(),
    status: z.enum(['waiting', 'running', 'cancelling', 'ended', 'cancelled']).meta({
      description:
        'ended: each image has its result or its error. cancelled: it ended after it was cancelled.',
    }),
    total: z.int().meta({ description: 'Images; the five numbers below add up to it.' }),
    waiting: z.int().meta({ description: 'Not begun, and not yet a task.' }),
    running: z.int().meta({
      description: 'Tasks that have not ended, or whose results are not yet in the target.',
    }),
    success: z.int(),
    error: z.int(),
    cancelled: z.int(),
    cost: z.number().meta({ description: 'USD for all results so far.' }),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
    estimatedS: z.int().optional().meta({
      description:
        'Seconds until its end, if the other images take as long as those that ended. Absent while it cannot go on.',
    }),
    resultsURL: z.url().meta({ description: 'The ZIP of its results so far. It needs the key.' }),
    source: JobFolder.optional(),
    target: JobFolder.optional(),
    isListing: z.literal(true).optional().meta({
      description: 'Present while the images of its source are being listed. `total` grows until then.',
    }),
    trouble: ErrorItem.optional().meta({
      description:
        'Why it does not go on just now, such as a model that no worker serves, or a place that is full. It goes on by itself once that has passed.',
    }),
    problem: ErrorItem.optional().meta({
      description: 'Why the images of its source could not be listed. The job has ended without any.',
    }),
  })
  .meta({ id: 'Job', description: 'How a job stands.' });
export type Job = z.infer<typeof Job>;

const JobItem = z
  .strictObject({
    place: z.int().meta({ description: 'In the list of images, from 0.' }),
    name: z.string().meta({ description: 'Of its result in the ZIP, without the extension.' }),
    status: z.enum(['waiting', 'running', 'success', 'error', 'cancelled']),
    taskUUID: z.uuid().meta({ description: 'Of its task: getResponse and getTaskDetails know it.' }),
    result: Cutout.optional().meta({
      description: 'Present when it succeeded, and its image is still kept.',
    }),
    error: ErrorItem.optional().meta({
      description: 'Why there is no result, or why it is not in the target of the job.',
    }),
  })
  .meta({ id: 'JobItem', description: 'One image of a job.' });
export type JobItem = z.infer<typeof JobItem>;

export const JobAnswer = z
  .strictObject({ data: z.array(Job).optional(), errors: z.array(ErrorItem).optional() })
  .meta({ id: 'JobAnswer', description: 'One job, or why there is none.' });
export type JobAnswer = z.infer<typeof JobAnswer>;

export const JobList = z.strictObject({ data: z.array(Job), cursor: z.uuid().optional() }).meta({
  id: 'JobList',
  description: 'Jobs, newest first. `cursor` names the next page, where there is one.',
});
export type JobList = z.infer<typeof JobList>;

export const JobItems = z.strictObject({ data: z.array(JobItem), after: z.int().optional() }).meta({
  id: 'JobItems',
  description: 'Images of a job in their order. `after` names the next page, where there is one.',
});
export type JobItems = z.infer<typeof JobItems>;

/** The body of the webhook of a job. */
export const EndedJob = z.strictObject({ data: z.array(Job).min(1).max(1) }).meta({ id: 'EndedJob' });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const tooMany = (count: number, max: number): TaskError =>
  new TaskError('invalidParameter', `The job has ${count} images; at most ${max} are allowed.`, {
    parameter: 'images',
    max,
  });

/** @throws TaskError unless the images come from exactly one parameter */
const requireOneSource = ({ images, source }: JobRequest): void => {
  if (images && source) {
    const message = "A job takes 'images' or 'source', and not both.";
    throw new TaskError('incompatibleParameters', message, { parameter: 'source' });
  }
  if (images || source) return;
  const message = "Missing required parameter 'images': name images, or a folder by 'source'.";
  throw new TaskError('missingParameter', message, { parameter: 'images' });
};

/**
 * Validates the body of `POST /v1/jobs`.
 *
 * @param max the most images
 * @throws TaskError that names all invalid parameters
 */
export const parseJob = (raw: unknown, max: number): JobRequest => {
  if (!isRecord(raw)) throw new TaskError('invalidRequestBody', 'The body must be a JSON object: one job.');
  const { options, images } = raw;
  // First, since each faulty image would be explained.
  if (Array.isArray(images) && images.length > max) throw tooMany(images.length, max);
  const sent = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
  const job = { ...sent, ...(isRecord(options) && { options: normalise(options) }) };
  const parsed = JobRequest.safeParse(job, { reportInput: true });
  if (!parsed.success) throw fromIssues(parsed.error.issues, JobRequest);
  requireOneSource(parsed.data);
  return parsed.data;
};
