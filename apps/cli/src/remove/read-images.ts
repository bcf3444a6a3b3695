import { readFile } from 'node:fs/promises';
import { downloadImage } from '#boundary';
import { BASE, MAX_IMAGE_BYTES, parseImageSource, TaskError, type Removal } from '#contract';
import { reasonOf } from '#errors';
import type { Outbound } from '#outbound';
import type { Parameters } from './flags.js';
import { isNamed } from './inputs.js';

const tooLarge = (key: string) =>
  new TaskError('maxImageSizeExceeded', `${key} has more than ${MAX_IMAGE_BYTES} bytes.`);

/** @throws TaskError */
export const readFileOf = async (path: string, key: string, signal: AbortSignal): Promise<Buffer> => {
  const bytes = await readFile(path, { signal }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new TaskError('invalidInputImage', `${key} cannot be read: ${reasonOf(cause)}.`, {}, { cause });
  });
  if (bytes.byteLength > MAX_IMAGE_BYTES) throw tooLarge(key);
  return bytes;
};

/** The images that each removal needs besides its own. @throws TaskError */
export const readFurther = async (
  outbound: Outbound,
  { furtherImages }: Removal,
  { refine }: Parameters,
  signal: AbortSignal,
) => {
  const read = async (parameter: string, text: string): Promise<Uint8Array> => {
    if (!isNamed(text)) return readFileOf(text, parameter, signal);
    const source = await parseImageSource(text, parameter);
    if (source.kind === 'url') return downloadImage(outbound, { url: source.url, parameter }, signal);
    if (source.kind === 'inline') return source.image.read(0, source.image.length);
    const message = `'${parameter}' names an image of a server, and --local has none.`;
    throw new TaskError('unsupportedParameter', message, { parameter });
  };
  const further = new Map<string, Uint8Array>();
  for (const { parameter, image } of furtherImages) {
    // The server's form of a base is a UUID, and here it is a file.
    const text = parameter === BASE ? refine?.base : image;
    if (typeof text !== 'string') throw new Error(`${parameter} is no text`);
    further.set(parameter, await read(parameter, text));
  }
  return further;
};
