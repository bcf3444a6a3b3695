import { openDevice, type Network } from '#inference';
import type { Bench } from '../benchmark.js';
import { median } from '../statistics.js';
import { standInPath, writeStandIn, type Graph } from './stand-in.js';

const RUNS = 7;

/** The median of {@link RUNS} runs on one core, in milliseconds. */
const timeGraph = async (bench: Bench, graph: Graph): Promise<number> => {
  const { size } = graph;
  const network: Network = {
    path: standInPath(await writeStandIn(bench, graph)),
    input: { type: 'float32', size },
    output: { type: 'float32' },
    batch: 'fixed',
  };
  const options = { device: 'cpu', intraOpThreads: 1, maxBatch: 1, lingerMs: 0 } as const;
  const device = await openDevice(options, { onCrash: (error) => bench.stopping.abort(error) });
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++)
    times.push((await device.run(network, new Float32Array(3 * size * size))).ms);
  await device.close();
  return median(times);
};

/** Finds the number of blurs with which a run takes `targetMs`. */
export const calibrate = async (bench: Bench, size: number, targetMs: number): Promise<Graph> => {
  const bare = await timeGraph(bench, { size, blurs: 0 });
  const trial = 4;
  const blurMs = ((await timeGraph(bench, { size, blurs: trial })) - bare) / trial;
  return { size, blurs: Math.max(1, Math.round((targetMs - bare) / blurMs)) };
};
