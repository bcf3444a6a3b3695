import {
  examples,
  parseJob,
  parseTask,
  TaskError,
  toAnswer,
  toFailure,
  toWebhookBody,
  withDocumentation,
  type Answer,
  type Cutout,
  type Job,
} from '#contract';
import { catalogue } from '#models';
import { modelUnavailable } from '../models/availability.js';
import { noHttp } from '../http/raw-answer.js';
import type { Readiness } from '../health/readiness.js';
import { internalFault } from '../http/problem.filter.js';
import { noSuchJob } from '../jobs/read-jobs.js';
import { noSuchTask } from '../tasks/polls.js';
import { imageGone, noSuchImage } from '../images/serve-image.js';

/** What the examples of requests show, by their names. */
export const purposes: { readonly [N in keyof typeof examples]: string } = {
  removeBackground: 'Remove a background, and wait for the result',
  async: 'Remove a background later: the answer is an acknowledgement',
  getResponse: 'Ask for the result of the task before',
  getTaskDetails: 'Ask what that task was',
  imageUpload: 'Store an image for later tasks',
  mediaStorage: 'The same by its newer name, which also deletes',
  accountManagement: 'Ask for keys, use and budget',
  cancelTask: 'Cancel the task that was to run later',
  listTasks: 'List the tasks that succeeded last',
  ping: 'Ask for a pong',
};

const { taskType, taskUUID } = examples.removeBackground;
const removal = { taskType, taskUUID };

const cutoutAt = (publicUrl: string): Cutout => ({
  ...removal,
  imageUUID: '3f0c6d1e-52a9-4b7d-9c84-1a6e7f20b5d3',
  inputImageUUID: 'a91b4e07-8d36-4c52-b0f9-6e2d85c7314f',
  imageURL: `${publicUrl}/images/3f0c6d1e-52a9-4b7d-9c84-1a6e7f20b5d3.png`,
  status: 'success',
  cost: 0.0006,
});

/** What the check of a task with a wrong parameter says. */
const refusal = (): TaskError => {
  try {
    parseTask({ ...examples.removeBackground, outputQuality: 5 });
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
  throw new Error('The sample of a bad task is valid.');
};

const absentModel = (): TaskError => {
  const model = catalogue.get('runware:112@5');
  if (!model) throw new Error('The sample of an absent model names none of the catalogue.');
  return modelUnavailable(model, ['runware:109@1']);
};

/** A service whose worker has not started yet. */
const waiting: Readiness = { status: 'waiting', database: 'up', queue: 'up', storage: 'up', models: [] };

const noImage = new TaskError(
  'unsupportedImageFormat',
  "The image in 'inputImage' is not a PNG, JPEG or WEBP.",
  { parameter: 'inputImage' },
);

const wrongForm = new TaskError(
  'unsupportedParameter',
  "The parameter 'settings[rgba]' is not supported. Did you mean 'settings.rgba'?",
  { parameter: 'settings[rgba]' },
);
const stillRunning = new TaskError(
  'processingTimeout',
  'The task is not done after 60 s; it goes on, ask for it by getResponse.',
);

/** What the check of a job with a wrong option says. */
const refusedJob = (): TaskError => {
  try {
    parseJob({ options: { outputQuality: 5 }, images: [{ image: 'https://shop.example/shoe.jpg' }] }, 1);
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
  throw new Error('The sample of a bad job is valid.');
};

const jobAt = (publicUrl: string): Job => ({
  jobUUID: '00000000-0000-4000-8000-000000000010',
  status: 'ended',
  total: 2,
  waiting: 0,
  running: 0,
  success: 1,
  error: 1,
  cancelled: 0,
  cost: 0.0006,
  createdAt: '2026-11-28T09:00:00.000Z',
  startedAt: '2026-11-28T09:00:00.400Z',
  finishedAt: '2026-11-28T09:00:02.700Z',
  resultsURL: `${publicUrl}/v1/jobs/00000000-0000-4000-8000-000000000010/results.zip`,
});

/** Answers and webhook calls as the service makes them. A test compares them with its own. */
export const samplesAt = (publicUrl: string) => {
  const answer = (error: TaskError, routing = {}): Answer =>
    toAnswer([withDocumentation(toFailure(error, routing), publicUrl)]).body;
  const cutout = cutoutAt(publicUrl);
  return {
    succeeded: { data: [cutout] },
    refusedTask: answer(refusal(), removal),
    failedTask: answer(absentModel(), removal),
    refusedCutout: answer(wrongForm, removal),
    slowCutout: answer(stillRunning, removal),
    noHttp: answer(noHttp),
    fault: answer(internalFault()),
    noSuchTask: answer(noSuchTask(taskUUID)),
    noSuchImage: answer(noSuchImage()),
    imageGone: answer(imageGone()),
    noSuchJob: answer(noSuchJob('00000000-0000-4000-8000-000000000010')),
    refusedJob: answer(refusedJob()),
    job: jobAt(publicUrl),
    waiting,
    webhookOfSuccess: toWebhookBody({ result: cutout }),
    webhookOfFailure: toWebhookBody(toFailure(noImage, removal)),
  };
};

export type Samples = ReturnType<typeof samplesAt>;
