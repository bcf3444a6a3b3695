import { FLOAT, FLOAT16, INT_ATTRIBUTE, type Attribute, type Graph, type Model, type Node } from './onnx.js';

/** Attributes that name a type of tensors. */
const typeAttributes = new Set(['to', 'dtype', 'stash_type']);

const isHalf = ({ type }: Graph['input'][number]) => type?.tensorType?.elemType === FLOAT16;

const makesHalf = ({ attribute }: Node) => attribute.some(({ t }) => t?.dataType === FLOAT16);

/** Whether every operator is ONNX's own and has no graph inside, so that what it does with halves it does with floats. */
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

/** The halves that a graph is given or holds, and those that it hands out. */
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
 * Has a half-precision graph compute in floats from its inputs, which stay halves, to its outputs, which stay halves.
 *
 * For the CPU: onnxruntime has no kernels for halves there. It computes in floats anyhow, but only node by node, and
 * rounds to halves in between, which costs a quarter of ISNet's time and keeps its convolutions from handing each
 * other their blocked layout. Weights stay as they are; onnxruntime folds their conversion when it loads them.
 *
 * @returns whether anything was changed; false when there is no half, or an operator that is not known to take floats
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
    // One that holds a half still makes it; its conversion follows.
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
