import { FLOAT, FLOAT16, INT_ATTRIBUTE, type Attribute, type Graph, type Model, type Node } from './onnx.js';

/** Attributes that name a type of tensors. */
const typeAttributes = new Set(['to', 'dtype', 'stash_type']);

const isHalf = ({ type }: Graph['input'][number]) => type?.tensorType?.elemType === FLOAT16;

const makesHalf = ({ attribute }: Node) => attribute.some(({ t }) => t?.dataType === FLOAT16);

/** Whether all operators are ONNX's own without inner graphs, and so work the same on floats as on halves. */
const isPlain = ({ graph, functions }: Model) =>
  functions.length === 0 &&
  (graph?.node ?? []).every(
    ({ domain = '', attribute }) =>
      /^(ai\.onnx)?$/.test(domain) && attribute.every(({ g, graphs = [] }) => !g && graphs.length === 0),
  );

const floatOf = (name: string) => `${name}::float`;

const cast = (input: string, output: string, to: number): Node => ({
  opType: 'Cast',
  input: [input],
  output: [output],
  attribute: [{ name: 'to', type: INT_ATTRIBUTE, i: to } satisfies Attribute],
});

const renameIn = (names: string[], renamed: ReadonlySet<string>) =>
  names.map((name) => (renamed.has(name) ? floatOf(name) : name));

const toFloatType = (attribute: Attribute) => {
  if (typeAttributes.has(attribute.name) && String(attribute.i) === `${FLOAT16}`) attribute.i = FLOAT;
};

/** The half-precision tensors that a graph takes, holds and returns. */
const endsOf = ({ node, initializer, input, output }: Graph) => {
  const inner = new Set(initializer.map(({ name }) => name));
  return {
    given: [
      ...initializer.filter(({ dataType }) => dataType === FLOAT16).map(({ name }) => name),
      ...input.filter((value) => isHalf(value) && !inner.has(value.name)).map(({ name }) => name),
    ],
    held: node.filter(makesHalf).flatMap((each) => each.output),
    handedOut: output.filter(isHalf).map(({ name }) => name),
  };
};

/**
 * Makes a half-precision graph compute in floats. Its inputs and outputs stay halves.
 *
 * For the CPU, where onnxruntime has no kernels for halves. It computes each node in floats and rounds to halves in
 * between, which costs a quarter of ISNet's time and keeps convolutions from passing on their blocked layout. Weights
 * stay as they are; onnxruntime folds their conversion when it loads them.
 *
 * @returns whether the graph was changed; false when it has no halves, or an operator that may not take floats
 */
export const computeInFloats = (model: Model): boolean => {
  const { graph } = model;
  if (!graph || !isPlain(model)) return false;
  const { given, held, handedOut } = endsOf(graph);
  if (given.length + held.length + handedOut.length === 0) return false;

  const renamed = new Set([...given, ...held, ...handedOut]);
  const maker = new Set(graph.node.filter(makesHalf));
  for (const node of graph.node) {
    node.input = renameIn(node.input, renamed);
    // A node that holds a half still returns it; a conversion follows.
    if (!maker.has(node)) node.output = renameIn(node.output, renamed);
    node.attribute.forEach(toFloatType);
  }
  graph.node = [
    ...given.map((name) => cast(name, floatOf(name), FLOAT)),
    ...graph.node.flatMap((node) =>
      maker.has(node) ? [node, ...node.output.map((name) => cast(name, floatOf(name), FLOAT))] : [node],
    ),
    ...handedOut.filter((name) => !held.includes(name)).map((name) => cast(floatOf(name), name, FLOAT16)),
  ];
  graph.valueInfo = graph.valueInfo.filter((value) => !isHalf(value));
  return true;
};
