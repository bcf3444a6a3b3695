import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * A backup is a tar archive. Its first entry describes it. Only a whole backup has the last entry, which counts the rest:
 *
 *   clearcut.json                     Head
 *   keys/api-key, keys/secrets-key    as in DATA_DIR
 *   database/<table>/<number>.jsonl   rows, in the order in which they can be inserted
 *   images/<key>                      bytes, as in DATA_DIR/images
 *   complete.json                     Tail
 */
export const HEAD = 'clearcut.json';
export const TAIL = 'complete.json';

/** Files of DATA_DIR without which the rows cannot be read, or callers not let in. */
export const keyFiles = ['api-key', 'secrets-key'] as const;

export const Head = z.object({
  format: z.literal(1),
  release: z.string(),
  madeAt: z.iso.datetime(),
  /** Where the images are. Those of a bucket are not in the backup. */
  storage: z.enum(['disk', 's3']),
  migrations: z.array(z.string()),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
});
export type Head = z.infer<typeof Head>;

export const Tail = z.object({
  /** SHA-256 over names, sizes and bytes of all entries before this one. */
  sha256: z.string(),
  rows: z.record(z.string(), z.number()),
  images: z.number(),
  /** Ids of images that have a row and no bytes. */
  lostImages: z.array(z.string()),
  sequences: z.record(z.string(), z.string()),
});
export type Tail = z.infer<typeof Tail>;

export type Digest = { readonly add: (name: string, bytes: Uint8Array) => void; readonly hex: () => string };

export const createDigest = (): Digest => {
  const hash = createHash('sha256');
  return {
    add: (name, bytes) => void hash.update(`${name}\0${bytes.byteLength}\0`).update(bytes),
    hex: () => hash.copy().digest('hex'),
  };
};
