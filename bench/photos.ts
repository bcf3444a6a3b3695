import sharp from 'sharp';

/** Pseudo-random numbers from 0 up to 1, the same on every run. */
export const randomFrom = (seed: number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** The height of a 4 : 3 photo. */
export const heightOf = (width: number): number => Math.round((width * 3) / 4);

type Disc = { readonly x: number; readonly y: number; readonly radius: number; readonly rgb: number[] };

/** Place and radius depend on the photo's sides, so that every size shows the same scene. */
const someDisc = (random: () => number, width: number, height: number): Disc => ({
  x: width * (0.35 + 0.3 * random()),
  y: height * (0.35 + 0.3 * random()),
  radius: Math.min(width, height) * (0.1 + 0.15 * random()),
  rgb: Array.from({ length: 3 }, () => 255 * random()),
});

/**
 * A JPEG that takes as much work as a photo: shaded, overlapping discs before a gradient, with sensor noise. Each
 * seed gives another photo.
 */
export const photo = (seed: number, width: number, height: number): Promise<Buffer> => {
  const random = randomFrom(seed * 7919 + 1);
  const discs = Array.from({ length: 4 }, () => someDisc(random, width, height));
  const from = Array.from({ length: 3 }, () => 160 + 80 * random());
  const data = new Uint8ClampedArray(width * height * 3);

  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = discs.findLast((each) => (x - each.x) ** 2 + (y - each.y) ** 2 < each.radius ** 2);
      const shade = disc
        ? 0.6 + (0.4 * (x - disc.x + disc.radius)) / (2 * disc.radius)
        : 1 - (0.4 * y) / height;
      const grain = 12 * (random() - 0.5);
      for (let channel = 0; channel < 3; channel++) {
        data[at++] = (disc?.rgb ?? from)[channel]! * shade + grain;
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
};
