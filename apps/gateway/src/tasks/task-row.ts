import { randomUUID } from 'node:crypto';
import type { ParsedSource, Removal } from '#contract';
import type { FurtherImages, NewTask, Owner } from '#database';
import type { Model } from '#models';
import type { Secrets } from '#secrets';
import type { Caller } from './handlers.js';
import type { FurtherInput, Input } from './input-image.js';
import { payloadHash } from './payload-hash.js';
import { sealSentTask, type SentTask, type StoredImages } from './sent-task.js';

/** As a row keeps them, and the feeder orders by. */
const priorities = { low: -1, normal: 0, high: 1 } as const;

/** What a new task is made of. */
export type Parts = {
  readonly removal: Removal;
  readonly model: Model;
  readonly input: Input;
  readonly source: ParsedSource;
  readonly further: readonly FurtherInput[];
  readonly sent: SentTask;
  /** USD that it may cost at most. */
  readonly estimate: string;
  /** Whether the end of the caller's connection means that the caller has left. */
  readonly canLeave: boolean;
  readonly webhookForm?: Caller['webhookForm'];
};

/** The images that came inside the task, as records of it name them. */
const storedImagesOf = ({ input, source, further }: Parts): StoredImages =>
  Object.fromEntries(
    [{ ...input, source, parameter: 'inputImage' }, ...further].flatMap((each) =>
      each.source.kind === 'inline' ? [[each.parameter, each.inputImageId]] : [],
    ),
  );

const toFurtherImage = (
  { seal }: Pick<Secrets, 'seal'>,
  { parameter, inputImageId: imageId, url }: FurtherInput,
): FurtherImages[number] => ({ parameter, imageId, ...(url && { url: seal(url) }) });

/** The row of a new task. */
export const toNewTask = async (
  { seal }: Pick<Secrets, 'seal'>,
  owner: Owner,
  parts: Parts,
): Promise<NewTask> => {
  const { removal, model, input, source, further, sent, canLeave, webhookForm } = parts;
  const { taskType, taskUUID, parameter, output, otherTypes, finishing, warnings } = removal;
  const { uploadEndpoint, webhookURL, ttl } = removal;
  const firstUrl = [input, ...further].find(({ url }) => url)?.url;
  // What an older gateway hashed must hash alike, so `otherTypes` counts only where there are some.
  const types = otherTypes.length > 0 && { otherTypes };
  const work = {
    taskType,
    model: model.air,
    ...output,
    ...types,
    finishing,
    uploadEndpoint,
    webhookURL,
    ttl,
  };
  return {
    ownerId: owner.id,
    keyId: owner.key.id,
    estimate: parts.estimate,
    taskUuidSent: taskUUID,
    taskType,
    model: model.air,
    request: {
      parameter,
      ...output,
      otherTypes,
      finishing,
      warnings,
      isNewerForm: parameter === 'inputs.image',
      ...(webhookForm && { webhookForm }),
    },
    sentTask: sealSentTask({ seal }, sent, storedImagesOf(parts)),
    payloadHash: await payloadHash(
      work,
      source,
      Object.fromEntries(further.map((each) => [each.parameter, each.source])),
    ),
    inputImageId: input.inputImageId,
    outputImageId: randomUUID(),
    isSync: !removal.isAsync,
    priority: priorities[removal.priority],
    deadlineS: removal.deadline,
    cancelOnDisconnect: removal.cancelOnDisconnect && canLeave,
    ...(firstUrl && { stage: 'fetch', remoteHost: new URL(firstUrl).host }),
    inputUrl: input.url ? seal(input.url) : null,
    ...(further.length > 0 && { furtherImages: further.map((each) => toFurtherImage({ seal }, each)) }),
    uploadUrl: uploadEndpoint ? seal(uploadEndpoint) : null,
    webhookUrl: webhookURL ? seal(webhookURL) : null,
    webhookHost: webhookURL ? new URL(webhookURL).host : null,
    ttlS: ttl ?? null,
  };
};
