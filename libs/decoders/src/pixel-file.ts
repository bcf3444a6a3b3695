import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file without a name, through which two processes hand over pixels: the system keeps it in memory. */
export type PixelFile = {
  readonly fd: number;
  /** Reads on up to a byte, which was written already, of so many. */
  readonly read: (upTo: number, bytes: number) => void;
  /** Resolves with all pixels once they are read; undefined when not all of them were written. */
  readonly taken: () => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Else the system would write the pixels to its disk some time. */
  readonly empty: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const readOn = async (file: FileHandle, pixels: Uint8Array, from: number, upTo: number): Promise<void> => {
  for (let at = from; at < upTo;) {
    const { bytesRead } = await file.read(pixels, at, upTo - at, at);
    if (bytesRead === 0) throw new Error('the file of the pixels is too short');
    at += bytesRead;
  }
};

const nothing = new Uint8Array(0);

/** Returns used memory of at least so many bytes, with anything in it, or undefined. It belongs to the caller then. */
export type TakeMemory = (bytes: number) => ArrayBuffer | undefined;

/** Its name is deleted at once, so that nothing is left of it, however the processes end. */
export const openPixelFile = async (folder = tmpdir(), takeMemory?: TakeMemory): Promise<PixelFile> => {
  const path = join(folder, `clearcut-pixels-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  let pixels = nothing;
  let at = 0;
  let reading = Promise.resolve();
  return {
    fd: file.fd,
    read: (upTo, bytes) => {
      // The slow kind of a buffer has memory of its own, which can be transferred.
      if (at === 0)
        pixels = new Uint8Array(takeMemory?.(bytes) ?? Buffer.allocUnsafeSlow(bytes).buffer, 0, bytes);
      const [into, from] = [pixels, at];
      at = upTo;
      reading = reading.then(() => readOn(file, into, from, upTo));
      // `taken` rejects with it.
      reading.catch(() => undefined);
    },
    taken: async () => {
      const all = pixels;
      // What was not read holds pixels of other images.
      const isWhole = at === all.length;
      pixels = nothing;
      at = 0;
      await reading;
      return isWhole ? all : undefined;
    },
    empty: () => file.truncate(0),
    close: () => file.close(),
  };
};
