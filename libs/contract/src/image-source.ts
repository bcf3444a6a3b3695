import { MAX_IMAGE_BYTES } from './limits.js';
import { TaskError } from './problems.js';
import { isUuid } from './uuid.js';

/** The source of an image, recognised by the form of the text. */
export type ParsedSource =
  | { readonly kind: 'stored'; readonly imageUuid: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'inline'; readonly bytes: Buffer };

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const DATA_URI = /^data:[^,]{0,200},/i;

/** Buffer.from() never fails, so the decoded length is compared with the length of the text. */
const decodeBase64 = (text: string, parameter: string): Buffer => {
  const compact = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  const padding = compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0;
  const symbols = compact.length - padding;
  const bytes = Buffer.from(compact, 'base64');
  if (symbols % 4 === 1 || bytes.length !== Math.floor((symbols * 3) / 4)) {
    throw new TaskError(
      'invalidInputImage',
      `'${parameter}' is neither a UUID, a URL, a data URI nor valid base64.`,
      { parameter },
    );
  }
  return bytes;
};

/** Returns the URL in ASCII, since Postgres cannot store every text of JSON. */
const parseUrl = (text: string, parameter: string): string => {
  if (URL.canParse(text)) return new URL(text).href;
  throw new TaskError('invalidInputImageURL', `The URL in '${parameter}' is malformed.`, { parameter });
};

/**
 * Recognises a UUID, a URL, a data URI or bare base64, and decodes the latter two. The media type of a data URI is
 * ignored, since the bytes show the format.
 *
 * @throws TaskError when the text is none of these or holds too many bytes
 */
export const parseImageSource = (text: string, parameter: string): ParsedSource => {
  const isStored: boolean = isUuid(text);
  if (isStored) return { kind: 'stored', imageUuid: text.toLowerCase() };
  if (SCHEME.test(text)) return { kind: 'url', url: parseUrl(text, parameter) };

  const header = DATA_URI.exec(text)?.[0] ?? '';
  if (header && !/;base64,$/i.test(header)) {
    throw new TaskError('invalidInputImage', `The data URI in '${parameter}' must be base64.`, { parameter });
  }
  if (((text.length - header.length) * 3) / 4 > MAX_IMAGE_BYTES + 3) {
    throw new TaskError(
      'maxImageSizeExceeded',
      `The image in '${parameter}' has more than ${MAX_IMAGE_BYTES} bytes.`,
      {
        parameter,
        max: MAX_IMAGE_BYTES,
      },
    );
  }
  return { kind: 'inline', bytes: decodeBase64(text.slice(header.length), parameter) };
};
