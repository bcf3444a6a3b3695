import { InputError } from './errors.js';

/** One byte for each pixel, row by row: 0 is background, 255 is subject. */
export type Alpha = { readonly width: number; readonly height: number; readonly data: Uint8Array };

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Samples of a pixel by colour type: grey, RGB, grey with alpha, RGB with alpha. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

type Header = { readonly width: number; readonly height: number; readonly channels: number };

const unreadable = (what: string) => new InputError('invalidInput', `The alpha cannot be read: ${what}.`);

const readHeader = (view: DataView): Header => {
  const [bits, colour, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const channels = samples[colour];
  if (bits !== 8 || channels === undefined || interlaced !== 0)
    throw unreadable('the PNG is not of 8 bits without palette and interlacing');
  return { width: view.getUint32(16), height: view.getUint32(20), channels };
};

/** The compressed pixels. */
const pixelDataOf = (png: Uint8Array<ArrayBuffer>, view: DataView): Uint8Array<ArrayBuffer>[] => {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= png.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return parts;
};

const inflate = async (parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> => {
  const inflated = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
};

const paeth = (left: number, above: number, corner: number): number => {
  const guess = left + above - corner;
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) => Math.abs(guess - value)) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
};

/** What a filter predicts from the neighbours: PNG, section 9. */
const predictors: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

/** Samples with a row of zeros above and a pixel of zeros before each row, as the filters expect them. */
type Padded = { readonly data: Uint8Array; readonly stride: number };

/** Undoes the filters. Each row has a byte for its filter before its samples. */
const unfilter = (rows: Uint8Array, { width, height, channels }: Header): Padded => {
  const length = width * channels;
  const stride = length + channels;
  if (rows.length < (length + 1) * height) throw unreadable('the PNG ends early');
  const data = new Uint8Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    const from = y * (length + 1);
    const predict = predictors[rows[from] ?? 0];
    if (!predict) throw unreadable('the PNG has an unknown filter');
    const to = (y + 1) * stride + channels;
    for (let x = 0; x < length; x++) {
      const [left, above, corner] = [to + x - channels, to + x - stride, to + x - channels - stride];
      const predicted = predict(data[left] ?? 0, data[above] ?? 0, data[corner] ?? 0);
      data[to + x] = (rows[from + 1 + x] ?? 0) + predicted;
    }
  }
  return { data, stride };
};

/** The last sample of each pixel. */
const lastSamples = ({ data, stride }: Padded, { width, height, channels }: Header): Uint8Array => {
  const last = new Uint8Array(width * height);
  for (let i = 0; i < last.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    last[i] = data[(y + 1) * stride + (x + 2) * channels - 1] ?? 0;
  }
  return last;
};

/**
 * The alpha channel of a PNG; of a grey one, which is a mask, its values.
 *
 * @throws InputError for other files, and for an image without alpha
 */
export const alphaOfPng = async (png: Uint8Array<ArrayBuffer>): Promise<Alpha> => {
  if (SIGNATURE.some((byte, i) => png[i] !== byte))
    throw unreadable('only a PNG has it, so ask for outputFormat PNG');
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const header = readHeader(view);
  const { width, height, channels } = header;
  if (channels === 3) throw unreadable('the PNG has no alpha channel');
  const rows = await inflate(pixelDataOf(png, view));
  return { width, height, data: lastSamples(unfilter(rows, header), header) };
};
