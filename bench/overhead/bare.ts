import type { Bench } from '../benchmark.js';
import { startChild } from './child.js';

/** How many runs the bare loop is to make. */
export type Order = { readonly images: number };
export type Lap = {
  readonly ms: number;
  /** Of all cores. */
  readonly cpuMs: number;
  readonly maxRssBytes: number;
};

/** @returns a lap of the bare loop, which is idle in between */
export const startBare = async ({ stopping, closers }: Bench): Promise<(images: number) => Promise<Lap>> => {
  const script = new URL('./bare-loop.js', import.meta.url);
  const child = startChild('bare loop', script, process.env, stopping);
  closers.push(child.stop);
  await child.ready;
  return (images) => child.ask({ images } satisfies Order) as Promise<Lap>;
};
