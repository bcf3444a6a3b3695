import { inWindows, type ImageBytes } from '#contract';
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
export type Outline = {
  scans: number;
  /** Whether the end marker is there. That of a thumbnail lies within a segment and does not count. */
  hasEnd: boolean;
  /** Where the first scan begins; the length of the file if it has none. */
  headBytes: number;
};

/** A marker and the length of its segment. */
const MARKER_BYTES = 4;

/** Notes a marker. @returns where the next one may be in these bytes, and -1 where nothing more counts */
const noteMarker = (bytes: Buffer, at: number, outline: Outline): number => {
  const marker = bytes[at + 1];
  if (marker === SCAN) outline.scans++;
  if (marker === END) outline.hasEnd = true;
  if (marker === undefined || outline.hasEnd || outline.scans > MAX_SCANS) return -1;
  const isSegment = marker >= 0xc0 && !isInScan(marker) && at + MARKER_BYTES <= bytes.length;
  return isSegment ? at + 2 + bytes.readUInt16BE(at + 2) : at + 1;
};

/**
 * Reads the markers of a JPEG, of which a hostile one has many.
 *
 * @throws ImageError tooManyScans: libjpeg decodes every scan before the first row, and nothing can stop it there
 */
export const outlineOf = async (image: ImageBytes): Promise<Outline> => {
  const outline: Outline = { scans: 0, hasEnd: false, headBytes: image.length };
  const noteAt = (window: Buffer, at: number, from: number): number => {
    const next = noteMarker(window, at, outline);
    if (outline.scans === 1) outline.headBytes = Math.min(outline.headBytes, from + at);
    return next;
  };
  await inWindows(image, (window, from) => {
    const isLast = from + window.length >= image.length;
    // A marker that is cut off begins the next window.
    const end = isLast ? window.length : window.length - MARKER_BYTES + 1;
    let at = from === 0 ? 2 : 0;
    while (at < end) {
      at = window[at] === 0xff ? noteAt(window, at, from) : window.indexOf(0xff, at + 1);
      if (at < 0) return outline.hasEnd || outline.scans > MAX_SCANS ? -1 : from + window.length;
    }
    return from + at;
  });
  if (outline.scans <= MAX_SCANS) return outline;
  const what = `has more than ${MAX_SCANS} scans; save it again as a baseline JPEG`;
  throw new ImageError('tooManyScans', 'The JPEG', what, { max: MAX_SCANS });
};

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
