export type Extremes = { readonly low: number; readonly high: number };

/** In plain TypeScript. Throws RangeError, which names the first value that is not finite. */
export const extremesPlain = (prediction: Float32Array): Extremes => {
  let low = Infinity;
  let high = -Infinity;

  for (let i = 0; i < prediction.length; i++) {
    const value = prediction[i]!;
    // Infinities and NaN alike: only finite numbers leave nothing when taken from themselves.
    if (value - value !== 0) throw new RangeError(`the prediction holds ${value} at index ${i}`);
    if (value < low) low = value;
    if (value > high) high = value;
  }

  return { low, high };
};

/** Finite values of low … high to bytes of 0 … 255, in plain TypeScript; low and high differ. */
export const stretchPlain = (prediction: Float32Array, { low, high }: Extremes): Uint8Array => {
  const data = new Uint8Array(prediction.length);
  const range = Math.fround(high - low);
  for (let i = 0; i < data.length; i++) {
    const share = Math.fround(Math.fround(prediction[i]! - low) / range);
    data[i] = Math.trunc(Math.fround(share * 255));
  }
  return data;
};
