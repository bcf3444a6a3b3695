import { InputError } from './errors.js';
import type { ImageInput, Platform } from './types.js';
import { isUuid } from './uuid.js';

/** An image as the server gets it: a text that it understands, or bytes to upload. */
export type Source =
  | { readonly kind: 'named'; readonly text: string; readonly stamp: string }
  | {
      readonly kind: 'bytes';
      readonly blob: Blob;
      /** Changes when the image does, as far as that is known without reading it. */
      readonly stamp: string;
    };

/** Most bytes of an image that the server takes. A longer stream is not read on. */
export const MAX_IMAGE_BYTES = 47 * 1024 * 1024;

const bytes = (blob: Blob, stamp = `${blob.size}`): Source => ({ kind: 'bytes', blob, stamp });
const named = (text: string, stamp = text): Source => ({ kind: 'named', text, stamp });

/** A short sign of a long text. FNV-1a. */
const signOf = (text: string): string => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${text.length}-${hash.toString(16)}`;
};

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Blob> => {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(new Uint8Array(chunk));
    length += chunk.byteLength;
    if (length > MAX_IMAGE_BYTES)
      throw new InputError('maxImageSizeExceeded', `The stream has more than ${MAX_IMAGE_BYTES} bytes.`);
  }
  return new Blob(parts);
};

const ofText = async (text: string, { openPath }: Platform): Promise<Source> => {
  if (/^https?:\/\//i.test(text) || isUuid(text)) return named(text);
  if (/^data:/i.test(text)) return named(text, signOf(text));
  if (!openPath)
    throw new InputError('invalidInput', `'${text.slice(0, 80)}' is no URL, and a browser opens no paths.`);
  const { blob, stamp } = await openPath(text);
  return bytes(blob, stamp);
};

const ofFile = (blob: Blob): Source => {
  const { lastModified } = blob as { lastModified?: number };
  return bytes(blob, lastModified === undefined ? undefined : `${blob.size}-${lastModified}`);
};

/** Also that of another realm. */
const isArrayBuffer = (input: object): input is ArrayBuffer =>
  Object.prototype.toString.call(input) === '[object ArrayBuffer]';

/** @throws InputError when the image cannot be read here */
export const openSource = async (input: ImageInput, platform: Platform): Promise<Source> => {
  if (typeof input === 'string') return ofText(input, platform);
  if (input instanceof URL)
    return input.protocol === 'file:'
      ? ofText(decodeURIComponent(input.pathname), platform)
      : named(input.href);
  if (input instanceof Blob) return ofFile(input);
  if (ArrayBuffer.isView(input)) return bytes(new Blob([new Uint8Array(input)]));
  if (isArrayBuffer(input)) return bytes(new Blob([input]));
  if (input instanceof ReadableStream) return bytes(await collect(chunksOf(input)));
  if (Symbol.asyncIterator in input) return bytes(await collect(input));
  throw new InputError('invalidInput', 'The image is neither a path, a URL, bytes nor a stream.');
};
