import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';

/** How onnxruntime shared a graph out between providers. */
export type Partition = {
  /** Nodes that ran. */
  readonly nodes: number;
  /** Of these on the CPU. */
  readonly cpuNodes: number;
  /** Their operators. Shape arithmetic belongs there even on a GPU; a Conv or a DeformConv does not. */
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
    // Nowhere to write: then it is not known where the nodes run, and that is all.
    return undefined;
  }
};

/**
 * Lets onnxruntime profile a session's first runs, since that is the only place where it says which node ran
 * where: an operator that CUDA lacks goes to the CPU without a word. Nodes are counted and not timed, as CUDA's are
 * over before the GPU has done them.
 */
export const createProfile = () => {
  const folder = makeFolder();
  return {
    options: folder ? { enableProfiling: true, profileFilePrefix: join(folder, 'run') } : {},
    /** Ends the profiling, and with it what it costs; undefined where nothing can be written. */
    read: (session: InferenceSession): Partition | undefined => {
      if (!folder) return undefined;
      session.endProfiling();
      // One that onnxruntime refused before has left a profile, too; their names begin with the time.
      const file = readdirSync(folder).toSorted().at(-1) ?? '';
      return toPartition(JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[]);
    },
    remove: () => {
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
};
