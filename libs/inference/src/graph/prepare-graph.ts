import { readFile } from 'node:fs/promises';
import { computeInFloats } from './compute-in-floats.js';
import { keepOutput } from './keep-output.js';
import { decodeModel, encodeModel, EXTERNAL, type Model } from './onnx.js';

/** The changes to a graph before it was loaded. Weights are never changed. */
export type Preparation = {
  /** Unused outputs that are no longer computed. */
  readonly droppedOutputs: number;
  /** Whether a half-precision graph computes in floats, on the CPU. */
  readonly halvesAsFloats: boolean;
  /** Why onnxruntime refused the changed graph; the published file was loaded instead. */
  readonly refused?: string;
};

export type PreparedGraph = Preparation & {
  /** The changed graph; undefined when the published file is loaded. */
  readonly bytes?: Uint8Array;
};

/** A network's file and the wanted output, by default the graph's first. */
export type GraphFile = { readonly path: string; readonly output: { readonly name?: string | undefined } };

export const asPublished: Preparation = { droppedOutputs: 0, halvesAsFloats: false };

/** onnxruntime finds external weights by the path of the graph, which bytes do not have. */
const hasExternalWeights = ({ graph }: Model) =>
  graph?.initializer.some(({ dataLocation }) => dataLocation === EXTERNAL) ?? false;

/** `undefined` for a file that is no graph: onnxruntime then refuses it with its own message. */
const tryDecode = (bytes: Uint8Array): Model | undefined => {
  try {
    return decodeModel(bytes);
  } catch {
    return undefined;
  }
};

/**
 * Reads a network's graph and removes what is not needed: other outputs than the wanted one, and half precision on the
 * CPU.
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
