import { Finishing, Output, OutputType, plainFinishing, Warning, WebhookForm } from '#contract';
import { z } from 'zod';

/** The images of a task besides the one that is cut out, as its row keeps them. */
export const FurtherImages = z.array(
  z.object({
    /** The parameter that named the image. */
    parameter: z.string(),
    imageId: z.uuid(),
    /** Where it is to be fetched. Sealed. */
    url: z.string().exactOptional(),
  }),
);
export type FurtherImages = z.infer<typeof FurtherImages>;

/** The validated parameters of a removeBackground task, as its row keeps them. */
export const RemovalRequest = Output.extend({
  /** The parameter that named the image, for error messages. */
  parameter: z.string(),
  /** The client used `inputs.image`, so its answers have the newer fields too. */
  isNewerForm: z.boolean().default(false),
  /** Further types in which the image is answered. */
  otherTypes: z.array(OutputType).default([]),
  /** Of parameters that have no effect; known before the task runs. */
  warnings: z.array(Warning).default([]),
  /** How the body of its webhook looks; as those of our own API unless given. */
  webhookForm: WebhookForm.optional(),
  /** Rows of an older gateway lack fields that were added later. */
  finishing: z
    .looseObject({})
    .default({})
    .transform((kept) => ({ ...plainFinishing, ...kept }))
    .pipe(Finishing),
});
export type RemovalRequest = z.infer<typeof RemovalRequest>;
