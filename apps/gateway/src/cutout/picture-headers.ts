import type { Cutout } from '#contract';

const MAX_NAME = 100;

/** The name of a file without folder and ending, and without what a file system may refuse. */
const stemOf = (name: string): string => {
  // Browsers write a quotation mark and line breaks so.
  const last =
    name
      .replaceAll(/%(22|0D|0A)/gi, '')
      .split(/[\\/]/)
      .at(-1) ?? '';
  const safe = last.replace(/\.[^.]*$/, '').replaceAll(/[\p{C}<>:"|?*%;]/gu, '');
  return Array.from(safe.replace(/^[. ]+/, ''))
    .slice(0, MAX_NAME)
    .join('')
    .trim();
};

const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/['()]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** Saved under the name of the upload (RFC 6266). */
const disposition = (fileName: string, extension: string): string => {
  const name = `${stemOf(fileName) || 'cutout'}.${extension}`;
  const plain = name.replaceAll(/[^\x20-\x7e]/g, '_');
  const exact = plain === name ? '' : `; filename*=UTF-8''${percentEncoded(name)}`;
  return `attachment; filename="${plain}"${exact}`;
};

/** Each warning as a token with its message (RFC 9651). */
const listOf = (warnings: NonNullable<Cutout['warnings']>): string =>
  warnings
    .map(({ code, message }) => {
      const text = message.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&');
      return `${code};message="${text}"`;
    })
    .join(', ');

/** The size of the canvas, then the boxes, as inner lists (RFC 9651). */
const dictionaryOf = ({ width, height, subject, source }: NonNullable<Cutout['composition']>): string =>
  Object.entries({ canvas: { width, height }, subject, source })
    .flatMap(([name, box]) => (box ? [`${name}=(${Object.values(box).join(' ')})`] : []))
    .join(', ');

/** Headers that tell of a cutout, which JSON tells in its fields. */
export const headersOf = ({
  imageUUID,
  inputImageUUID,
  cost,
  composition,
  warnings = [],
}: Cutout): Record<string, string> => ({
  'x-clearcut-image-uuid': imageUUID,
  'x-clearcut-input-image-uuid': inputImageUUID,
  ...(cost !== undefined && { 'x-clearcut-cost': `${cost}` }),
  ...(composition && { 'x-clearcut-composition': dictionaryOf(composition) }),
  ...(warnings.length > 0 && { 'x-clearcut-warnings': listOf(warnings) }),
});

/** A picture that a browser saves, and in which nothing runs. */
export const pictureHeaders = (
  cutout: Cutout,
  fileName: string,
  extension: string,
): Record<string, string> => ({
  ...headersOf(cutout),
  'cache-control': 'private, no-store',
  'content-disposition': disposition(fileName, extension),
  'content-security-policy': "default-src 'none'; sandbox",
});
