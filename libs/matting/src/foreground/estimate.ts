import type { Alpha } from '../alpha.js';
import type { Address, MattingKernel } from '../matting-kernel.js';
import type { Raster } from '../raster.js';
import { type Layer, nearest, toNearest } from './layers.js';

/** `many` sweeps over pictures of up to `small` pixels a side, else `few`; pymatting's defaults. */
const sweeps = { small: 32, few: 2, many: 10 };

/** Four f32 for each pixel of a layer: red, green, blue (0…1) and one unused. */
export type Colours = { readonly fore: Address; readonly back: Address };

/** A mean samples about as many pixels, evenly spread, as it is only a first guess. */
const enoughForMean = 2 ** 16;

/** The mean colour of the pixels with alpha between `low` and `high`, as four floats; black for none. */
const meanColour = (
  { data, channels }: Raster,
  alpha: Float32Array,
  low: number,
  high: number,
): Float32Array => {
  let [red, green, blue, count] = [0, 0, 0, 0];
  const step = Math.ceil(alpha.length / enoughForMean);
  for (let i = 0; i < alpha.length; i += step) {
    const share = alpha[i]!;
    const at = i * channels;
    if (share <= low || share >= high) continue;
    red += data[at]!;
    green += data[at + 1]!;
    blue += data[at + 2]!;
    count++;
  }
  const scale = 1 / (255 * (count + 1e-5));
  return Float32Array.of(red * scale, green * scale, blue * scale, 0);
};

/** Room for what the layers need one after another. */
const toBuffers = (kernel: MattingKernel, most: number) => ({
  around: kernel.allocateDirty(most * 16),
  alphas: kernel.allocateDirty(most * 4),
  photo: kernel.allocateDirty(most * 16),
  colours: [0, 1].map(() => ({
    fore: kernel.allocateDirty(most * 16),
    back: kernel.allocateDirty(most * 16),
  })) as [Colours, Colours],
});

/** Bytes as 0…1. */
const shares = Float32Array.from({ length: 256 }, (_, sample) => sample / 255);

/** Copies alpha and the colours of the photo at the pixels of a layer. */
const gather = (
  kernel: MattingKernel,
  layer: Layer,
  { photo, alpha }: { readonly photo: Raster; readonly alpha: Alpha },
  to: { readonly alphas: Address; readonly photo: Address },
): void => {
  const { width, height } = layer;
  const { data, channels } = photo;
  const pixels = kernel.ints(layer.pixels, layer.count);
  const starts = kernel.ints(layer.starts, height + 1);
  const alphas = kernel.floats(to.alphas, layer.count);
  const colours = kernel.floats(to.photo, layer.count * 4);
  const columns = nearest(width, photo.width);
  const rows = nearest(height, photo.height);
  for (let y = 0; y < height; y++) {
    const row = rows[y]! * photo.width;
    for (let i = starts[y]!; i < starts[y + 1]!; i++) {
      const source = row + columns[pixels[i]! - y * width]!;
      alphas[i] = alpha.data[source]!;
      const from = source * channels;
      colours[i * 4] = shares[data[from]!]!;
      colours[i * 4 + 1] = shares[data[from + 1]!]!;
      colours[i * 4 + 2] = shares[data[from + 2]!]!;
      colours[i * 4 + 3] = 0;
    }
  }
};

/** Estimates the colours of each layer from those of the layer before. Returns those of the last. */
export const estimateLayers = (
  kernel: MattingKernel,
  layers: readonly Layer[],
  photo: Raster,
  alpha: Alpha,
): Colours => {
  const { run } = kernel;
  const buffers = toBuffers(kernel, Math.max(...layers.map(({ count }) => count)));
  let [colours, former] = buffers.colours;
  layers.forEach((layer, level) => {
    const { width, height } = layer;
    const parent = layers[level - 1];
    if (parent) {
      [colours, former] = [former, colours];
      const { columns, rows } = toNearest(kernel, layer, parent);
      const { fore, back } = colours;
      run.inherit(layer.address, parent.address, columns, rows, former.fore, former.back, fore, back);
    } else {
      const solids = meanColour(photo, alpha.data, 0.9, Infinity);
      const invisibles = meanColour(photo, alpha.data, -Infinity, 0.1);
      for (let i = 0; i < layer.count; i++) {
        kernel.floats(colours.fore + i * 16, 4).set(solids);
        kernel.floats(colours.back + i * 16, 4).set(invisibles);
      }
    }
    gather(kernel, layer, { photo, alpha }, buffers);
    run.surround(layer.address, buffers.around);
    const count = width <= sweeps.small && height <= sweeps.small ? sweeps.many : sweeps.few;
    run.relax(layer.count, count, buffers.around, buffers.alphas, buffers.photo, colours.fore, colours.back);
  });
  return colours;
};
