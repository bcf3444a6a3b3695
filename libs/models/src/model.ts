import { z } from 'zod';
import { Variant } from './variant.js';

const isUnique = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** The name that clients send, such as `runware:109@1`. */
export const Air = z.string().regex(/^[a-z][a-z0-9-]*:\d+@\d+$/, 'must be an AIR id such as acme:1@1');

/** A published figure, in words, with its source. */
const Figure = z.strictObject({
  kind: z.enum(['quality', 'speed', 'memory']),
  text: z.string().min(1),
  source: z.string().min(1),
});
export type Figure = z.infer<typeof Figure>;

/** A row of the catalogue: a network with the name that clients send and its published files. */
export const Model = z.strictObject({
  air: Air,
  slug: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens'),
  /** The display name. */
  name: z.string().min(1),
  /** One line on its strengths. */
  goodAt: z.string().min(1),
  /** The first is the default. The worker runs the first installed one. */
  variants: z
    .array(Variant)
    .min(1)
    .refine((variants) => isUnique(variants.map(({ name }) => name)), 'must have different names')
    .readonly(),
  /** USD for one image, as decimal text. */
  price: z
    .string()
    .regex(
      /^\d{1,6}\.\d{1,6}$/,
      'must be decimal text such as "0.0006", of six digits behind the point at most',
    ),
  /** Accepts the API's `settings`; every model accepts `refine`. */
  takesSettings: z.boolean().optional(),
  figures: z.array(Figure).readonly().default([]),
});
export type Model = z.infer<typeof Model>;

/** All known models by AIR id, in the order of the catalogue. */
export type Catalogue = ReadonlyMap<string, Model>;

/** The file that is used when no variant is named. */
export const defaultVariant = ({ air, variants: [first] }: Model): Variant => {
  if (!first) throw new Error(`${air} has no variant`);
  return first;
};
