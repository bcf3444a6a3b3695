import { z } from 'zod';

/** Any RFC 9562 UUID; compared in lower case, echoed as sent. */
const TaskUUID = z.uuid().meta({
  id: 'TaskUUID',
  description: 'The UUID that the client chose for this task. Answers carry it as sent.',
  example: '19abad0d-6ec5-40a6-b7af-203775fa5b7f',
});

const ImageSource = z.string().min(1).meta({
  id: 'ImageSource',
  description:
    'A PNG, JPEG or WEBP: the UUID of an uploaded or resulting image, an http(s) URL, a data URI, or bare base64.',
  example: 'https://images.example.com/cup.jpg',
});

export const outputTypes = ['URL', 'base64Data', 'dataURI'] as const;
export const outputFormats = ['PNG', 'JPG', 'WEBP'] as const;

const Authentication = z
  .strictObject({ taskType: z.literal('authentication'), apiKey: z.string().min(1) })
  .meta({
    id: 'Authentication',
    description: 'The API key as first task, in place of the Authorization header.',
  });

const Ping = z
  .strictObject({ taskType: z.literal('ping'), taskUUID: TaskUUID.optional(), ping: z.boolean().optional() })
  .meta({ id: 'Ping', description: 'Asks for a pong.' });

export const ImageUpload = z
  .strictObject({ taskType: z.literal('imageUpload'), taskUUID: TaskUUID, image: ImageSource })
  .meta({ id: 'ImageUpload', description: 'Stores an image, so that later tasks can name it by its UUID.' });
export type ImageUpload = z.infer<typeof ImageUpload>;

export const RemoveBackground = z
  .strictObject({
    taskType: z.literal('removeBackground'),
    taskUUID: TaskUUID,
    inputImage: ImageSource,
    model: z.string().min(1).meta({ description: 'AIR id of the model.', example: 'runware:109@1' }),
    outputType: z.enum(outputTypes).default('URL'),
    outputFormat: z.enum(outputFormats).default('PNG').meta({
      description: 'Upper or lower case. PNG and WEBP keep the alpha channel, JPG is flattened on white.',
    }),
    outputQuality: z
      .int()
      .min(20)
      .max(99)
      .default(95)
      .meta({ description: 'Compression quality of JPG and WEBP; PNG is lossless.' }),
    deliveryMethod: z.enum(['sync', 'async']).default('sync'),
    includeCost: z.boolean().default(false),
  })
  .meta({ id: 'RemoveBackground', description: 'Cuts the subject of an image out of its background.' });
export type RemoveBackground = z.infer<typeof RemoveBackground>;

export const GetResponse = z
  .strictObject({ taskType: z.literal('getResponse'), taskUUID: TaskUUID })
  .meta({ id: 'GetResponse', description: 'Asks how the task with this UUID stands.' });
export type GetResponse = z.infer<typeof GetResponse>;

/** The schema of each task, by its taskType. */
export const taskSchemas = {
  authentication: Authentication,
  ping: Ping,
  imageUpload: ImageUpload,
  removeBackground: RemoveBackground,
  getResponse: GetResponse,
} as const;

export type TaskType = keyof typeof taskSchemas;
export type TaskOf<T extends TaskType> = z.infer<(typeof taskSchemas)[T]>;

export const Task = z
  .discriminatedUnion('taskType', [Authentication, Ping, ImageUpload, RemoveBackground, GetResponse])
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

/** The body of `POST /v1`. */
export const TaskArray = z.array(Task).min(1).meta({ id: 'TaskArray' });
