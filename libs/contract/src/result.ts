import { z } from 'zod';
import { Composition } from './composition.js';
import { CancelAnswer, standingFields, TaskList, TaskStatus } from './lifecycle.js';
import { removalTypes } from './tasks.js';
import { ReplayedWebhooks, WebhookList } from './webhook-tasks.js';

/** The taskType that the client sent. A row of the database holds it as text. */
const RemovalType = z.string().meta({ enum: [...removalTypes] });

const imageFields = {
  imageURL: z.url().optional(),
  imageBase64Data: z.string().optional(),
  imageDataURI: z.string().optional(),
};

const Pong = z.strictObject({ taskType: z.literal('ping'), pong: z.literal(true) }).meta({ id: 'Pong' });

const Authenticated = z
  .strictObject({
    taskType: z.literal('authentication'),
    connectionSessionUUID: z.uuid().optional().meta({ description: 'Takes the WebSocket session up again.' }),
  })
  .meta({ id: 'Authenticated', description: 'The key is good.' });

const UploadedImage = z
  .strictObject({
    taskType: z.literal('imageUpload'),
    taskUUID: z.string(),
    imageUUID: z.uuid(),
    imageURL: z.url(),
    status: z.literal('success').optional(),
  })
  .meta({ id: 'UploadedImage' });

const StoredMedia = z
  .strictObject({
    taskType: z.literal('mediaStorage'),
    taskUUID: z.string(),
    operation: z.enum(['upload', 'delete']),
    mediaUUID: z.uuid(),
    mediaURL: z.url().optional(),
    status: z.literal('success').optional(),
  })
  .meta({ id: 'StoredMedia' });

export const Warning = z
  .strictObject({
    code: z.enum([
      'mattingNoForeground',
      'mattingNoBackground',
      'mattingNothingUnknown',
      'mattingNotConverged',
      'mattingReduced',
      'subjectNotFound',
      'resultEmpty',
      'resultFull',
      'hintEmpty',
      'firstFrameOnly',
      'flattenedOnWhite',
      'composeNoSubject',
      'ignoredParameter',
    ]),
    message: z.string(),
  })
  .meta({
    id: 'Warning',
    description: 'What could not be done as asked, has no effect, or looks wrong; the image is valid.',
  });
export type Warning = z.infer<typeof Warning>;

const priced = (taskTypes: readonly string[]) =>
  z.strictObject({
    taskType: z.string().meta({ enum: [...taskTypes] }),
    taskUUID: z.string(),
    cost: z.number(),
    warnings: z.array(Warning).optional(),
  });
const priceOf = 'What a valid task would cost at most; nothing was stored or run.';

const DryRun = priced(removalTypes).meta({ id: 'DryRun', description: priceOf });
const UploadDryRun = priced(['imageUpload']).meta({ id: 'UploadDryRun', description: priceOf });
const StorageDryRun = priced(['mediaStorage']).meta({ id: 'StorageDryRun', description: priceOf });

const CancelDryRun = priced(['cancelTask'])
  .partial({ taskUUID: true })
  .meta({ id: 'CancelDryRun', description: priceOf });

const TaskDetails = z
  .strictObject({
    taskType: z.literal('getTaskDetails'),
    taskUUID: z.string(),
    request: z.array(z.record(z.string(), z.unknown())).meta({
      description:
        'The task as sent, without secrets: queries and user names of addresses are REDACTED, and the UUID of the stored image stands for bytes.',
    }),
    response: z.record(z.string(), z.unknown()),
    status: TaskStatus.optional(),
    execution: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Execution provider, device and weights of the run that succeeded.' }),
  })
  .meta({ id: 'TaskDetails', description: 'The task as it was taken, and its answer if it has ended.' });

const Used = z
  .strictObject({ credits: z.number(), requests: z.int() })
  .meta({ id: 'Used', description: 'USD, and removals that ended. Only those that succeeded cost.' });

export const AccountDetails = z
  .strictObject({
    taskType: z.literal('accountManagement'),
    taskUUID: z.string(),
    operation: z.literal('getDetails'),
    organizationName: z.string().meta({ description: "The name of the owner's first key." }),
    organizationUUID: z.uuid(),
    balance: z
      .strictObject({ amount: z.number(), freeBalance: z.literal(0), currency: z.literal('USD') })
      .optional()
      .meta({ description: "What is left of the key's budget for this month. A key without one has none." }),
    team: z.array(z.never()).max(0).meta({ description: 'Always empty: there are keys, and no users.' }),
    apiKeys: z.array(
      z.strictObject({
        apiKey: z.string().meta({ description: 'Its first characters.' }),
        name: z.string(),
        enabled: z.boolean(),
        createdAt: z.iso.datetime(),
        lastUsedAt: z.iso.datetime().optional(),
        requests: z.int(),
      }),
    ),
    usage: z.strictObject({ total: Used, today: Used, last7Days: Used, last30Days: Used }),
  })
  .meta({ id: 'AccountDetails', description: 'The owner of the key. Days are in UTC.' });
export type AccountDetails = z.infer<typeof AccountDetails>;

const Acknowledgement = z
  .strictObject({ taskType: RemovalType, taskUUID: z.string() })
  .meta({ id: 'Acknowledgement', description: 'The task is stored and will be processed.' });

const Processing = z
  .strictObject({
    taskType: RemovalType,
    taskUUID: z.string(),
    status: z.literal('processing'),
    ...standingFields,
  })
  .meta({ id: 'Processing', description: 'What getResponse says of a task that has not ended.' });

export const Cutout = z
  .strictObject({
    taskType: RemovalType,
    taskUUID: z.string(),
    imageUUID: z.uuid(),
    inputImageUUID: z.uuid(),
    ...imageFields,
    mediaUUID: z
      .uuid()
      .optional()
      .meta({ description: 'Like imageUUID, for tasks that came with inputs.image.' }),
    mediaURL: z
      .url()
      .optional()
      .meta({ description: 'Like imageURL, for tasks that came with inputs.image.' }),
    result: z.literal('success').optional().meta({ description: 'Present when there is no imageURL.' }),
    status: z.literal('success'),
    cost: z.number().optional().meta({ description: 'USD; only when asked for by includeCost.' }),
    composition: Composition.optional(),
    warnings: z.array(Warning).optional(),
  })
  .meta({ id: 'Cutout', description: 'A finished removal, with one image field for each outputType.' });
export type Cutout = z.infer<typeof Cutout>;

const RemovalResult = z.union([Cutout, Processing, DryRun, Acknowledgement]).meta({
  id: 'RemovalResult',
  description: 'A finished image has the status success; one that is not, processing or none.',
});
const UploadResult = z.union([UploadedImage, UploadDryRun]).meta({ id: 'UploadResult' });
const StorageResult = z.union([StoredMedia, StorageDryRun]).meta({ id: 'StorageResult' });

const ReplayDryRun = priced(['replayWebhooks'])
  .partial({ taskUUID: true })
  .meta({ id: 'ReplayDryRun', description: priceOf });
const ReplayResult = z.union([ReplayedWebhooks, ReplayDryRun]).meta({ id: 'ReplayResult' });

const CancelResult = z.union([CancelAnswer, CancelDryRun]).meta({ id: 'CancelResult' });

const removals = Object.fromEntries(removalTypes.map((taskType) => [taskType, RemovalResult]));

/** The schema of a task's result, by the taskType that it carries. */
export const resultSchemas = {
  ...removals,
  imageUpload: UploadResult,
  mediaStorage: StorageResult,
  getTaskDetails: TaskDetails,
  accountManagement: AccountDetails,
  cancelTask: CancelResult,
  listTasks: TaskList,
  listWebhooks: WebhookList,
  replayWebhooks: ReplayResult,
  ping: Pong,
  authentication: Authenticated,
};

export const Result = z
  .union([
    RemovalResult,
    UploadResult,
    StorageResult,
    TaskDetails,
    AccountDetails,
    CancelResult,
    TaskList,
    WebhookList,
    ReplayResult,
    Pong,
    Authenticated,
  ])
  .meta({ id: 'Result' });
export type Result = z.infer<typeof Result>;
