import type { Raster } from '#matting';
import sharp from 'sharp';
import { randomFrom } from '../photos.js';

/** A drawn photo whose alpha and layers are known. All of one size. */
export type Scene = {
  readonly name: string;
  /** RGB: the subject over its background. */
  readonly photo: Raster;
  /** One channel: how much of each pixel the subject covers. */
  readonly alpha: Raster;
  /** RGB of the subject where it covers anything. */
  readonly subject: Raster;
  /** RGB. */
  readonly background: Raster;
};

type Drawing = { readonly name: string; readonly subject: string; readonly background: string };

const gradient = (id: string, from: string, to: string) =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient>`;

const backdrop = (from: string, to: string) =>
  `<defs>${gradient('b', from, to)}</defs><rect width="900" height="600" fill="url(#b)"/>`;

/** Blots of other colours, as of things out of focus. */
const blots = (seed: number, colours: readonly string[]) => {
  const random = randomFrom(seed);
  const blot = (_: unknown, i: number) =>
    `<circle cx="${900 * random()}" cy="${600 * random()}" r="${30 + 90 * random()}" fill="${colours[i % colours.length]}"/>`;
  return `<defs><filter id="f"><feGaussianBlur stdDeviation="12"/></filter></defs><g filter="url(#f)">${Array.from({ length: 24 }, blot).join('')}</g>`;
};

/** The edge of a half-plane, as of a box that fills the picture below it. */
const straight = `<polygon points="0,300 900,340 900,600 0,600" fill="#b5651d"/>`;

const box = `<defs>${gradient('s', '#f4f4f2', '#d9d9d6')}</defs>
  <g transform="rotate(4 450 300)"><rect x="230" y="150" width="440" height="310" rx="10" fill="url(#s)"/>
  <rect x="230" y="220" width="440" height="40" fill="#c9c9c4"/></g>`;

const bottle = `<defs>${gradient('s', '#7b1e3a', '#3d0f1d')}</defs>
  <path d="M410 80h80v110c0 30 50 50 50 110v220q0 30-30 30h-120q-30 0-30-30v-220c0-60 50-80 50-110z" fill="url(#s)"/>
  <rect x="362" y="340" width="176" height="120" fill="#f2e9d8"/>`;

const wheel = (() => {
  const spoke = (_: unknown, i: number) => {
    const angle = (2 * Math.PI * i) / 36;
    const [x, y] = [450 + 230 * Math.cos(angle), 300 + 230 * Math.sin(angle)];
    return `<line x1="450" y1="300" x2="${x}" y2="${y}" stroke="#c8ccd2" stroke-width="${1.2 + (i % 3) * 0.6}"/>`;
  };
  return `<circle cx="450" cy="300" r="240" fill="none" stroke="#26282b" stroke-width="20"/>
    ${Array.from({ length: 36 }, spoke).join('')}<circle cx="450" cy="300" r="22" fill="#3c4046"/>`;
})();

const bag = `<path d="M330 300h240l40 220h-320z" fill="#2f5d50"/>
  <path d="M350 305C350 60 550 60 550 305" fill="none" stroke="#2f5d50" stroke-width="5"/>
  <path d="M380 305C380 130 520 130 520 305" fill="none" stroke="#d9b26a" stroke-width="2.5" stroke-dasharray="7 3"/>`;

const head = (() => {
  const random = randomFrom(7);
  const strand = () => {
    const angle = Math.PI * (1 + random());
    const reach = 160 + 90 * random();
    const [x, y] = [450 + 130 * Math.cos(angle), 300 + 150 * Math.sin(angle)];
    const [tipX, tipY] = [450 + reach * 1.25 * Math.cos(angle), 300 + reach * Math.sin(angle)];
    const bend = 60 * (random() - 0.5);
    return `<path d="M${x} ${y}Q${(x + tipX) / 2 + bend} ${(y + tipY) / 2 - bend} ${tipX + bend} ${tipY}" fill="none" stroke="#4a2f1b" stroke-width="${0.7 + random()}"/>`;
  };
  return `${Array.from({ length: 420 }, strand).join('')}<ellipse cx="450" cy="320" rx="140" ry="170" fill="#4a2f1b"/>
    <ellipse cx="450" cy="350" rx="95" ry="125" fill="#e0b08c"/><path d="M250 600q30-130 200-130t200 130z" fill="#32507a"/>`;
})();

const drawings: readonly Drawing[] = [
  { name: 'straight edge', subject: straight, background: backdrop('#dfe9f3', '#b7c9da') },
  { name: 'white box', subject: box, background: backdrop('#fafafa', '#e8eaec') },
  { name: 'bottle', subject: bottle, background: backdrop('#3fae49', '#2b8a3e') },
  {
    name: 'wheel',
    subject: wheel,
    background: `${backdrop('#8a7b66', '#5d6b52')}${blots(3, ['#a4906f', '#556048', '#74614c'])}`,
  },
  { name: 'straps', subject: bag, background: backdrop('#f0e4d7', '#c7b299') },
  {
    name: 'hair',
    subject: head,
    background: `${backdrop('#9fc2d9', '#d8e2c8')}${blots(5, ['#b8cfa6', '#8fb3c9', '#e6dcc0'])}`,
  },
];

export const sceneNames = drawings.map(({ name }) => name);

const WIDTH = 900;
const HEIGHT = 600;

const draw = async (inner: string, scale: number): Promise<Raster> => {
  const [width, height] = [Math.round(WIDTH * scale), Math.round(HEIGHT * scale)];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${inner}</svg>`;
  // The product blocks the decoder of SVG.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  const data = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
  return { data, width, height, channels: 4 };
};

/** The colours of RGBA pixels without their alpha. */
const coloursOf = ({ data, width, height }: Raster): Raster => {
  const colours = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) colours.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return { data: colours, width, height, channels: 3 };
};

const alphaOf = ({ data, width, height }: Raster): Raster => ({
  data: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3]!),
  width,
  height,
  channels: 1,
});

/** Layers that overlap by the alpha (Porter and Duff, 1984), with the noise of a sensor. */
const photograph = (subject: Raster, alpha: Raster, background: Raster): Raster => {
  const random = randomFrom(11);
  const data = Uint8Array.from(background.data, (behind, i) => {
    const share = alpha.data[Math.floor(i / 3)]! / 255;
    const value = share * subject.data[i]! + (1 - share) * behind + 4 * (random() - 0.5);
    return Math.min(255, Math.max(0, Math.round(value)));
  });
  return { ...background, data };
};

/**
 * Draws a scene.
 * @param percent of 900 × 600 pixels, to each side
 */
export const drawScene = async (name: string, percent: number): Promise<Scene> => {
  const drawing = drawings.find((each) => each.name === name);
  if (!drawing) throw new Error(`there is no scene '${name}'`);
  const layer = await draw(drawing.subject, percent / 100);
  const [alpha, subject] = [alphaOf(layer), coloursOf(layer)];
  const background = coloursOf(await draw(drawing.background, percent / 100));
  return { name, photo: photograph(subject, alpha, background), alpha, subject, background };
};
