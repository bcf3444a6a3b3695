import { inSlices } from '#contract';
import { ImageError } from './image-error.js';

/** A marker segment. That of a scan includes the coded data behind it. */
type Segment = { readonly marker: number; readonly start: number; readonly end: number };

const SCAN = 0xda;
const END = 0xd9;
/** Frames whose scans hold whole blocks. */
const SEQUENTIAL = new Set([0xc0, 0xc1]);

/** Encoders write about 10 scans. Each one costs a pass over all coefficients, even if its data are a few bytes. */
const MAX_SCANS = 100;

/** Stuffed zeros and restart markers belong to the coded data. */
const isInScan = (next: number | undefined): boolean =>
  next === 0 || next === 0xff || (next !== undefined && next >= 0xd0 && next <= 0xd7);

const endOfScan = (bytes: Buffer, from: number): number => {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && isInScan(bytes[at + 1])) at = bytes.indexOf(0xff, at + (bytes[at + 1] === 0xff ? 1 : 2));
  return at < 0 ? bytes.length : at;
};

const endOfSegment = (bytes: Buffer, start: number): number => {
  const end = start + 2 + bytes.readUInt16BE(start + 2);
  return bytes[start + 1] === SCAN ? endOfScan(bytes, end) : end;
};

/** The segments of a JPEG, without bytes that lie between them. Ends with the file or the end marker. */
function* segmentsOf(bytes: Buffer): Generator<Segment> {
  let start = bytes.indexOf(0xff, 2);
  while (start >= 0 && start + 4 <= bytes.length) {
    const marker = bytes[start + 1]!;
    if (marker === END) break;
    const isSegment = marker >= 0xc0 && !isInScan(marker);
    const end = isSegment ? endOfSegment(bytes, start) : start + 1;
    if (isSegment) yield { marker, start, end: Math.min(end, bytes.length) };
    start = bytes.indexOf(0xff, end);
  }
  if (start >= 0 && bytes[start + 1] === END) yield { marker: END, start, end: start + 2 };
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** What the markers of a JPEG say. */
type Outline = { scans: number; hasEnd: boolean };

/** Reads the markers in slices: a hostile file is all markers. */
const outlineOf = async (bytes: Buffer): Promise<Outline> => {
  const outline: Outline = { scans: 0, hasEnd: false };
  const stepOver = (start: number): number => {
    const marker = bytes[start + 1];
    if (marker === END) outline.hasEnd = true;
    if (marker === SCAN) outline.scans++;
    if (marker === undefined || outline.hasEnd || outline.scans > MAX_SCANS) return bytes.length;
    const isSegment = marker >= 0xc0 && !isInScan(marker) && start + 4 <= bytes.length;
    return isSegment ? start + 2 + bytes.readUInt16BE(start + 2) : start + 1;
  };
  await inSlices(bytes.length, (from, end) => {
    let at = from;
    while (at < end) {
      if (bytes[at] === 0xff && at >= 2) at = stepOver(at);
      else at = bytes.indexOf(0xff, Math.max(2, at + 1));
      if (at < 0) return -1;
    }
    return at;
  });
  return outline;
};

/**
 * libjpeg decodes every scan before the first row, and nothing can stop it there.
 *
 * @throws ImageError tooManyScans
 */
export const requireFewScans = async (bytes: Uint8Array): Promise<void> => {
  const { scans } = await outlineOf(bufferOf(bytes));
  if (scans <= MAX_SCANS) return;
  const what = `has more than ${MAX_SCANS} scans; save it again as a baseline JPEG`;
  throw new ImageError('tooManyScans', 'The JPEG', what, { max: MAX_SCANS });
};

/** Whether the end marker is there. That of a thumbnail lies within a segment and does not count. */
export const hasJpegEnd = async (bytes: Uint8Array): Promise<boolean> =>
  (await outlineOf(bufferOf(bytes))).hasEnd;

/** Sequential scans hold all 64 coefficients, so decoders ignore what their header says of it. */
const withPlainParameters = (scan: Buffer): Buffer => {
  const parameters = 5 + 2 * (scan[4] ?? 0);
  if (parameters + 3 > scan.length) return scan;
  const plain = Buffer.from(scan);
  plain.set([0, 63, 0], parameters);
  return plain;
};

/**
 * The same coded data in a file without the oddities that decoders skip: bytes between segments, and odd parameters
 * of sequential scans.
 */
export const tidyJpeg = (bytes: Uint8Array): Buffer => {
  const file = bufferOf(bytes);
  const segments = [...segmentsOf(file)];
  const isSequential = segments.some(({ marker }) => SEQUENTIAL.has(marker));
  const parts = segments.map(({ marker, start, end }) => {
    const part = file.subarray(start, end);
    return marker === SCAN && isSequential ? withPlainParameters(part) : part;
  });
  return Buffer.concat([file.subarray(0, 2), ...parts]);
};
