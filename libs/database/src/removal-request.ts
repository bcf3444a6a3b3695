import { outputFormats, outputTypes } from '#contract';
import { z } from 'zod';

/** What a row keeps of a removeBackground task: the validated parameters, and where the image is. */
export const RemovalRequest = z.object({
  /** A fetched image gets its own row once the worker has it; a stored one has it already. */
  source: z.union([
    z.object({ kind: z.literal('stored') }),
    z.object({ kind: z.literal('url'), url: z.string() }),
  ]),
  /** The parameter that named the image, for errors. */
  parameter: z.string(),
  outputType: z.enum(outputTypes),
  outputFormat: z.enum(outputFormats),
  outputQuality: z.number(),
  includeCost: z.boolean(),
  /** The client named its image by `inputs.image`, so that its answers have the newer fields too. */
  isNewerForm: z.boolean().default(false),
});
export type RemovalRequest = z.infer<typeof RemovalRequest>;
