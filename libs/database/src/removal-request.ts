import { Finishing, Output, plainFinishing } from '#contract';
import { z } from 'zod';

/** What a row keeps of a removeBackground task: its validated parameters. */
export const RemovalRequest = Output.extend({
  /** The parameter that named the image, for errors. */
  parameter: z.string(),
  /** The client named its image by `inputs.image`, so that its answers have the newer fields too. */
  isNewerForm: z.boolean().default(false),
  /** Rows of an older gateway lack what was added since. */
  finishing: z
    .looseObject({})
    .default({})
    .transform((kept) => ({ ...plainFinishing, ...kept }))
    .pipe(Finishing),
});
export type RemovalRequest = z.infer<typeof RemovalRequest>;
