import { plainFinishing, type Finishing } from '#contract';
import { encode, type Format } from '#imaging';
import type { Variant } from '#models';

const WIDTH = 64;
const HEIGHT = 48;
const RADIUS = 0.35;
const SOFTNESS = 0.1;

/** 1 inside a disc in the middle of the unit square, 0 outside, a slope along its soft edge. */
const discAt = (u: number, v: number): number => {
  const inside = (RADIUS - Math.hypot(u - 0.5, v - 0.5)) / SOFTNESS + 0.5;
  return Math.min(Math.max(inside, 0), 1);
};

/** An encoded picture of a bright disc on a dark ground. */
export const samplePicture = (format: Format): Promise<Uint8Array> => {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, at += 3) {
      const share = discAt((x + 0.5) / WIDTH, (y + 0.5) / HEIGHT);
      data.set([40 + 200 * share, 60 + 120 * share, 90 + 20 * share], at);
    }
  return encode({ data, width: WIDTH, height: HEIGHT, channels: 3 }, { format, quality: 90 });
};

/** The output of a network that recognises the disc, size × size. */
export const samplePrediction = (size: number, { activation }: Variant['output']) => {
  const prediction = new Float32Array(size * size);
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at++) {
      const share = discAt((x + 0.5) / size, (y + 0.5) / size);
      prediction[at] = activation === 'sigmoid' ? 20 * share - 10 : share;
    }
  return prediction;
};

/** Runs every step of the finishing. The small disc's trimap keeps all three regions. */
export const sampleFinishing: Finishing = {
  ...plainFinishing,
  postProcessMask: true,
  matting: { foregroundThreshold: 240, backgroundThreshold: 10, erodeSize: 3, isOfMask: false },
  decontaminate: true,
  levels: { low: 5, high: 250 },
  edgeOffset: 1,
  feather: 1,
  rgba: [255, 255, 255, 0.5],
};
