import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { TaskError } from '#contract';

/** A form that is read as it comes. */
export type Form = {
  /** Resolves when the bytes are taken. @throws TaskError */
  readonly feed: (piece: Buffer) => Promise<void>;
  /** The values of the fields that are no files. @throws TaskError when the form is cut off or has no file */
  readonly end: () => Promise<Readonly<Record<string, string>>>;
};

const limits = {
  files: 1,
  fields: 10,
  parts: 11,
  fieldSize: 4096,
  headerPairs: 50,
  headerSize: 8192,
} as const;

const malformed = (cause: unknown) =>
  new TaskError('invalidRequestBody', 'The multipart body is malformed, or ends early.', {}, { cause });
const tooMany = (what: string) =>
  new TaskError('invalidRequestBody', `The form has more than ${what}: send one image per request.`);
const noFile = () => {
  const message = "The form has no file: send the image as a file in the field 'image'.";
  return new TaskError('missingParameter', message, { parameter: 'image' });
};

const openParser = (contentType: string): BusboyInstance => {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits });
  } catch (cause) {
    throw malformed(cause);
  }
};

/**
 * Reads a form of RFC 7578 with one file.
 *
 * @param write gets the bytes of the file
 * @throws TaskError when the content type names no boundary
 */
export const openForm = (contentType: string, write: (piece: Uint8Array) => Promise<void>): Form => {
  const parser = openParser(contentType);
  const fields = new Map<string, string>();
  let stored: Promise<void> | undefined;
  let fail: (error: TaskError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  // It is raced by each call; a fault between two calls is kept for the next.
  failed.catch(() => undefined);

  const store = async (file: Readable) => {
    for await (const piece of file as AsyncIterable<Buffer>) await write(piece);
  };
  const toFault = (error: unknown) => (error instanceof TaskError ? error : malformed(error));

  parser
    .on('file', (_, file: Readable) => {
      stored = store(file);
      stored.catch((error: unknown) => fail(toFault(error)));
    })
    .on('field', (name: string, value: string) => void fields.set(name, value))
    .on('filesLimit', () => fail(tooMany('one file')))
    .on('fieldsLimit', () => fail(tooMany(`${limits.fields} fields`)))
    .on('partsLimit', () => fail(tooMany(`${limits.parts} parts`)))
    .on('error', (error: unknown) => fail(malformed(error)));

  return {
    feed: (piece) => Promise.race([new Promise<void>((taken) => parser.write(piece, () => taken())), failed]),
    end: async () => {
      const finished = new Promise<void>((resolve) => parser.once('finish', () => resolve()));
      parser.end();
      await Promise.race([finished, failed]);
      if (!stored) throw noFile();
      await Promise.race([stored, failed]);
      return Object.fromEntries(fields);
    },
  };
};
