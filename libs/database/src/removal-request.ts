import { Finishing, Output, plainFinishing } from '#contract';
import { z } from 'zod';

/** The validated parameters of a removeBackground task, as its row keeps them. */
export const RemovalRequest = Output.extend({
  /** The parameter that named the image, for error messages. */
  parameter: z.string(),
  /** The client used `inputs.image`, so its answers have the newer fields too. */
  isNewerForm: z.boolean().default(false),
  /** Rows of an older gateway lack fields that were added later. */
  finishing: z
    .looseObject({})
    .default({})
    .transform((kept) => ({ ...plainFinishing, ...kept }))
    .pipe(Finishing),
});
export type RemovalRequest = z.infer<typeof RemovalRequest>;
