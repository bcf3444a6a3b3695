import { z } from 'zod';
import { ErrorItem } from './answer.js';
import type { OutputType } from './output.js';
import type { Composition } from './composition.js';
import { Cutout, type Result, type Warning } from './result.js';

/** A finished removal and its image. */
export type FinishedRemoval = {
  readonly taskType: string;
  readonly taskUUID: string;
  readonly imageUUID: string;
  readonly inputImageUUID: string;
  readonly outputTypes: readonly OutputType[];
  /** Address of the image; ends with its extension. */
  readonly imageURL: string;
  readonly contentType: string;
  /** Whether the client sent `inputs.image`. Answers to this newer form have newer fields. */
  readonly isNewerForm: boolean;
  /** USD, when the client asked for it. */
  readonly cost?: number;
  /** The canvas, when the task asked for one. */
  readonly composition?: Composition;
  readonly warnings?: Warning[];
};

/** Reads the bytes of the image; called only for output types that carry them. */
type ReadBase64 = () => Promise<string>;

/**
 * Makes a result with the older and the newer fields, for every known client. Results without an address carry
 * `result`, by which one client recognises that they are final.
 */
export const toCutout = async (removal: FinishedRemoval, readBase64: ReadBase64): Promise<Cutout> => {
  const { taskType, taskUUID, imageUUID, inputImageUUID, outputTypes, imageURL, contentType, cost } = removal;
  const base = { taskType, taskUUID, imageUUID, inputImageUUID };
  const price = cost === undefined ? {} : { cost };
  const mediaId = removal.isNewerForm ? { mediaUUID: imageUUID } : {};
  const notes = removal.warnings?.length ? { warnings: removal.warnings } : {};
  const canvas = removal.composition ? { composition: removal.composition } : {};
  const end = { ...mediaId, status: 'success' as const, ...price, ...canvas, ...notes };

  const media = removal.isNewerForm && outputTypes.includes('URL') ? { mediaURL: imageURL } : {};
  const base64 = outputTypes.some((type) => type !== 'URL') ? await readBase64() : '';
  const fieldOf: Record<OutputType, Partial<Cutout>> = {
    URL: { imageURL, ...media },
    base64Data: { imageBase64Data: base64 },
    dataURI: { imageDataURI: `data:${contentType};base64,${base64}` },
  };
  const fields: Partial<Cutout> = Object.assign({}, ...outputTypes.map((type) => fieldOf[type]));
  return { ...base, ...fields, ...(!fields.imageURL && { result: 'success' as const }), ...end };
};

const Succeeded = Cutout.extend({ data: z.array(Cutout).min(1).max(1) }).meta({
  id: 'SucceededTask',
  description: 'The result: its fields at the top, and again in `data` as POST /v1 answers them.',
});
const Failed = z
  .strictObject({
    taskType: z.string(),
    taskUUID: z.string(),
    status: z.literal('error'),
    errors: z.array(ErrorItem).min(1).max(1),
  })
  .meta({ id: 'FailedTask', description: 'Why the task failed.' });

/** The body of a webhook call. */
export const EndedTask = z.discriminatedUnion('status', [Succeeded, Failed]).meta({ id: 'EndedTask' });

/** The end of a task, without an HTTP status. */
type EndOfTask = { readonly result: Result } | { readonly error: ErrorItem };

/** The body of a webhook call: the task's fields at the top, and again in the envelope of `POST /v1`. */
export const toWebhookBody = (outcome: EndOfTask): Record<string, unknown> => {
  if ('result' in outcome) return { ...outcome.result, data: [outcome.result] };
  const { taskType, taskUUID } = outcome.error;
  return { taskType, taskUUID, status: 'error', errors: [{ ...outcome.error, status: 'error' }] };
};
