import { on } from 'node:events';
import { createReadStream, type Stats } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';

export type TarEntry = {
  /** Path inside the package, without the folder that npm puts around it. */
  readonly path: string;
  readonly size: number;
  /** The whole content, for small files. Only before the next entry is asked for. */
  readonly read: () => Promise<Buffer>;
};

const isFile = (_: string, entry: Stats | ReadEntry) =>
  'type' in entry && (entry.type === 'File' || entry.type === 'OldFile');

/** The regular files of a gzipped tarball, in its order, with one piece of it in memory at a time. */
export async function* tarEntries(file: string): AsyncGenerator<TarEntry> {
  // Strict, since a wrong checksum or a missing end would else be a warning.
  const parser = new Parser({ strict: true, filter: isFile });
  const failed = new Promise<never>((_, reject) => parser.on('error', reject));
  failed.catch(() => undefined);
  // Node's gunzip waits for its reader. The one in Parser inflates a piece of the file as a whole.
  const zipped = createReadStream(file);
  const unzipped = createGunzip();
  // Not pipeline(): it stops listening once gunzip has all input, which is before gunzip finds the end missing.
  const abort = (error: Error): void => parser.abort(error);
  zipped.on('error', abort);
  unzipped.on('error', abort);
  try {
    const entries = on(parser, 'entry', { close: ['end'] }) as AsyncIterable<[ReadEntry]>;
    zipped.pipe(unzipped).pipe(parser);
    for await (const [entry] of entries) {
      const path = entry.path.slice(entry.path.indexOf('/') + 1);
      yield { path, size: entry.size, read: () => Promise.race([entry.concat(), failed]) };
      entry.resume();
    }
  } finally {
    zipped.destroy();
    unzipped.destroy();
  }
}
