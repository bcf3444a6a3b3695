import { posix } from 'node:path';
import { z } from 'zod';
import type { NpmFile } from './npm-file.js';

const Offset = z.int().nonnegative();

/** One file of the package's index. End offsets are exclusive. */
const Resource = z.object({
  chunks: z.array(z.object({ hash: z.string(), offsets: z.tuple([Offset, Offset]) })),
});

const Index = z.record(z.string(), z.unknown());

export type Place = { readonly start: number; readonly end: number };

/** Chunk path → places in our file. Equal chunks are published once. */
export type Plan = ReadonlyMap<string, readonly Place[]>;

const byStart = (a: { offsets: [number, number] }, b: { offsets: [number, number] }): number =>
  a.offsets[0] - b.offsets[0];

/** Reads the package's index and checks that the chunks cover our file completely. */
export const planOf = (indexText: string, { bytes, npm }: NpmFile): Plan => {
  const index = Index.parse(JSON.parse(indexText));
  if (!(npm.resource in index)) throw new Error(`${npm.index} does not list ${npm.resource}`);

  const plan = new Map<string, Place[]>();
  let covered = 0;
  for (const { hash, offsets } of Resource.parse(index[npm.resource]).chunks.toSorted(byStart)) {
    const [start, end] = offsets;
    if (start !== covered || end <= start)
      throw new Error(`${npm.resource} has no chunk for byte ${covered}`);

    const path = posix.join(posix.dirname(npm.index), hash);
    plan.set(path, [...(plan.get(path) ?? []), { start, end }]);
    covered = end;
  }
  if (covered !== bytes) throw new Error(`${npm.resource} has ${covered} bytes instead of ${bytes}`);

  return plan;
};
