import { breathe } from './slices.js';

/** The bytes of an image, in memory or in a file. */
export type ImageBytes = {
  readonly length: number;
  /** SHA-256 in hex, where it was computed while the bytes came. */
  readonly sha256?: string;
  /** All of them, where they are in memory. */
  readonly whole?: Buffer;
  /**
   * The bytes from `start` to `end`, or to the end of the image.
   *
   * @param scratch memory that may hold them; they are valid until its next use
   */
  readonly read: (start: number, end: number, scratch?: Buffer) => Promise<Buffer>;
};

const WINDOW_BYTES = 256 * 1024;

/** The same bytes as an image. Nothing is copied. */
export const asImageBytes = (image: Uint8Array | ImageBytes): ImageBytes => {
  if (!(image instanceof Uint8Array)) return image;
  const whole = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  return { length: whole.length, whole, read: async (start, end) => whole.subarray(start, end) };
};

/** The bytes of an image piece by piece, with other work between them. A piece is valid until the next one. */
export async function* windowsOf(image: ImageBytes, from = 0): AsyncGenerator<Buffer, void> {
  const scratch = image.whole ? undefined : Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, image.length));
  for (let at = from; at < image.length; at += WINDOW_BYTES) {
    yield image.read(at, at + WINDOW_BYTES, scratch);
    await breathe();
  }
}

/**
 * Steps through the bytes of an image, with other work between the steps.
 *
 * @param step gets some bytes and where they begin; it returns where the next ones begin, and -1 to stop. Only the last
 *   bytes of an image are fewer than those of a window.
 */
export const inWindows = async (
  image: ImageBytes,
  step: (window: Buffer, start: number) => number,
): Promise<void> => {
  const scratch = image.whole ? undefined : Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, image.length));
  for (let at = 0; at >= 0 && at < image.length;) {
    at = step(await image.read(at, at + WINDOW_BYTES, scratch), at);
    await breathe();
  }
};
