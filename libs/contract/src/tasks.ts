import { z } from 'zod';
import { Compose } from './compose/options.js';
import { examples } from './examples.js';
import { ImageSource } from './image-schema.js';
import { CancelTask, ListTasks } from './lifecycle-tasks.js';
import { MAX_URL_LENGTH } from './limits.js';
import { Output, OutputType } from './output.js';
import { Refine, Settings, settingsFields } from './settings.js';
import { TaskUUID } from './task-uuid.js';
import { ListWebhooks, ReplayWebhooks } from './webhook-tasks.js';

const Authentication = z
  .strictObject({
    taskType: z.literal('authentication'),
    apiKey: z.string().min(1),
    connectionSessionUUID: z
      .string()
      .optional()
      .meta({ description: 'Takes up an earlier WebSocket session.' }),
  })
  .meta({
    id: 'Authentication',
    examples: [{ taskType: 'authentication', apiKey: 'cc_…' }],
    description:
      'The API key as first task, in place of the Authorization header; it must end within the first 16 kB.',
  });

export const MediaStorage = z
  .strictObject({
    taskType: z.literal('mediaStorage'),
    taskUUID: TaskUUID,
    operation: z.enum(['upload', 'delete']).default('upload'),
    media: ImageSource.meta({ description: 'The image to store, or the UUID of the one to delete.' }),
  })
  .meta({
    id: 'MediaStorage',
    examples: [examples.mediaStorage],
    description: 'Stores an image or deletes a stored one.',
  });
export type MediaStorage = z.infer<typeof MediaStorage>;

const Ping = z
  .strictObject({ taskType: z.literal('ping'), taskUUID: TaskUUID.optional(), ping: z.boolean().optional() })
  .meta({ id: 'Ping', examples: [examples.ping], description: 'Asks for a pong.' });

export const ImageUpload = z
  .strictObject({ taskType: z.literal('imageUpload'), taskUUID: TaskUUID, image: ImageSource })
  .meta({
    id: 'ImageUpload',
    examples: [examples.imageUpload],
    description: 'Stores an image, so that later tasks can name it by its UUID.',
  });
export type ImageUpload = z.infer<typeof ImageUpload>;

/** Fields of other Runware tasks, which clients send too. A warning says that they have no effect. */
const Ignored = z.unknown().optional().meta({ description: 'Accepted with a warning, has no effect.' });
export const ignored = {
  positivePrompt: Ignored,
  width: Ignored,
  height: Ignored,
  steps: Ignored,
  safety: Ignored,
  acceleratorOptions: Ignored,
  providerSettings: Ignored,
  routing: Ignored,
  checkNSFW: Ignored,
  seed: Ignored,
  acceleration: Ignored,
  skipResponse: Ignored,
};

const HttpUrl = z
  .string()
  .regex(/^https?:\/\//i, 'must start with http:// or https://')
  .max(MAX_URL_LENGTH);

/** `removeBackground` and its names in older clients; answers carry the name that was sent. */
export const removalTypes = ['removeBackground', 'imageBackgroundRemoval', 'removeImageBackground'] as const;

export const RemoveBackground = z
  .strictObject({
    taskType: z.enum(removalTypes),
    taskUUID: TaskUUID,
    inputImage: ImageSource.optional().meta({ description: 'The image; this or inputs.image.' }),
    inputs: z.strictObject({ image: ImageSource.optional() }).optional(),
    model: z.string().min(1).optional().meta({
      description: 'AIR id or slug of the model; older taskTypes may leave it out.',
      example: 'runware:109@1',
    }),
    ...Output.shape,
    outputType: z
      .union([OutputType, z.array(OutputType).min(1).max(3)])
      .default('URL')
      .meta({ description: 'How the image is answered. An array gets all of its types.' }),
    deliveryMethod: z.enum(['sync', 'async']).default('sync'),
    webhookURL: HttpUrl.optional().meta({
      description: 'Makes the call asynchronous; the result is sent there by POST, at least once.',
    }),
    uploadEndpoint: HttpUrl.optional().meta({
      description: 'The bytes of the result are sent there by PUT.',
    }),
    ttl: z
      .int()
      .min(60)
      .max(31_536_000)
      .optional()
      .meta({ description: 'Seconds after which the result is deleted; only for outputType URL.' }),
    deadline: z.int().min(1).max(604_800).optional().meta({
      description:
        'Seconds after which the result is of no use: the task is then ended, and costs nothing. Runware does not have it.',
    }),
    priority: z.enum(['low', 'normal', 'high']).optional().meta({
      description: "Order among the key's own tasks, normal if left out. Runware does not have it.",
    }),
    cancelOnDisconnect: z.boolean().optional().meta({
      description:
        'Cancels the task of a sync HTTP call when its connection closes before the answer, unless it was sent again meanwhile. Without effect over WebSocket, whose sessions can be taken up again. Runware does not have it.',
    }),
    reportProgress: z.boolean().optional().meta({
      description:
        'Over WebSocket, sends a frame each time the state of the task changes, as getResponse answers it, until the frame of its end. Without effect over HTTP, which has `GET /v1/tasks/TASKUUID/events`. Runware does not have it.',
    }),
    numberResults: z.int().min(1).max(1).optional(),
    settings: Settings.optional(),
    refine: Refine.optional(),
    compose: Compose.optional(),
    ...settingsFields,
    ...ignored,
  })
  .meta({
    id: 'RemoveBackground',
    examples: [examples.removeBackground, examples.async],
    description: 'Cuts the subject of an image out of its background.',
  });
export type RemoveBackground = z.infer<typeof RemoveBackground>;

export const GetResponse = z.strictObject({ taskType: z.literal('getResponse'), taskUUID: TaskUUID }).meta({
  id: 'GetResponse',
  examples: [examples.getResponse],
  description: 'Asks how the task with this UUID stands.',
});
export type GetResponse = z.infer<typeof GetResponse>;

export const GetTaskDetails = z
  .strictObject({ taskType: z.literal('getTaskDetails'), taskUUID: TaskUUID })
  .meta({
    id: 'GetTaskDetails',
    examples: [examples.getTaskDetails],
    description: 'Gives back what a task asked for and what it came to.',
  });
export type GetTaskDetails = z.infer<typeof GetTaskDetails>;

export const AccountManagement = z
  .strictObject({
    taskType: z.literal('accountManagement'),
    taskUUID: TaskUUID,
    operation: z.enum(['getDetails']),
  })
  .meta({
    id: 'AccountManagement',
    examples: [examples.accountManagement],
    description:
      "Tells about the owner of the key: its keys, their use, and what is left of the key's budget.",
  });
export type AccountManagement = z.infer<typeof AccountManagement>;

/** The schema of each task, by its taskType. */
export const taskSchemas = {
  authentication: Authentication,
  ping: Ping,
  imageUpload: ImageUpload,
  mediaStorage: MediaStorage,
  removeBackground: RemoveBackground,
  imageBackgroundRemoval: RemoveBackground,
  removeImageBackground: RemoveBackground,
  getResponse: GetResponse,
  getTaskDetails: GetTaskDetails,
  accountManagement: AccountManagement,
  cancelTask: CancelTask,
  listTasks: ListTasks,
  listWebhooks: ListWebhooks,
  replayWebhooks: ReplayWebhooks,
} as const;

export type TaskType = keyof typeof taskSchemas;
export type TaskOf<T extends TaskType> = z.infer<(typeof taskSchemas)[T]>;

export const Task = z
  .discriminatedUnion('taskType', [
    Authentication,
    Ping,
    ImageUpload,
    MediaStorage,
    RemoveBackground,
    GetResponse,
    GetTaskDetails,
    AccountManagement,
    CancelTask,
    ListTasks,
    ListWebhooks,
    ReplayWebhooks,
  ])
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

/** The body of `POST /v1`. */
export const TaskArray = z.array(Task).min(1).meta({ id: 'TaskArray' });
