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
/** `+`, `/`, `=` and line breaks, as a form or a URL writes them. */
const ESCAPED = /%(?:2B|2F|3D|0D|0A)/gi;

const unescapeBase64 = (text: string): string =>
  text.includes('%') ? text.replace(ESCAPED, (code) => decodeURIComponent(code)) : text;

/** Whether blanks divide the text into equal lines, as a shell does with the lines of `base64`. */
const isInLines = (text: string): boolean => {
  const width = text.indexOf(' ');
  if (width % 4 !== 0) return false;
  for (let start = 0; ; start += width + 1) {
    const end = text.indexOf(' ', start);
    if (end === -1) {
      const last = text.length - start;
      return last <= width && last % 4 === 0;
    }
    if (end - start !== width) return false;
  }
};

/** One symbol of 64 is a `+`, while every sixth letter of a text is a blank. */
const hasFewBlanks = (text: string): boolean => {
  const most = text.length / 16;
  let at = -1;
  for (let blanks = 0; blanks <= most; blanks++) {
    at = text.indexOf(' ', at + 1);
    if (at === -1) return true;
  }
  return false;
};

/** A form decodes `+` to a blank. Without its `+` the text would decode to other bytes. */
const refuseLostPluses = (text: string, parameter: string) => {
  // Without repetition: a pattern that matches a run of millions of blanks exhausts the stack.
  const hasBlanks = /[a-z0-9/] /i.test(text) && / [a-z0-9/=]/i.test(text);
  if (!hasBlanks || text.includes('+') || !hasFewBlanks(text) || isInLines(text)) return;
  const message = `The base64 in '${parameter}' has blanks where '+' belongs, as after decoding a form: send '+' as it is in JSON, or as '%2B' in a form.`;
  throw new TaskError('invalidInputImage', message, { parameter });
};

/** Buffer.from() never fails, so the decoded length is compared with the length of the text. */
const decodeBase64 = (escaped: string, parameter: string): Buffer => {
  const text = unescapeBase64(escaped);
  refuseLostPluses(text, parameter);
  // In bounded pieces: a run of millions of blanks would exhaust the stack of the pattern.
  const compact = /\s/.test(text) ? text.replace(/\s{1,1000}/g, '') : text;
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
export const parseImageSource = (sent: string, parameter: string): ParsedSource => {
  // Blanks, line breaks and a byte order mark around the text come from files and editors.
  const text = sent.trim();
  const isStored: boolean = isUuid(text);
  if (isStored) return { kind: 'stored', imageUuid: text.toLowerCase() };
  if (SCHEME.test(text)) return { kind: 'url', url: parseUrl(text, parameter) };

  const header = DATA_URI.exec(text)?.[0] ?? '';
  if (header && !/; *base64 *,$/i.test(header)) {
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
