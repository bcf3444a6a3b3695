import type { Bench } from '../benchmark.js';
import { startChild } from './child.js';

/** The number of runs for one lap of the bare loop. */
export type Order = { readonly images: number };
export type Lap = {
  readonly ms: number;
  /** Summed over all cores. */
  readonly cpuMs: number;
  readonly maxRssBytes: number;
};

/** The published file of the network, or the graph that the service prepares from it. */
export type BareGraph = 'published' | 'prepared';

/** The environment variable that selects the graph of a bare loop. */
export const GRAPH = 'BARE_LOOP_GRAPH';

export type BareLoop = (images: number) => Promise<Lap>;

/** @returns a function that runs one lap; between laps the bare loop is idle */
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
