import { fileTypeFromBuffer } from 'file-type';

/** Enough for every signature, and all that the parsers of containers get to read. */
export const NAME_BYTES = 4096;

/** Formats without a signature, by how a text begins. */
const texts: readonly (readonly [RegExp, string])[] = [
  [/^<svg\b|^<\?xml[^]*<svg\b/i, 'SVG'],
  [/^<!doctype html|^<html\b/i, 'HTML'],
  [/^<\?xml\b/i, 'XML'],
  [/^[[{]/, 'JSON'],
];

const nameOfText = (head: Uint8Array): string | undefined => {
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  return texts.find(([pattern]) => pattern.test(text))?.[1];
};

/** The name of a format that is not taken, such as HEIC or PDF; undefined when nothing tells it. */
export const nameFormat = async (bytes: Uint8Array): Promise<string | undefined> => {
  const head = bytes.subarray(0, NAME_BYTES);
  const text = nameOfText(head);
  if (text) return text;
  const found = await fileTypeFromBuffer(head);
  return found?.ext === 'tif' ? 'TIFF' : found?.ext.toUpperCase();
};
