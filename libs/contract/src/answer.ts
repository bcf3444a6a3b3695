import { z } from 'zod';
import { ProblemCode } from './problems.js';

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
      'firstFrameOnly',
      'flattenedOnWhite',
      'ignoredParameter',
    ]),
    message: z.string(),
  })
  .meta({
    id: 'Warning',
    description: 'What could not be done as asked, has no effect, or looks wrong; the image is valid.',
  });
export type Warning = z.infer<typeof Warning>;

const DryRun = z
  .strictObject({
    taskType: z.string(),
    taskUUID: z.string(),
    cost: z.number(),
    warnings: z.array(Warning).optional(),
  })
  .meta({ id: 'DryRun', description: 'What a valid task would cost at most; nothing was stored or run.' });

const TaskDetails = z
  .strictObject({
    taskType: z.literal('getTaskDetails'),
    taskUUID: z.string(),
    request: z.array(z.record(z.string(), z.unknown())).meta({
      description:
        'The task as sent, without secrets: queries and user names of addresses are REDACTED, and the UUID of the stored image stands for bytes.',
    }),
    response: z.record(z.string(), z.unknown()),
    execution: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Execution provider, device and weights of the run that succeeded.' }),
  })
  .meta({ id: 'TaskDetails', description: 'The task as it was taken, and its answer if it has ended.' });

const Acknowledgement = z
  .strictObject({ taskType: z.string(), taskUUID: z.string() })
  .meta({ id: 'Acknowledgement', description: 'The task is stored and will be processed.' });

const Processing = z
  .strictObject({ taskType: z.string(), taskUUID: z.string(), status: z.literal('processing') })
  .meta({ id: 'Processing', description: 'What getResponse says of a task that has not ended.' });

export const Cutout = z
  .strictObject({
    taskType: z.string(),
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
    warnings: z.array(Warning).optional(),
  })
  .meta({ id: 'Cutout', description: 'A finished removal, with one image field for each outputType.' });
export type Cutout = z.infer<typeof Cutout>;

const Result = z
  .union([
    Cutout,
    UploadedImage,
    StoredMedia,
    TaskDetails,
    Processing,
    DryRun,
    Acknowledgement,
    Pong,
    Authenticated,
  ])
  .meta({ id: 'Result' });
export type Result = z.infer<typeof Result>;

export const ErrorItem = z
  .strictObject({
    code: ProblemCode,
    message: z.string(),
    parameter: z.string().optional(),
    type: z.string().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    allowedValues: z.array(z.string()).readonly().optional(),
    retryAfter: z
      .int()
      .optional()
      .meta({ description: 'Seconds after which it is worth to try again; Retry-After says the same.' }),
    documentation: z.url().optional(),
    taskType: z.string().optional(),
    taskUUID: z.string().optional(),
    status: z.literal('error').optional(),
  })
  .meta({
    id: 'ErrorItem',
    description: 'Why one task failed, or, without taskUUID, why the whole request did.',
  });
export type ErrorItem = z.infer<typeof ErrorItem>;

export const Answer = z
  .strictObject({ data: z.array(Result).optional(), errors: z.array(ErrorItem).optional() })
  .meta({
    id: 'Answer',
    description:
      'One result or one error per task, in the order of the tasks; one error for each fault of a task.',
  });
export type Answer = z.infer<typeof Answer>;

type FailedOutcome = {
  readonly error: ErrorItem;
  /** Further faults of the same task. */
  readonly others?: readonly ErrorItem[];
  /** The HTTP status for a request in which no task succeeded. */
  readonly status: number;
};

/** The end of one task. */
export type Outcome = { readonly result: Result } | FailedOutcome;

/** The answer to one request. `retryAfter` is the longest of its errors, when no task succeeded. */
export type Reply = {
  readonly status: number;
  readonly body: Answer;
  readonly retryAfter?: number | undefined;
};

const longest = (errors: readonly ErrorItem[]): number | undefined => {
  const waits = errors.flatMap(({ retryAfter }) => retryAfter ?? []);
  return waits.length > 0 ? Math.max(...waits) : undefined;
};

/**
 * Puts the outcomes of one request into the envelope. Keys without items are left out, since clients test for
 * their presence. The status is 200 when one task succeeded, else the status of the first error.
 */
export const toAnswer = (outcomes: readonly Outcome[]): Reply => {
  const data = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
  const [first] = failures;
  if (!first) return { status: 200, body: { data } };

  const errors = failures.flatMap(({ error, others = [] }) => [error].concat(others));
  if (data.length > 0) return { status: 200, body: { data, errors } };
  return { status: first.status, body: { errors }, retryAfter: longest(errors) };
};
