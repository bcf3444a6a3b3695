import type { Raster } from '../src/raster.js';
import { toTrimap } from '../src/trimap.js';
import { randomFrom } from './scenes.js';

type Look = {
  /** Full range of the noise, in levels. */
  readonly noise: number;
  /** Of the two colours, 0…1. */
  readonly contrast: number;
  readonly texture: number;
};

/** Each is hard for the solver in its own way. */
const looks = {
  whiskers: { noise: 6, contrast: 1, texture: 15 },
  fence: { noise: 6, contrast: 1, texture: 15 },
  faint: { noise: 3, contrast: 0.06, texture: 15 },
  noisy: { noise: 60, contrast: 0.5, texture: 15 },
  flat: { noise: 0, contrast: 1, texture: 0 },
  smooth: { noise: 0, contrast: 1, texture: 15 },
  textured: { noise: 14, contrast: 1, texture: 50 },
  grey: { noise: 8, contrast: 1, texture: 15 },
  saturated: { noise: 5, contrast: 4, texture: 0 },
  'with corrupt rows': { noise: 6, contrast: 1, texture: 15 },
  'with single odd pixels': { noise: 0, contrast: 1, texture: 0 },
  'in every third row': { noise: 6, contrast: 1, texture: 0 },
  'salt and pepper': { noise: 0, contrast: 1, texture: 0 },
  'of tiles': { noise: 0, contrast: 1, texture: 0 },
  'behind stripes': { noise: 0, contrast: 1, texture: 0 },
} satisfies Record<string, Look>;

type Kind = keyof typeof looks;
export const kinds = Object.keys(looks) as Kind[];

/** The thresholds of foreground and background, and the erosion. */
export const thresholds = [
  [128, 60, 15],
  [250, 5, 25],
  [200, 30, 5],
] as const;

const [width, height] = [160, 72];
type Random = () => number;

/** A strand of one to three pixels that leaves the body. */
const drawStrand = (alpha: Float64Array, random: Random, x: number, y: number, angle: number): void => {
  const length = width * (0.1 + 0.3 * random());
  const [wide, opacity, bend] = [1 + Math.floor(3 * random()), 0.4 + 0.6 * random(), 0.03 * random() - 0.015];
  let [u, v, direction] = [x, y, angle];
  for (let step = 0; step < length; step += 0.5) {
    direction += bend;
    u += 0.5 * Math.cos(direction);
    v += 0.5 * Math.sin(direction);
    for (let across = 0; across < wide; across++) {
      const [column, row] = [
        Math.floor(u - Math.sin(direction) * across),
        Math.floor(v + Math.cos(direction) * across),
      ];
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      alpha[row * width + column] = Math.max(alpha[row * width + column]!, opacity);
    }
  }
};

/** A disc with strands, or with a fence around it. */
const drawAlpha = (kind: Kind, random: Random): Float64Array => {
  const [x0, y0, radius] = [width * (0.25 + 0.1 * random()), height * (0.45 + 0.1 * random()), height * 0.3];
  const pitch = 5 + Math.floor(5 * random());
  const alpha = Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const distance = Math.hypot(x - x0, y - y0);
    const isBar = kind === 'fence' && distance < 1.5 * radius && (x % pitch === 0 || y % (pitch + 2) < 2);
    return Math.max(isBar ? 0.9 : 0, Math.min(1, (radius - distance) / 2 + 0.5));
  });
  for (let strand = 0; strand < (kind === 'fence' ? 0 : 10); strand++) {
    const angle = 2 * Math.PI * random();
    drawStrand(
      alpha,
      random,
      x0 + 0.8 * radius * Math.cos(angle),
      y0 + 0.8 * radius * Math.sin(angle),
      angle,
    );
  }
  return alpha;
};

const paint = (kind: Kind, alpha: Float64Array, random: Random): Uint8ClampedArray => {
  const { noise, contrast, texture }: Look = looks[kind];
  const subject = [190, 120 - 30 * random(), 100 + 40 * random()];
  const behind = [80, 160, 100 - 50 * random()];
  const data = new Uint8ClampedArray(width * height * 3);
  alpha.forEach((share, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const waves = texture * Math.sin(x * 0.4 + y * 0.2) * Math.sin(y * 0.5);
    const grain = noise * (random() - 0.5);
    const odd = kind === 'with single odd pixels' && random() < 0.01 ? 150 * random() : 0;
    for (let c = 0; c < 3; c++) {
      const from = 120 + contrast * (subject[c]! - 120) + waves / 2;
      const to = 120 + contrast * (behind[c]! - 120) + waves;
      const own = kind === 'grey' && c > 0 ? data[i * 3]! : share * from + (1 - share) * to + grain + odd;
      data[i * 3 + c] = kind === 'grey' ? own : own + (noise / 2) * (random() - 0.5);
    }
  });
  return data;
};

/** Rows of noise, and a strip of one grey, as broken files have them. */
const corrupt = (data: Uint8ClampedArray, random: Random): void => {
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * 3, (y + 1) * width * 3);
    if (y > height * 0.7 && y < height * 0.9) row.fill(128);
    else if (random() < 0.06) row.forEach((_, i) => (row[i] = 255 * random()));
  }
};

type Change = (row: Uint8ClampedArray, y: number, random: Random) => void;

const [tileWidth, tileHeight] = [11, 9];
const tileColours = Array.from({ length: 256 }, (_, i) => (i * 151 + 37) % 256);

/** What is done to each row of a picture: regions of flat colours hang together by less than f32 resolves. */
const changes: Partial<Record<Kind, Change>> = {
  'in every third row': (row, y) => {
    if (y % 3 > 0) row.fill(0);
  },
  'salt and pepper': (row, _, random) => {
    for (let i = 0; i < row.length; i += 3) {
      if (random() < 0.2) row.fill(random() < 0.5 ? 0 : 255, i, i + 3);
    }
  },
  'of tiles': (row, y) => {
    const first = Math.floor(y / tileHeight) * 41;
    row.forEach((_, i) => {
      row[i] = tileColours[(first + Math.floor(i / 3 / tileWidth) * 67 + (i % 3) * 89) % 256]!;
    });
  },
  'behind stripes': (row) => {
    for (let i = 0; i < row.length; i += 3) if ((i / 3) % 10 < 5) row.fill(20, i, i + 3);
  },
};

/** What a network might see of an alpha: its mean over seven pixels each way. */
const blur = (alpha: Float64Array): Uint8Array =>
  Uint8Array.from(alpha, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    let [sum, count] = [0, 0];
    for (let v = Math.max(0, y - 3); v <= Math.min(height - 1, y + 3); v++) {
      for (let u = Math.max(0, x - 3); u <= Math.min(width - 1, x + 3); u++) {
        sum += alpha[v * width + u]!;
        count++;
      }
    }
    return Math.min(255, (268 * sum) / count);
  });

/** A photo of the kind, and its trimap for each of the thresholds. */
export const hardScene = (kind: Kind, seed: number): { photo: Raster; trimaps: Raster[] } => {
  const random = randomFrom(seed * 7919 + kinds.indexOf(kind) * 101);
  const alpha = drawAlpha(kind, random);
  const data = paint(kind, alpha, random);
  if (kind === 'with corrupt rows') corrupt(data, random);
  for (let y = 0; y < height; y++) {
    changes[kind]?.(data.subarray(y * width * 3, (y + 1) * width * 3), y, random);
  }
  const mask: Raster = { data: blur(alpha), width, height, channels: 1 };
  return {
    photo: { data: new Uint8Array(data.buffer), width, height, channels: 3 },
    trimaps: thresholds.map(([foregroundThreshold, backgroundThreshold, erodeSize]) =>
      toTrimap(mask, { foregroundThreshold, backgroundThreshold, erodeSize }),
    ),
  };
};
