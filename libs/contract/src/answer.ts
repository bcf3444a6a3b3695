import { z } from 'zod';
import { ProblemCode } from './problems.js';

const imageFields = {
  imageURL: z.url().optional(),
  imageBase64Data: z.string().optional(),
  imageDataURI: z.string().optional(),
};

const Pong = z.strictObject({ taskType: z.literal('ping'), pong: z.literal(true) }).meta({ id: 'Pong' });

const Authenticated = z
  .strictObject({ taskType: z.literal('authentication') })
  .meta({ id: 'Authenticated', description: 'The key is good.' });

export const UploadedImage = z
  .strictObject({
    taskType: z.literal('imageUpload'),
    taskUUID: z.string(),
    imageUUID: z.uuid(),
    imageURL: z.url(),
    status: z.literal('success').optional(),
  })
  .meta({ id: 'UploadedImage' });

export type UploadedImage = z.infer<typeof UploadedImage>;

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
    status: z.literal('success'),
    cost: z.number().optional().meta({ description: 'USD; only when asked for by includeCost.' }),
  })
  .meta({ id: 'Cutout', description: 'A finished removal, with exactly one of the three image fields.' });
export type Cutout = z.infer<typeof Cutout>;

const Result = z
  .union([Cutout, UploadedImage, Processing, Acknowledgement, Pong, Authenticated])
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
  .meta({ id: 'Answer', description: 'One item per task, in the order of the tasks.' });
export type Answer = z.infer<typeof Answer>;

/** What one task came to: a result, or an error with the HTTP status that it asks for when nothing succeeded. */
export type Outcome = { readonly result: Result } | { readonly error: ErrorItem; readonly status: number };

/**
 * Puts the outcomes of one request into the envelope. Keys without items are left out, since clients test for
 * their presence. The status is 200 as soon as one task succeeded, otherwise that of the first error.
 */
export const toAnswer = (outcomes: readonly Outcome[]): { status: number; body: Answer } => {
  const data = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
  const [first] = failures;
  if (!first) return { status: 200, body: { data } };

  const errors = failures.map((failure) => failure.error);
  if (data.length > 0) return { status: 200, body: { data, errors } };
  return { status: first.status, body: { errors } };
};
