import type { Variant } from '#models';

// Local copies, because Jest looks up globals slowly.
const { PI, abs, sin, min, max, floor, exp } = Math;

/** Samples of one channel, row by row. */
type Plane = { readonly data: Float64Array; readonly width: number; readonly height: number };

const lanczos3 = (x: number): number => {
  if (x === 0) return 1;
  if (abs(x) >= 3) return 0;
  const angle = PI * x;
  return (3 * sin(angle) * sin(angle / 3)) / angle ** 2;
};

const toByte = (value: number) => min(max(floor(value + 0.5), 0), 255);

type Tap = { readonly at: number; readonly weight: number };

/** The source samples and weights of each sample in a resized line, by the textbook formula. */
const tapsOf = (from: number, to: number): readonly (readonly Tap[])[] => {
  const scale = from / to;
  const stretch = max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const taps = Array.from({ length: from }, (__, at) => {
      return { at, weight: lanczos3((at + 0.5 - centre) / stretch) };
    }).filter(({ weight }) => weight !== 0);
    const sum = taps.reduce((total, { weight }) => total + weight, 0);
    return taps.map(({ at, weight }) => ({ at, weight: weight / sum }));
  });
};

const transpose = ({ data, width, height }: Plane): Plane => {
  const out = new Float64Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x] ?? 0;
  return { data: out, width: height, height: width };
};

/** In double precision, rounded to bytes once. */
const resizeRows = ({ data, width, height }: Plane, to: number): Plane => {
  const taps = tapsOf(width, to);
  const out = new Float64Array(to * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      let sum = 0;
      for (const { at, weight } of taps[x] ?? []) sum += weight * (data[y * width + at] ?? 0);
      out[y * to + x] = toByte(sum);
    }
  }
  return { data: out, width: to, height };
};

const resize = (plane: Plane, width: number, height: number): Plane =>
  transpose(resizeRows(transpose(resizeRows(plane, width)), height));

const logistic = (x: number) => 1 / (1 + exp(-x));

/** Applies the row's activation, which the graph or the service applies. */
const predict = (
  { input, output }: Variant,
  channels: readonly Plane[],
  weights: readonly number[],
  brightest: number,
): Float64Array => {
  const endsInLogistic = output.activation === 'sigmoid' || output.normalise === 'none';
  const shares = new Float64Array(input.size ** 2);
  for (const [c, { data }] of channels.entries()) {
    const [mean, std, weight] = [input.mean[c] ?? 0, input.std[c] ?? 1, weights[c] ?? 0];
    for (let i = 0; i < shares.length; i++)
      shares[i]! += (weight * (((data[i] ?? 0) / brightest - mean) / std)) / 3;
  }
  return endsInLogistic ? shares.map(logistic) : shares;
};

const extremes = (values: Float64Array): readonly [number, number] => {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = min(low, value);
    high = max(high, value);
  }
  return [low, high];
};

/**
 * The alpha that a catalogue row promises for a network that takes the weighted mean of its channels.
 * Computed in a slow, plain way that shares no code with the service.
 * @param photo interleaved samples of red, green and blue
 */
export const referenceAlpha = (
  variant: Variant,
  photo: { readonly data: Uint8Array; readonly width: number; readonly height: number },
  weights: readonly number[],
): Uint8Array => {
  const { data, width, height } = photo;
  const { size } = variant.input;
  const channels = [0, 1, 2].map((channel) => {
    const samples = Float64Array.from({ length: width * height }, (_, i) => data[3 * i + channel] ?? 0);
    return resize({ data: samples, width, height }, size, size);
  });
  const brightest = max(...channels.map(({ data: samples }) => extremes(samples)[1]));
  const shares = predict(variant, channels, weights, brightest);
  const [low, high] = extremes(shares);
  const stretched = variant.output.normalise === 'minmax';
  const mask = shares.map((share) => floor(255 * (stretched ? (share - low) / (high - low) : share)));
  return Uint8Array.from(resize({ data: mask, width: size, height: size }, width, height).data);
};
