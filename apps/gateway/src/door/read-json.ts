import { TaskError } from '#contract';

const FORM = 'application/x-www-form-urlencoded';
/** `curl -d` sends the form type with whatever it is given. */
const readable: ReadonlySet<string> = new Set(['', 'application/json', 'text/json', 'text/plain', FORM]);

const typeOf = (contentType = ''): string => contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';

const invalid = (message: string) => new TaskError('invalidRequestBody', message);

/** @throws TaskError invalidRequestBody for types that hold no JSON */
export const requireReadable = (contentType: string | undefined): void => {
  const type = typeOf(contentType);
  if (readable.has(type) || type.endsWith('+json')) return;
  const json = "send a JSON array of tasks with 'Content-Type: application/json'";
  if (type.startsWith('multipart/')) {
    throw invalid(
      `A multipart body is not read: ${json}, and the image in it as base64, data URI or URL. Images as files go to POST /v1/images.`,
    );
  }
  throw invalid(`A body of type '${type.slice(0, 60)}' is not read: ${json}.`);
};

/** Every text of JSON begins with an ASCII character, so a zero byte means two or four bytes per character. */
const isWide = ([first, second]: Buffer): boolean =>
  first === 0 || second === 0 || (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/**
 * The text of a body in UTF-8.
 * @throws TaskError invalidRequestBody that says what the body is instead
 */
export const readText = (bytes: Buffer, contentType: string | undefined): string => {
  if (isWide(bytes)) throw invalid('The body is UTF-16 or UTF-32: send JSON in UTF-8.');
  const text = bytes.toString();
  if (text.trim() === '') throw invalid('The body is empty: send a JSON array of tasks.');
  if (typeOf(contentType) === FORM && /^\s*[\w.%+[\]-]+=/.test(text.slice(0, 200))) {
    throw invalid(
      "The body has form fields: send a JSON array of tasks with 'Content-Type: application/json'.",
    );
  }
  return text;
};
