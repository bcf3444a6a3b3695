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

/** The network's file as it was published, or the graph that the service makes of it. */
export type BareGraph = 'published' | 'prepared';

/** The environment variable that tells a bare loop its graph. */
export const GRAPH = 'BARE_LOOP_GRAPH';

export type BareLoop = (images: number) => Promise<Lap>;

/** @returns a lap of the bare loop, which is idle in between */
export const startBare = async (
  { stopping, closers }: Bench,
  graph: BareGraph,
  env: NodeJS.ProcessEnv,
): Promise<BareLoop> => {
  const script = new URL('./bare-loop.js', import.meta.url);
  const child = startChild(
    `bare loop (${graph})`,
    script,
    { ...process.env, ...env, [GRAPH]: graph },
    stopping,
  );
  closers.push(child.stop);
  await child.ready;
  return (images) => child.ask({ images } satisfies Order) as Promise<Lap>;
};
