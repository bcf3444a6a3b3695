import sharp from 'sharp';
import { bases, codings, type Bases } from './hostile-bases.js';
import {
  bombs,
  brokenMetadata,
  insertAt,
  manyParts,
  randomBytes,
  times,
  type Random,
} from './hostile-parts.js';
import { otherFormats } from './other-formats.js';
import { hollowJpeg, hollowPng, hollowWebp, manyScans, noise, toJpeg, writePng } from './pictures.js';

/** Images that are meant to harm a decoder. Generated from a seed, so that each run has the same. */
export type HostileImages = Readonly<Record<string, readonly Buffer[]>>;

const createRandom = (seed: number): Random => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const truncated = (files: Bases): Buffer[] =>
  Object.values(files).flatMap((file) =>
    [0.02, 0.2, 0.5, 0.8, 0.99].map((share) => file.subarray(0, Math.floor(file.length * share))),
  );

const flipped = (files: Bases, random: Random): Buffer[] =>
  Object.values(files).flatMap((file) =>
    times(6, (i) => {
      const bytes = Buffer.from(file);
      for (let flips = 0; flips < 2 ** i; flips++) {
        const at = random(bytes.length);
        bytes[at] = bytes[at]! ^ (1 << random(8));
      }
      return bytes;
    }),
  );

/** Parts that are missing, doubled or replaced. */
const spliced = (files: Bases, random: Random): Buffer[] =>
  Object.values(files).flatMap((file) => {
    const [from, length] = [random(file.length), 1 + random(200)];
    const part = file.subarray(from, from + length);
    const without = Buffer.concat([file.subarray(0, from), file.subarray(from + length)]);
    return [without, insertAt(file, from, part), insertAt(without, from, randomBytes(random, length))];
  });

const extremeSides = async (): Promise<Buffer[]> => [
  ...[
    [65_535, 1],
    [1, 65_535],
    [65_535, 3],
    [3, 65_535],
  ].flatMap(([width, height]) =>
    ([8, 16] as const).flatMap((bits) =>
      [false, true].map((interlaced) => writePng(width!, height!, { bits, colourType: 6, interlaced })),
    ),
  ),
  ...(await Promise.all(
    [
      [16_383, 1],
      [1, 16_383],
    ].flatMap(([width, height]) => {
      const flat = sharp({ create: { width: width!, height: height!, channels: 3, background: '#a31' } });
      return [flat.clone().webp().toBuffer(), flat.clone().jpeg({ progressive: true }).toBuffer()];
    }),
  )),
];

const sizes = [
  [1, 1],
  [7, 9],
  [4_000, 4_000],
  [4_000, 1],
  [65_535, 65_535],
  [16_383, 16_383],
] as const;

const lyingSizes = async (): Promise<Buffer[]> => [
  ...sizes.map(([width, height]) => hollowPng(width, height)),
  ...[0, 2 ** 31 - 1, 2 ** 32 - 1].map((side) => hollowPng(side, 1)),
  ...(await Promise.all(sizes.map(([width, height]) => hollowJpeg(width, height)))),
  ...(await Promise.all(sizes.map(([width, height]) => hollowWebp(width, height)))),
  await hollowJpeg(0, 8),
  await hollowJpeg(8, 0),
];

/** Files that are two formats at once, or another one than they seem. */
const polyglots = ({ png, jpeg, webp, gif }: Bases): Buffer[] => {
  const text = Buffer.from('<html><script>alert(1)</script><svg xmlns="http://www.w3.org/2000/svg"/>');
  const all = [png, jpeg, webp, gif, text];
  const heads = [png.subarray(0, 8), jpeg.subarray(0, 4), Buffer.from('RIFF\xff\xff\xff\xffWEBP', 'latin1')];
  return [
    ...[png, jpeg, webp].flatMap((file) => all.map((other) => Buffer.concat([file, other]))),
    ...heads.flatMap((head) => all.map((body) => Buffer.concat([head, body]))),
  ];
};

const illegalPngs = (random: Random): Buffer[] => {
  const headers = [0, 1, 2, 4, 8, 16, 255].flatMap((bits) =>
    [0, 2, 3, 4, 6, 7].map((colourType) => ({ bits, colourType })),
  );
  return headers.map(({ bits, colourType }) => {
    const bytes = writePng(20, 20, { rows: randomBytes(random, 2_000), interlaced: bits === 4 });
    bytes.set([bits, colourType], 24);
    bytes.writeUInt32BE(codings.crc(bytes.subarray(12, 29)), 29);
    return bytes;
  });
};

/** All of them, in batches by what is wrong with them. */
export const hostileImages = async (seed = 1): Promise<HostileImages> => {
  const random = createRandom(seed);
  const files = await bases();
  return {
    'cut files': truncated(files),
    'flipped bits': flipped(files, random),
    'spliced files': spliced(files, random),
    'extreme sides': await extremeSides(),
    'lying sizes': await lyingSizes(),
    bombs: bombs(),
    'too many parts': manyParts(files),
    'broken metadata': brokenMetadata(files, random),
    'many scans': [2, 50, 100, 101, 883].flatMap((scans) => [
      manyScans(64, 64, scans),
      manyScans(2_000, 1_500, scans),
    ]),
    'odd samplings': codings.oddSamplings(files.jpeg),
    'odd colours': codings.oddColours(files.cmyk),
    'odd animations': codings.oddAnimations(files.animated, random),
    polyglots: polyglots(files),
    'illegal headers': illegalPngs(random),
    'other formats': [...otherFormats, ...times(8, (i) => randomBytes(random, 2 ** i))],
    'noise behind a true head': await Promise.all(
      times(6, async (i) =>
        Buffer.concat([(await toJpeg(noise(30, 30))).subarray(0, 150 * i), randomBytes(random, 5_000)]),
      ),
    ),
  };
};
