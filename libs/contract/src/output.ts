import { z } from 'zod';

export const OutputType = z.enum(['URL', 'base64Data', 'dataURI']);
export type OutputType = z.infer<typeof OutputType>;

/** How the result of a removal is encoded and answered. The wire, the row and the worker share these fields. */
export const Output = z.object({
  outputType: OutputType.default('URL'),
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

type Several = Omit<Output, 'outputType'> & { readonly outputType: OutputType | readonly OutputType[] };

/** The types that were asked for, each once. */
export const outputTypesOf = ({ outputType }: Pick<Several, 'outputType'>): OutputType[] => [
  ...new Set([outputType].flat()),
];

/** The fields of {@link Output} of something that has more, with the first of its types. */
export const outputOf = (from: Several): Output =>
  Output.parse({ ...from, outputType: outputTypesOf(from)[0] });
