import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const blockBytes = 512;

export type TarEntry = {
  /** Path inside the package, without the folder that npm puts around it. */
  readonly path: string;
  readonly size: number;
  /** The whole content, for small files. Only before the next entry is asked for. */
  readonly read: () => Promise<Buffer>;
};

/** Takes exact numbers of bytes from a stream whose pieces have any length. */
const cursorOver = (source: AsyncIterator<Buffer>) => {
  let held: Buffer = Buffer.alloc(0);

  const pass = async (count: number, use: (piece: Buffer, at: number) => void): Promise<void> => {
    for (let at = 0; at < count;) {
      if (held.length === 0) {
        const next = await source.next();
        if (next.done) throw new Error('the archive ends early');
        held = next.value;
      }
      const piece = held.subarray(0, count - at);
      use(piece, at);
      held = held.subarray(piece.length);
      at += piece.length;
    }
  };

  const take = async (count: number): Promise<Buffer> => {
    const whole = Buffer.alloc(count);
    await pass(count, (piece, at) => whole.set(piece, at));
    return whole;
  };

  return { take, skip: (count: number) => pass(count, () => undefined) };
};

const textAt = (header: Buffer, start: number, length: number): string =>
  header.toString('utf8', start, start + length).replace(/\0.*$/s, '');

/** Field offsets of the ustar header: POSIX.1-2001, pax, "ustar Interchange Format". */
const parseHeader = (header: Buffer) => {
  const size = Number.parseInt(textAt(header, 124, 12), 8);
  if (!Number.isSafeInteger(size)) throw new Error('the archive holds a header that cannot be read');

  const prefix = textAt(header, 257, 5) === 'ustar' ? textAt(header, 345, 155) : '';
  const full = prefix ? `${prefix}/${textAt(header, 0, 100)}` : textAt(header, 0, 100);
  const isFile = ['0', ''].includes(textAt(header, 156, 1));

  return { path: full.slice(full.indexOf('/') + 1), size, isFile };
};

// The callback has nothing to add: pipeline destroys the last stream with the error, and who reads it meets it.
const gunzipped = (file: string): Readable =>
  pipeline(createReadStream(file), createGunzip(), () => undefined);

/** The regular files of a gzipped tarball, in its order, with one piece of it in memory at a time. */
export async function* tarEntries(file: string): AsyncGenerator<TarEntry> {
  const stream = gunzipped(file);
  try {
    const cursor = cursorOver(stream[Symbol.asyncIterator]());
    for (;;) {
      const header = await cursor.take(blockBytes);
      if (header.every((byte) => byte === 0)) return;

      const { path, size, isFile } = parseHeader(header);
      let unread = Math.ceil(size / blockBytes) * blockBytes;
      const read = async (): Promise<Buffer> => {
        unread -= size;
        return cursor.take(size);
      };
      if (isFile) yield { path, size, read };

      await cursor.skip(unread);
    }
  } finally {
    stream.destroy();
  }
}
