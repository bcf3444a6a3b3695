import { z } from 'zod';

/** How the result of a removal is encoded and answered. The wire, the row and the worker share these fields. */
export const Output = z.object({
  outputType: z.enum(['URL', 'base64Data', 'dataURI']).default('URL'),
  outputFormat: z.enum(['PNG', 'JPG', 'WEBP']).default('PNG').meta({
    description: 'Upper or lower case. PNG and WEBP keep the alpha channel, JPG is flattened on white.',
  }),
  outputQuality: z
    .int()
    .min(20)
    .max(99)
    .default(95)
    .meta({ description: 'Compression quality of JPG and WEBP; PNG is lossless.' }),
  includeCost: z.boolean().default(false),
});
export type Output = z.infer<typeof Output>;

/** Picks the fields of {@link Output}. */
export const outputOf = (from: Output): Output => Output.parse(from);
