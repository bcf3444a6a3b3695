import { decodeBase64, type Base64Fault } from './base64.js';
import { MAX_IMAGE_BYTES, MAX_URL_LENGTH } from './limits.js';
import { ImageFile, type ImageText } from './long-text.js';
import { TaskError } from './problems.js';
import { trimBytes, unescapeJson } from './text-bytes.js';
import { isUuid } from './uuid.js';

/** The source of an image, recognised by the form of the text. */
export type ParsedSource =
  | { readonly kind: 'stored'; readonly imageUuid: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'inline'; readonly bytes: Buffer };

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const DATA_URI = /^data:[^,]{0,200},/i;
/** Longer than every scheme and every head of a data URI. */
const HEAD_BYTES = 1024;

const invalid = (message: string, parameter: string) =>
  new TaskError('invalidInputImage', message, { parameter });

const faultMessages: Readonly<Record<Base64Fault, (parameter: string) => string>> = {
  lostPluses: (parameter) =>
    `The base64 in '${parameter}' has blanks where '+' belongs, as after decoding a form: send '+' as it is in JSON, or as '%2B' in a form.`,
  notBase64: (parameter) => `'${parameter}' is neither a UUID, a URL, a data URI nor valid base64.`,
};

/** Returns the URL in ASCII, since Postgres cannot store every text of JSON. */
const parseUrl = (text: string, parameter: string): string => {
  if (text.length <= MAX_URL_LENGTH && URL.canParse(text)) return new URL(text).href;
  const what = text.length > MAX_URL_LENGTH ? `has more than ${MAX_URL_LENGTH} characters` : 'is malformed';
  throw new TaskError('invalidInputImageURL', `The URL in '${parameter}' ${what}.`, { parameter });
};

const tooLarge = (parameter: string) => {
  const message = `The image in '${parameter}' has more than ${MAX_IMAGE_BYTES} bytes.`;
  return new TaskError('maxImageSizeExceeded', message, { parameter, max: MAX_IMAGE_BYTES });
};

const readInline = async (text: Buffer, head: string, parameter: string): Promise<Buffer> => {
  const header = DATA_URI.exec(head)?.[0] ?? '';
  if (header && !/; *base64 *,$/i.test(header))
    throw invalid(`The data URI in '${parameter}' must be base64.`, parameter);
  const base64 = text.subarray(Buffer.byteLength(header));
  if ((base64.length * 3) / 4 > MAX_IMAGE_BYTES + 3) throw tooLarge(parameter);
  const decoded = await decodeBase64(base64);
  if (typeof decoded === 'string') throw invalid(faultMessages[decoded](parameter), parameter);
  return decoded;
};

const textOf = async (sent: ImageText): Promise<Buffer> => {
  if (typeof sent === 'string') return Buffer.from(sent.trim());
  const bytes = sent.take();
  // Blanks, line breaks and a byte order mark around the text come from files and editors.
  return trimBytes(sent.isEscaped ? await unescapeJson(bytes) : bytes);
};

/**
 * Recognises a UUID, a URL, a data URI, bare base64 or a file, and decodes base64 in slices. The media type of a data
 * URI is ignored, since the bytes show the format.
 *
 * @throws TaskError when the text is none of these or holds too many bytes
 */
export const parseImageSource = async (sent: ImageText, parameter: string): Promise<ParsedSource> => {
  if (sent instanceof ImageFile) return { kind: 'inline', bytes: sent.take() };
  const text = await textOf(sent);
  const head = text.toString('utf8', 0, HEAD_BYTES);
  if (isUuid(head)) return { kind: 'stored', imageUuid: head.toLowerCase() };
  if (SCHEME.test(head)) {
    const url = typeof sent === 'string' ? sent.trim() : text.toString('utf8', 0, 4 * MAX_URL_LENGTH + 4);
    return { kind: 'url', url: parseUrl(url, parameter) };
  }
  return { kind: 'inline', bytes: await readInline(text, head, parameter) };
};
