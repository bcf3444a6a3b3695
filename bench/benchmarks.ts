import type { Benchmark } from './benchmark.js';
import { bulk } from './bulk/bulk.js';
import { capacity } from './capacity/capacity.js';
import { decode } from './decode.js';
import { device } from './device/device.js';
import { door } from './door/door.js';
import { edges } from './edges/edges.js';
import { fair } from './fair/fair.js';
import { growth } from './growth/growth.js';
import { inGraph } from './in-graph/in-graph.js';
import { matting } from './matting/matting.js';
import { memory } from './memory/memory.js';
import { overhead } from './overhead/overhead.js';
import { rembg } from './rembg/rembg.js';
import { resize } from './resize.js';

/** Benchmarks by their names on the command line. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  bulk,
  capacity,
  decode,
  device,
  door,
  edges,
  fair,
  growth,
  'in-graph': inGraph,
  matting,
  memory,
  overhead,
  rembg,
  resize,
};
