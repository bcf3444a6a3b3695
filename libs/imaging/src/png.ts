import { inWindows, type ImageBytes } from '#contract';

/** `IEND` and `IDAT` */
const END_CHUNK = 0x49454e44;
const DATA_CHUNK = 0x49444154;
/** The signature; length, type and checksum of a chunk. */
const SIGNATURE_BYTES = 8;
const FRAME_BYTES = 12;

/** The chunks of a PNG; `end` is behind the checksum. */
function* chunksOf(bytes: Buffer) {
  for (let start = 8; start + 12 <= bytes.length;) {
    const end = start + 12 + bytes.readUInt32BE(start);
    yield { type: bytes.toString('latin1', start + 4, start + 8), start, end };
    start = end;
  }
}

/** The chunks before the pixels. */
const headOf = (bytes: Buffer) => {
  const head = [];
  for (const chunk of chunksOf(bytes)) {
    if (chunk.type === 'IDAT') break;
    head.push(chunk);
  }
  return head;
};

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Steps through the chunks of a PNG. @param visit gets their type, begin and end; it returns whether to stop */
const walkChunks = (
  image: ImageBytes,
  visit: (type: number, start: number, end: number) => boolean,
): Promise<void> =>
  inWindows(image, (window, from) => {
    let start = Math.max(from, SIGNATURE_BYTES);
    for (;;) {
      if (start + FRAME_BYTES > image.length) return -1;
      const at = start - from;
      if (at + FRAME_BYTES > window.length) return start;
      const end = start + FRAME_BYTES + window.readUInt32BE(at);
      if (visit(window.readUInt32BE(at + 4), start, end)) return -1;
      start = end;
    }
  });

/** Whether the last chunk is whole. Some encoders forget the end chunk, so a file of whole chunks will do. */
export const hasPngEnd = async (image: ImageBytes): Promise<boolean> => {
  let isWhole = false;
  await walkChunks(image, (type, _, end) => {
    isWhole = end === image.length || type === END_CHUNK;
    return isWhole;
  });
  return isWhole;
};

/** Where the pixels begin; the length of the file if they do not. */
export const headBytesOfPng = async (image: ImageBytes): Promise<number> => {
  let headBytes = image.length;
  await walkChunks(image, (type, start) => {
    if (type !== DATA_CHUNK) return false;
    headBytes = start;
    return true;
  });
  return headBytes;
};

/** Whether it is an APNG, whose other frames libpng does not read. */
export const isAnimatedPng = (bytes: Uint8Array): boolean =>
  headOf(bufferOf(bytes)).some(({ type }) => type === 'acTL');

/** Whether pixels per metre are stated. Those of an unknown unit are proportions only. */
export const hasPngDensity = (bytes: Uint8Array): boolean =>
  headOf(bufferOf(bytes)).some(({ type, end }) => type === 'pHYs' && bytes[end - 5] === 1);

/** The PNG without the density that libvips always writes. Moves the chunks before it, in place. */
export const withoutDensity = (png: Buffer): Buffer => {
  const density = headOf(png).find(({ type }) => type === 'pHYs');
  if (!density) return png;
  const removed = density.end - density.start;
  png.copyWithin(removed, 0, density.start);
  return png.subarray(removed);
};
