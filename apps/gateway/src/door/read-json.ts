import { TaskError } from '#contract';

const FORM = 'application/x-www-form-urlencoded';
/** `curl -d` sends the form type with whatever it is given. */
const readable: ReadonlySet<string> = new Set(['', 'application/json', 'text/json', 'text/plain', FORM]);

const typeOf = (contentType = ''): string => contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';

const invalid = (message: string) => new TaskError('invalidRequestBody', message);

/** What a body is to be. */
export const TASK_ARRAY = 'a JSON array of tasks';

/** @throws TaskError invalidRequestBody for types that hold no JSON */
export const requireReadable = (contentType: string | undefined, wanted = TASK_ARRAY): void => {
  const type = typeOf(contentType);
  if (readable.has(type) || type.endsWith('+json')) return;
  const json = `send ${wanted} with 'Content-Type: application/json'`;
  if (type.startsWith('multipart/') && wanted === TASK_ARRAY) {
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
export const readText = (bytes: Buffer, contentType: string | undefined, wanted = TASK_ARRAY): string => {
  if (isWide(bytes)) throw invalid('The body is UTF-16 or UTF-32: send JSON in UTF-8.');
  const text = bytes.toString();
  if (text.trim() === '') throw invalid(`The body is empty: send ${wanted}.`);
  if (typeOf(contentType) === FORM && /^\s*[\w.%+[\]-]+=/.test(text.slice(0, 200))) {
    throw invalid(`The body has form fields: send ${wanted} with 'Content-Type: application/json'.`);
  }
  return text;
};
