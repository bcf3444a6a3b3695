import { on } from 'node:events';
import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { reasonOf } from '#errors';
import { createDigest, Head, HEAD, Tail, TAIL } from './archive-format.js';
import { BackupError } from './backup-error.js';

export type ArchiveEntry =
  | { readonly kind: 'head'; readonly head: Head }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Buffer }
  | { readonly kind: 'tail'; readonly tail: Tail };

async function* filesOf(path: string): AsyncGenerator<{ name: string; bytes: Buffer }> {
  // Strict, since a wrong checksum or a missing end would else be a warning.
  const parser = new Parser({ strict: true });
  const failed = new Promise<never>((_, reject) => parser.on('error', reject));
  failed.catch(() => undefined);
  const file = createReadStream(path);
  file.on('error', (error) => parser.abort(error));
  try {
    const entries = on(parser, 'entry', { close: ['end'] }) as AsyncIterable<[ReadEntry]>;
    file.pipe(parser);
    for await (const [entry] of entries)
      yield { name: entry.path, bytes: await Promise.race([entry.concat(), failed]) };
  } finally {
    file.destroy();
  }
}

const parse = <T>(schema: { parse: (value: unknown) => T }, bytes: Buffer): T =>
  schema.parse(JSON.parse(bytes.toString()));

async function* entriesOf(path: string): AsyncGenerator<ArchiveEntry> {
  const digest = createDigest();
  let position = 0;
  let isWhole = false;
  for await (const { name, bytes } of filesOf(path)) {
    if (position++ === 0 && name !== HEAD) throw new Error(`it does not begin with ${HEAD}`);
    if (isWhole) throw new Error('something was added to it');
    if (name === TAIL) {
      const tail = parse(Tail, bytes);
      if (tail.sha256 !== digest.hex()) throw new Error('it was changed');
      isWhole = true;
      yield { kind: 'tail', tail };
      continue;
    }
    digest.add(name, bytes);
    yield name === HEAD ? { kind: 'head', head: parse(Head, bytes) } : { kind: 'file', name, bytes };
  }
  if (!isWhole) throw new Error('its end is missing');
}

/**
 * Reads a backup, one entry in memory at a time. It yields the last entry only if nothing before it was changed.
 * @throws BackupError when the file is no backup, is cut or was changed
 */
export async function* readArchive(path: string): AsyncGenerator<ArchiveEntry> {
  const entries = entriesOf(path);
  for (;;) {
    const next = await entries.next().catch((cause: unknown) => {
      const reason = reasonOf(cause).split('\n')[0] ?? '';
      throw new BackupError(`${path} is no whole backup of Clearcut: ${reason}.`, { cause });
    });
    if (next.done) return;
    yield next.value;
  }
}
