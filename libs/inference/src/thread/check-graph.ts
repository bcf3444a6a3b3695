import { basename } from 'node:path';
import type { NamedNetwork, TensorType } from '../network.js';

/** A tensor as the graph declares it. A dimension without a fixed size is a name or empty. */
type Declared = {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
};
type Graph = { readonly inputMetadata: readonly Declared[]; readonly outputMetadata: readonly Declared[] };

type Expected = {
  readonly name: string;
  readonly type: TensorType;
  /** N stands for an open batch size. */
  readonly shape: readonly (number | 'N')[];
};

const describe = (type = 'no tensor', shape: readonly (number | string)[] = []) =>
  `${type} ${shape.map((size) => size || '?').join(' × ')}`.trim();

const fits = ({ shape = [] }: Declared, expected: Expected['shape']) => {
  // An export may omit the shape; the warm-up run then finds a wrong one.
  if (shape.length === 0) return true;
  return (
    shape.length === expected.length &&
    shape.every((size, i) => typeof size === 'string' || size === expected[i])
  );
};

/** Describes the mismatch between a tensor of the graph and the expected one. */
const faultOf = (kind: string, all: readonly Declared[], expected: Expected): string | undefined => {
  const { name, type, shape } = expected;
  const should = `${kind} "${name}" should be ${describe(type, shape)}`;
  const found = all.find((tensor) => tensor.name === name);
  if (!found) return `${should}, but the graph has ${all.map((tensor) => `"${tensor.name}"`).join(', ')}`;
  if (found.type === type && fits(found, shape)) return undefined;
  return `${should}, but in the graph it is ${describe(found.type, found.shape)}`;
};

const moreInputs = (all: readonly Declared[], known: string): string | undefined => {
  const others = all.filter(({ name }) => name !== known).map(({ name }) => `"${name}"`);
  return others.length > 0
    ? `input "${known}" should be the only one, but the graph also has ${others.join(', ')}`
    : undefined;
};

/** Throws an Error when the graph is another one. It names the file, the tensor, the expected and the actual shape. */
export const checkGraph = ({ path, input, output, batch }: NamedNetwork, graph: Graph): void => {
  const { inputMetadata: inputs, outputMetadata: outputs } = graph;
  const { size } = input;
  const images = batch === 'dynamic' ? 'N' : 1;
  const fault =
    faultOf('input', inputs, { ...input, shape: [images, 3, size, size] }) ??
    faultOf('output', outputs, { ...output, shape: [images, 1, size, size] }) ??
    moreInputs(inputs, input.name);
  if (fault) throw new Error(`${basename(path)} is not the network that was described: ${fault}.`);
};
