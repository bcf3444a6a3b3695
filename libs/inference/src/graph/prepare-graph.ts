import { readFile } from 'node:fs/promises';
import { computeInFloats } from './compute-in-floats.js';
import { keepOutput } from './keep-output.js';
import { decodeModel, encodeModel, EXTERNAL, type Model } from './onnx.js';

/** What was changed of a graph before it was loaded; the weights never are. */
export type Preparation = {
  /** Outputs that nobody asks for, which are no longer computed. */
  readonly droppedOutputs: number;
  /** A half-precision graph that computes in floats, on the CPU. */
  readonly halvesAsFloats: boolean;
  /** Why onnxruntime did not take the changed graph, so that the file was loaded as it is. */
  readonly refused?: string;
};

export type PreparedGraph = Preparation & {
  /** The graph as bytes; undefined where the file is to be loaded as it is. */
  readonly bytes?: Uint8Array;
};

/** A network's file, and the name of the output that is wanted of it; without one the graph's first is meant. */
export type GraphFile = { readonly path: string; readonly output: { readonly name?: string | undefined } };

export const asPublished: Preparation = { droppedOutputs: 0, halvesAsFloats: false };

/** Files of weights beside the graph are found by the graph's own place. */
const hasExternalWeights = ({ graph }: Model) =>
  graph?.initializer.some(({ dataLocation }) => dataLocation === EXTERNAL) ?? false;

/** A file that is no graph is left to onnxruntime, which refuses it in its own words. */
const tryDecode = (bytes: Uint8Array): Model | undefined => {
  try {
    return decodeModel(bytes);
  } catch {
    return undefined;
  }
};

/**
 * Reads a network's graph and leaves out what is not needed here: outputs beside the wanted one, and on the CPU the
 * way through half precision.
 *
 * @throws Error when the file cannot be read
 */
export const prepareGraph = async (
  { path, output }: GraphFile,
  provider: 'cuda' | 'cpu',
): Promise<PreparedGraph> => {
  const model = tryDecode(await readFile(path));
  if (!model?.graph || hasExternalWeights(model)) return asPublished;

  const droppedOutputs = keepOutput(model.graph, output.name ?? model.graph.output[0]?.name ?? '');
  const halvesAsFloats = provider === 'cpu' && computeInFloats(model);
  if (droppedOutputs === 0 && !halvesAsFloats) return asPublished;
  return { droppedOutputs, halvesAsFloats, bytes: encodeModel(model) };
};
