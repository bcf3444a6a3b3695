import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file without a name, through which two processes hand over pixels: the system keeps it in memory. */
export type PixelFile = {
  readonly fd: number;
  /** Reads on up to a byte, which was written already, of so many. */
  readonly read: (upTo: number, bytes: number) => void;
  /** Resolves with all pixels once they are read. */
  readonly taken: () => Promise<Uint8Array<ArrayBuffer>>;
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

/** Its name is deleted at once, so that nothing is left of it, however the processes end. */
export const openPixelFile = async (folder = tmpdir()): Promise<PixelFile> => {
  const path = join(folder, `clearcut-pixels-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  let pixels = nothing;
  let at = 0;
  let reading = Promise.resolve();
  return {
    fd: file.fd,
    read: (upTo, bytes) => {
      // Every byte is overwritten. The slow kind has memory of its own, which can be transferred.
      if (at === 0) pixels = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
      const [into, from] = [pixels, at];
      at = upTo;
      reading = reading.then(() => readOn(file, into, from, upTo));
      // `taken` rejects with it.
      reading.catch(() => undefined);
    },
    taken: async () => {
      const all = pixels;
      pixels = nothing;
      at = 0;
      await reading;
      return all;
    },
    empty: () => file.truncate(0),
    close: () => file.close(),
  };
};
