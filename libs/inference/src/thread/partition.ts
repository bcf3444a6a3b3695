import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';

/** How onnxruntime divided a graph between the providers. */
export type Partition = {
  /** Nodes that ran. */
  readonly nodes: number;
  /** Nodes that ran on the CPU. */
  readonly cpuNodes: number;
  /** Their operators. On a GPU shape arithmetic is expected here, a Conv or a DeformConv is not. */
  readonly cpuOperators: readonly string[];
};

type ProfileEvent = {
  readonly cat: string;
  readonly args?: { readonly provider?: string; readonly op_name?: string };
};

const toPartition = (events: readonly ProfileEvent[]): Partition => {
  const nodes = events.filter(({ cat, args }) => cat === 'Node' && args?.provider);
  const onCpu = nodes.filter(({ args }) => args?.provider === 'CPUExecutionProvider');
  const operators = new Set(onCpu.map(({ args }) => args?.op_name ?? '?'));
  return { nodes: nodes.length, cpuNodes: onCpu.length, cpuOperators: [...operators].toSorted() };
};

const makeFolder = () => {
  try {
    return mkdtempSync(join(tmpdir(), 'onnx-profile-'));
  } catch {
    // Without a writable folder the partition stays unknown.
    return undefined;
  }
};

/**
 * Profiles a session's first runs, as onnxruntime reports the provider of a node only there. It runs operators that CUDA
 * lacks on the CPU without a message. Nodes are counted and not timed, as CUDA's return before the GPU is done.
 */
export const createProfile = () => {
  const folder = makeFolder();
  return {
    options: folder ? { enableProfiling: true, profileFilePrefix: join(folder, 'run') } : {},
    /** Ends the profiling and its cost. Returns undefined without a writable folder. */
    read: (session: InferenceSession): Partition | undefined => {
      if (!folder) return undefined;
      session.endProfiling();
      // A graph that onnxruntime refused before has left a profile, too. The names sort by time.
      const file = readdirSync(folder).toSorted().at(-1) ?? '';
      return toPartition(JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[]);
    },
    remove: () => {
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
};
