import sharp from 'sharp';

type Colour = readonly [red: number, green: number, blue: number];
type At<T> = (x: number, y: number) => T;

export const WIDTH = 240;
export const HEIGHT = 180;

/** A photo whose true alpha is known, where a network that segments by brightness is wrong. */
export type TouchUpScene = {
  readonly name: string;
  /** The share of the subject, 0…1. */
  readonly alpha: At<number>;
  readonly subject: At<Colour>;
  readonly background: At<Colour>;
  /** What a person paints: grey levels, and undefined where nothing. */
  readonly strokes: At<number | undefined>;
  /** Pixels around the strokes that are to be solved. */
  readonly radius: number;
  /** Where the network is wrong. */
  readonly isWrong: At<boolean>;
};

const white: Colour = [255, 250, 245];
const dark: Colour = [8, 6, 10];
const [cx, cy] = [WIDTH / 2, HEIGHT / 2 + 20];

const clamp = (share: number) => Math.min(1, Math.max(0, share));
const fromCentre: At<number> = (x, y) => Math.hypot(x + 0.5 - cx, y + 0.5 - cy);
/** 1 inside a disc, with an edge of three pixels. */
const disc =
  (radius: number): At<number> =>
  (x, y) =>
    clamp((radius - fromCentre(x, y)) / 3 + 0.5);
const fromStrap = (x: number) => Math.abs(x + 0.5 - cx);
const strap: At<number> = (x, y) => (y < cy ? clamp((4 - fromStrap(x)) / 2 + 0.5) : 0);

export const scenes: readonly TouchUpScene[] = [
  {
    name: 'a filled hole',
    alpha: (x, y) => disc(65)(x, y) - disc(30)(x, y),
    subject: () => white,
    background: (x, y) => (fromCentre(x, y) < 45 ? [120, 215, 255] : dark),
    strokes: (x, y) => (fromCentre(x, y) < 22 ? 0 : undefined),
    radius: 14,
    isWrong: (x, y) => fromCentre(x, y) < 36,
  },
  {
    name: 'a lost strap',
    alpha: (x, y) => Math.max(disc(50)(x, y), strap(x, y)),
    subject: (x, y) => (fromCentre(x, y) < 48 ? white : [160, 30, 20]),
    background: () => dark,
    strokes: (x, y) => (fromStrap(x) < 2 && y < cy ? 255 : undefined),
    radius: 9,
    isWrong: (x, y) => fromStrap(x) < 10 && fromCentre(x, y) > 52 && y < cy,
  },
  {
    name: 'white on white',
    alpha: disc(55),
    subject: () => white,
    background: (x) => (x < 20 ? dark : [214, 228, 250]),
    strokes: (x, y) => {
      const distance = fromCentre(x, y);
      if (distance > 66) return 0;
      return distance > 44 ? 128 : undefined;
    },
    radius: 0,
    isWrong: () => true,
  },
];

const pixels = function* (): Generator<readonly [x: number, y: number, i: number]> {
  for (let y = 0, i = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++, i++) yield [x, y, i];
};

const toPng = (data: Buffer, channels: 3 | 4, scale = 1): Promise<Buffer> =>
  sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } })
    .resize({ width: WIDTH * scale, kernel: 'nearest' })
    .png()
    .toBuffer();

/** The photo as a PNG. */
export const photoOf = ({ alpha, subject, background }: TouchUpScene): Promise<Buffer> => {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (const [x, y, i] of pixels()) {
    const [share, front, back] = [alpha(x, y), subject(x, y), background(x, y)];
    data.set(
      front.map((value, c) => Math.round(value * share + back[c]! * (1 - share))),
      i * 3,
    );
  }
  return toPng(data, 3);
};

/** Strokes as a PNG with transparency. */
export const hintOf = (strokes: TouchUpScene['strokes'], scale = 1): Promise<Buffer> => {
  const data = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (const [x, y, i] of pixels()) {
    const grey = strokes(x, y);
    if (grey !== undefined) data.set([grey, grey, grey, 255], i * 4);
  }
  return toPng(data, 4, scale);
};

/** The alpha of a result as a PNG: the values of a mask, or the alpha channel. */
export const alphaOf = async (png: Buffer): Promise<Buffer> => {
  const { channels } = await sharp(png).metadata();
  const image = sharp(png);
  if (channels === 4) return image.extractChannel(3).raw().toBuffer();
  return image.toColourspace('b-w').raw().toBuffer();
};

/** How far an alpha is from the true one where the network is wrong: the mean, in levels of eight bits. */
export const errorOf = ({ alpha, isWrong }: TouchUpScene, found: Buffer): number => {
  let [sum, count] = [0, 0];
  for (const [x, y, i] of pixels()) {
    if (!isWrong(x, y)) continue;
    sum += Math.abs(found[i]! - 255 * alpha(x, y));
    count++;
  }
  return sum / count;
};

/** The places of a stroke. */
export const placesOf = (strokes: TouchUpScene['strokes'], grey: number): number[] =>
  [...pixels()].flatMap(([x, y, i]) => (strokes(x, y) === grey ? [i] : []));
