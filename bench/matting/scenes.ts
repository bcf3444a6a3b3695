import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { hintedTrimap, nearestSide, type Raster, resizeLanczos, toHint, toTrimap, withBand } from '#matting';
import { randomFrom } from '../photos.js';

export type Scene = {
  readonly name: string;
  readonly photo: Raster;
  readonly trimap: Raster;
  /** The true alpha and the mask before the strokes, where they are known. */
  readonly touchUp?: { readonly truth: Raster; readonly before: Raster };
};

/** The defaults of rembg. */
const settings = { foregroundThreshold: 240, backgroundThreshold: 10, erodeSize: 10 };
const lemur = join('..', 'shared', 'fixtures', 'lemur');

/** Curls around a disc. All lengths scale with the height, so that every size shows the same scene. */
const drawing = (width: number, height: number): Buffer => {
  const random = randomFrom(7);
  const radius = height * 0.3;
  const curls = Array.from({ length: 160 }, () => {
    const angle = random() * 2 * Math.PI;
    const [x, y] = [
      width / 2 + 0.97 * radius * Math.cos(angle),
      height / 2 + 0.97 * radius * Math.sin(angle),
    ];
    const length = height * (0.03 + 0.09 * random());
    const [first, second] = [angle + random() - 0.5, angle + 2 * random() - 1];
    const bend = `${length * Math.cos(first)} ${length * Math.sin(first)}`;
    const end = `${length * Math.cos(second)} ${length * Math.sin(second)}`;
    const thickness = (height / 1000) * (0.7 + 1.8 * random());
    return `<path d="M${x} ${y} q${bend} ${end}" stroke-width="${thickness}" opacity="${0.5 + 0.5 * random()}"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" fill="none" stroke="white">
      <circle cx="${width / 2}" cy="${height / 2}" r="${radius}" fill="white"/>${curls.join('')}</svg>`,
  );
};

/** A shaded subject with hair before a shaded ground, with sensor noise. */
const hairy = async (megapixels: number): Promise<{ photo: Raster; mask: Raster; alpha: Raster }> => {
  const height = Math.round(Math.sqrt((megapixels * 1e6 * 3) / 4));
  const width = Math.round((height * 4) / 3);
  // The product blocks the decoder of SVG.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  const shares = await sharp(drawing(width, height)).ensureAlpha().extractChannel(3).raw().toBuffer();
  const random = randomFrom(11);
  const data = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < shares.length; i++) {
    const x = (i % width) / height;
    const y = Math.floor(i / width) / height;
    const share = shares[i]! / 255;
    const subject = [
      150 + 60 * Math.sin(9 * x),
      90 + 40 * Math.cos(11 * y),
      60 + 30 * Math.sin(14 * (x + y)),
    ];
    const behind = [60 + 40 * Math.cos(5 * x), 140 + 50 * Math.sin(6 * y), 170 + 50 * Math.sin(4 * (x - y))];
    const grain = 12 * (random() - 0.5);
    for (let c = 0; c < 3; c++) {
      data[i * 3 + c] = share * subject[c]! + (1 - share) * behind[c]! + grain + 6 * (random() - 0.5);
    }
  }
  const photo: Raster = { data: new Uint8Array(data.buffer), width, height, channels: 3 };
  // The detail of a network with 1024 × 1024 pixels.
  const alpha: Raster = { data: new Uint8Array(shares), width, height, channels: 1 };
  return { photo, alpha, mask: resizeLanczos(resizeLanczos(alpha, 1024, 1024), width, height) };
};

/** White over the body and black around the hair, on the side that the mask lost. */
const strokesOf = (width: number, height: number): Buffer => {
  const [x, y] = [width / 2, height / 2];
  const arc = (radius: number) => `M${x} ${y - radius} A${radius} ${radius} 0 0 1 ${x} ${y + radius}`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" fill="none" shape-rendering="crispEdges">
      <path d="${arc(height * 0.13)}" stroke="white" stroke-width="${height * 0.26}"/>
      <path d="${arc(height * 0.44)}" stroke="black" stroke-width="${height * 0.02}"/></svg>`,
  );
};

/** The mask lost the right half of the subject, and two strokes bring it back. */
const strokes = async (megapixels: number): Promise<Scene> => {
  const { photo, mask, alpha } = await hairy(megapixels);
  const { width, height } = photo;
  const before = { ...mask, data: mask.data.map((sample, i) => (i % width < width / 2 ? sample : 0)) };
  const data = await sharp(strokesOf(width, height)).ensureAlpha().raw().toBuffer();
  const hint = toHint({ data, width, height, channels: 4 }, width, height);
  const trimap = hintedTrimap(nearestSide(before), withBand(hint, Math.min(200, Math.round(height * 0.09))));
  return { name: `strokes ${megapixels} MP`, photo, trimap, touchUp: { truth: alpha, before } };
};

const readRaw = async (name: string, channels: 1 | 3): Promise<Raster> => {
  const picture = sharp(join(lemur, name)).removeAlpha();
  const { data, info } = await (channels === 1 ? picture.extractChannel(0) : picture)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels };
};

const scaledLemur = async (megapixels: number): Promise<{ photo: Raster; mask: Raster }> => {
  const photo = await readRaw('lemur.png', 3);
  const mask = await readRaw('lemur_alpha.png', 1);
  const scale = Math.sqrt((megapixels * 1e6) / (photo.width * photo.height));
  const [width, height] = [Math.round(photo.width * scale), Math.round(photo.height * scale)];
  return { photo: resizeLanczos(photo, width, height), mask: resizeLanczos(mask, width, height) };
};

type SceneName = 'hair' | 'strokes' | 'lemur';

/** The available scenes. Each can have any size. */
export const sceneNames = (): SceneName[] =>
  existsSync(lemur) ? ['hair', 'strokes', 'lemur'] : ['hair', 'strokes'];

export const makeScene = async (name: SceneName, megapixels: number): Promise<Scene> => {
  if (name === 'strokes') return strokes(megapixels);
  const { photo, mask } = await (name === 'hair' ? hairy(megapixels) : scaledLemur(megapixels));
  return { name: `${name} ${megapixels} MP`, photo, trimap: toTrimap(mask, settings) };
};
