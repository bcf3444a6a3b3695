import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { isFurtherImage, MAX_FURTHER_IMAGES, TaskError } from '#contract';

/** Names and values as they came. A name may come more than once. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** A file of a form: an image besides the first, by its parameter, or that one, which may have any name. */
export type FormFile = 'image' | { readonly parameter: string };

/** What a form held besides the bytes of its files. */
export type FormContent = {
  readonly fields: Fields;
  /** The name of its first image; empty if it came without one. Undefined when the form has none. */
  readonly fileName: string | undefined;
  /** The name of the field that held the file. */
  readonly fileField?: string | undefined;
};

/** A form that is read as it comes. */
export type Form = {
  /** Resolves when the bytes are taken. @throws TaskError */
  readonly feed: (piece: Buffer) => Promise<void>;
  /** @throws TaskError when the form is cut off */
  readonly end: () => Promise<FormContent>;
};

const limits = {
  // One more than may come, so that an error names what is too many.
  files: 2 + MAX_FURTHER_IMAGES,
  fields: 32,
  parts: 34 + MAX_FURTHER_IMAGES,
  // Above that of the longest address, which the contract refuses in its own words.
  fieldSize: 8192,
  headerPairs: 50,
  headerSize: 8192,
} as const;

const malformed = (cause: unknown) =>
  new TaskError('invalidRequestBody', 'The multipart body is malformed, or ends early.', {}, { cause });
const tooMany = (what: string, remedy: string) =>
  new TaskError('invalidRequestBody', `The form has more than ${what}: ${remedy}.`);
const noName = () => new TaskError('invalidRequestBody', 'A field of the form has no name.');
const tooLong = (parameter: string) => {
  const message = `The field '${parameter}' has more than ${limits.fieldSize} bytes: send an image as a file.`;
  return new TaskError('invalidParameter', message, { parameter, max: limits.fieldSize });
};

/** Some clients send the metadata of a file as a second one. */
const isPartAFile = (
  field: string | undefined,
  type: string | undefined,
  name: string | undefined,
): boolean =>
  !(field === 'metadata' && type === 'application/json') &&
  (type === 'application/octet-stream' || name !== undefined);

const openParser = (contentType: string): BusboyInstance => {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits, isPartAFile });
  } catch (cause) {
    throw malformed(cause);
  }
};

/**
 * Reads a form of RFC 7578 with one file for each image.
 *
 * @param begin gets each file before its bytes, one after the other, and returns what takes these
 * @throws TaskError when the content type names no boundary
 */
export const openForm = (
  contentType: string,
  begin: (file: FormFile) => (piece: Uint8Array) => Promise<void>,
): Form => {
  const parser = openParser(contentType);
  const fields: [string, string][] = [];
  let fileName: string | undefined;
  let fileField: string | undefined;
  const seen = new Set<string>();
  let stored = Promise.resolve();
  let fail: (error: TaskError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  // It is raced by each call; a fault between two calls is kept for the next.
  failed.catch(() => undefined);

  const store = async (file: Readable, as: FormFile) => {
    const write = begin(as);
    for await (const piece of file as AsyncIterable<Buffer>) await write(piece);
  };
  const toFault = (error: unknown) => (error instanceof TaskError ? error : malformed(error));

  parser
    .on('file', (field: string | undefined, file: Readable, name: string | undefined) => {
      const parameter = field !== undefined && isFurtherImage(field) ? field : undefined;
      if (seen.has(parameter ?? '')) {
        file.resume();
        fail(tooMany(parameter ? `one file '${parameter}'` : 'one file', 'send one image per request'));
        return;
      }
      seen.add(parameter ?? '');
      if (!parameter) [fileName, fileField] = [name ?? '', field];
      stored = stored.then(() => store(file, parameter ? { parameter } : 'image'));
      stored.catch((error: unknown) => fail(toFault(error)));
    })
    .on('field', (name: string | undefined, value: string, _: boolean, isCut: boolean) => {
      if (name === undefined) fail(noName());
      else if (isCut) fail(tooLong(name));
      else fields.push([name, value]);
    })
    .on('fieldsLimit', () => fail(tooMany(`${limits.fields} fields`, 'send fewer fields')))
    .on('partsLimit', () => fail(tooMany(`${limits.parts} parts`, 'send fewer fields')))
    .on('error', (error: unknown) => fail(malformed(error)));

  return {
    feed: (piece) => Promise.race([new Promise<void>((taken) => parser.write(piece, () => taken())), failed]),
    end: async () => {
      const finished = new Promise<void>((resolve) => parser.once('finish', () => resolve()));
      parser.end();
      await Promise.race([finished, failed]);
      await Promise.race([stored, failed]);
      return { fields, fileName, fileField };
    },
  };
};
