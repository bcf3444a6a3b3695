import { asImageBytes, type ImageBytes } from './image-bytes.js';
import { readImageText, trimmed, type TextContent } from './image-text.js';
import { MAX_IMAGE_BYTES, MAX_URL_LENGTH } from './limits.js';
import { LongText, type Apart, type ImageText } from './long-text.js';
import { TaskError } from './problems.js';
import { inSlices } from './slices.js';

/** The source of an image, recognised by the form of the text. */
export type ParsedSource =
  | { readonly kind: 'stored'; readonly imageUuid: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'inline'; readonly image: ImageBytes };

type Fault = Extract<TextContent, { readonly kind: 'fault' }>['fault'];

const invalid = (message: string, parameter: string) =>
  new TaskError('invalidInputImage', message, { parameter });

const faults: Readonly<Record<Fault, (parameter: string) => TaskError>> = {
  lostPluses: (parameter) =>
    invalid(
      `The base64 in '${parameter}' has blanks where '+' belongs, as after decoding a form: send '+' as it is in JSON, or as '%2B' in a form.`,
      parameter,
    ),
  notBase64: (parameter) =>
    invalid(`'${parameter}' is neither a UUID, a URL, a data URI nor valid base64.`, parameter),
  notBase64Uri: (parameter) => invalid(`The data URI in '${parameter}' must be base64.`, parameter),
  tooLarge: (parameter) => {
    const message = `The image in '${parameter}' has more than ${MAX_IMAGE_BYTES} bytes.`;
    return new TaskError('maxImageSizeExceeded', message, { parameter, max: MAX_IMAGE_BYTES });
  },
};

/** Returns the URL in ASCII, since Postgres cannot store every text of JSON. */
const parseUrl = (text: string, parameter: string): string => {
  if (text.length <= MAX_URL_LENGTH && URL.canParse(text)) return new URL(text).href;
  const what = text.length > MAX_URL_LENGTH ? `has more than ${MAX_URL_LENGTH} characters` : 'is malformed';
  throw new TaskError('invalidInputImageURL', `The URL in '${parameter}' ${what}.`, { parameter });
};

/** Reads a text that is a string, in slices. */
const readString = async (sent: string): Promise<Apart> => {
  const text = Buffer.from(sent.trim());
  const pieces: Buffer[] = [];
  const reader = readImageText((bytes) => pieces.push(Buffer.from(bytes)), trimmed);
  await inSlices(text.length, (at, end) => {
    reader.take(text.subarray(at, end));
    return end;
  });
  const content = reader.end();
  return { content, bytes: asImageBytes(Buffer.concat(pieces)) };
};

/**
 * Recognises a UUID, a URL, a data URI, bare base64 or a file. The media type of a data URI is ignored, since the
 * bytes show the format.
 *
 * @throws TaskError when the text is none of these or holds too many bytes
 */
export const parseImageSource = async (sent: ImageText, parameter: string): Promise<ParsedSource> => {
  const { content, bytes } = sent instanceof LongText ? sent.take() : await readString(sent);
  if (content.kind === 'fault') throw faults[content.fault](parameter);
  if (content.kind === 'stored') return content;
  if (content.kind === 'url') return { kind: 'url', url: parseUrl(content.url, parameter) };
  return { kind: 'inline', image: bytes };
};
