import { examples, type Answer, type Task, type TaskType } from '#contract';
import { defaultUrl } from './default-url.js';
import { samplesAt } from './samples.js';

/** A request and its answer, as the API page shows them. */
export type TaskSample = {
  readonly title: string;
  readonly request: readonly Task[] | readonly object[];
  readonly answer: Answer;
};

const imageUUID = '3f0c6d1e-52a9-4b7d-9c84-1a6e7f20b5d3';
const imageURL = `${defaultUrl}/images/${imageUUID}.png`;
const webhookId = '7c1d2a90-4be3-4f6c-8a57-2f90d6b1e4c8';
const { taskUUID } = examples.async;
const [acceptedAt, endedAt] = ['2026-11-28T09:00:00.000Z', '2026-11-28T09:00:02.300Z'];
const { succeeded, refusedTask } = samplesAt(defaultUrl);
const [cutout = {}] = succeeded.data;
const used = { credits: 0.0006, requests: 1 };

const one = (title: string, request: object, answer: object): TaskSample => ({
  title,
  request: [request],
  answer: { data: [answer] } as Answer,
});

/** By the taskType that the page is ordered by. A test validates each by openapi.json. */
export const taskSamples: Readonly<Partial<Record<TaskType, readonly TaskSample[]>>> = {
  authentication: [
    one(
      'Check a key',
      { taskType: 'authentication', apiKey: 'cc_0123456789abcdef0123456789abcdef' },
      { taskType: 'authentication' },
    ),
  ],
  ping: [one('Ask for a pong', examples.ping, { taskType: 'ping', pong: true })],
  imageUpload: [
    one('Store an image', examples.imageUpload, {
      taskType: 'imageUpload',
      taskUUID: examples.imageUpload.taskUUID,
      imageUUID,
      imageURL,
      status: 'success',
    }),
  ],
  mediaStorage: [
    one('Store an image', examples.mediaStorage, {
      taskType: 'mediaStorage',
      taskUUID: examples.mediaStorage.taskUUID,
      operation: 'upload',
      mediaUUID: imageUUID,
      mediaURL: imageURL,
      status: 'success',
    }),
    one(
      'Delete it',
      { ...examples.mediaStorage, operation: 'delete', media: imageUUID },
      {
        taskType: 'mediaStorage',
        taskUUID: examples.mediaStorage.taskUUID,
        operation: 'delete',
        mediaUUID: imageUUID,
        status: 'success',
      },
    ),
  ],
  removeBackground: [
    { title: 'Wait for the result', request: [examples.removeBackground], answer: succeeded },
    one('Have it acknowledged', examples.async, { taskType: 'removeBackground', taskUUID }),
    {
      title: 'A parameter out of range',
      request: [{ ...examples.removeBackground, outputQuality: 5 }],
      answer: refusedTask,
    },
  ],
  getResponse: [
    one('Before its end', examples.getResponse, {
      taskType: 'removeBackground',
      taskUUID,
      status: 'processing',
      stage: 'waiting',
      queuePosition: 3,
      estimatedStartS: 2,
    }),
    one('After its end', examples.getResponse, { ...cutout, taskUUID }),
  ],
  getTaskDetails: [
    one('Ask what a task was', examples.getTaskDetails, {
      taskType: 'getTaskDetails',
      taskUUID,
      request: [{ taskType: 'removeBackground', taskUUID, model: 'runware:109@1', inputImage: imageUUID }],
      response: { data: [{ ...cutout, taskUUID }] },
      status: 'success',
    }),
  ],
  accountManagement: [
    one('Ask for keys, use and budget', examples.accountManagement, {
      taskType: 'accountManagement',
      taskUUID: examples.accountManagement.taskUUID,
      operation: 'getDetails',
      organizationName: 'shop',
      organizationUUID: 'b7d9a3f2-1c5e-4a68-9d07-3e8f6c2b4a15',
      balance: { amount: 19.9994, freeBalance: 0, currency: 'USD' },
      team: [],
      apiKeys: [{ apiKey: 'cc_0123', name: 'shop', enabled: true, createdAt: acceptedAt, requests: 1 }],
      usage: { total: used, today: used, last7Days: used, last30Days: used },
    }),
  ],
  cancelTask: [
    one('Cancel a task', examples.cancelTask, { taskType: 'cancelTask', taskUUID, status: 'cancelled' }),
  ],
  listTasks: [
    one('The last that succeeded', examples.listTasks, {
      taskType: 'listTasks',
      tasks: [
        {
          taskType: 'removeBackground',
          taskUUID,
          model: 'runware:109@1',
          status: 'success',
          priority: 'normal',
          createdAt: acceptedAt,
          startedAt: acceptedAt,
          finishedAt: endedAt,
          imageUUID,
          cost: 0.0006,
        },
      ],
    }),
  ],
  listWebhooks: [
    one(
      'Those that failed',
      { taskType: 'listWebhooks', status: 'failed', limit: 50 },
      {
        taskType: 'listWebhooks',
        webhooks: [
          {
            webhookId,
            taskUUID,
            host: 'shop.example.com',
            status: 'failed',
            attempts: 10,
            createdAt: acceptedAt,
            endedAt,
            canReplay: true,
            log: [{ at: acceptedAt, ms: 120, status: 500 }],
          },
        ],
      },
    ),
  ],
  replayWebhooks: [
    one(
      'Send those of a time again',
      { taskType: 'replayWebhooks', all: true, from: '2026-11-28T09:00:00Z' },
      { taskType: 'replayWebhooks', replayed: 12 },
    ),
  ],
};
