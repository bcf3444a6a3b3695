import { inSlices } from '#contract';

/** `IEND` */
const END_CHUNK = 0x49454e44;

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

/** Whether the last chunk is whole. Some encoders forget the end chunk, so a file of whole chunks will do. */
export const hasPngEnd = async (bytes: Uint8Array): Promise<boolean> => {
  const file = bufferOf(bytes);
  let isWhole = false;
  await inSlices(file.length, (from, end) => {
    let at = Math.max(from, 8);
    while (at < end) {
      if (at + 12 > file.length) return -1;
      const next = at + 12 + file.readUInt32BE(at);
      isWhole = next === file.length || file.readUInt32BE(at + 4) === END_CHUNK;
      if (isWhole || next > file.length) return -1;
      at = next;
    }
    return at;
  });
  return isWhole;
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
