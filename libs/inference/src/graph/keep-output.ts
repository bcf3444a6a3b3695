import type { Graph, Node } from './onnx.js';

const bodiesOf = ({ attribute }: Node): readonly Graph[] =>
  attribute.flatMap(({ g, graphs = [] }) => [...(g ? [g] : []), ...graphs]);

/** The names that a node reads. The bodies of If, Loop and Scan may read any outer name. */
const readsOf = (node: Node): readonly string[] => {
  const names = [...node.input];
  for (const body of bodiesOf(node)) {
    for (const inner of body.node) names.push(...readsOf(inner));
    for (const { name } of body.output) names.push(name);
  }
  return names;
};

/** The nodes that a value depends on. */
const nodesBehind = (nodes: readonly Node[], name: string): ReadonlySet<Node> => {
  const makers = new Map(nodes.flatMap((node) => node.output.map((output) => [output, node])));
  const kept = new Set<Node>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const maker = makers.get(next);
    if (!maker || kept.has(maker)) continue;
    kept.add(maker);
    open.push(...readsOf(maker));
  }
  return kept;
};

/**
 * Removes all outputs but one, and the nodes that only they need: onnxruntime computes every output of a graph, also
 * those that its caller does not fetch.
 *
 * @returns the number of removed outputs, 0 when the graph does not have the wanted one
 */
export const keepOutput = (graph: Graph, wanted: string): number => {
  const output = graph.output.filter(({ name }) => name === wanted);
  const dropped = graph.output.length - output.length;
  if (output.length === 0 || dropped === 0) return 0;

  const kept = nodesBehind(graph.node, wanted);
  graph.output = output;
  graph.node = graph.node.filter((node) => kept.has(node));
  const read = new Set(graph.node.flatMap(readsOf));
  const unread = new Set(graph.initializer.map(({ name }) => name).filter((name) => !read.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => !unread.has(name));
  // Up to IR version 3 initializers are inputs as well; without a value, callers would have to give one.
  graph.input = graph.input.filter(({ name }) => !unread.has(name));
  return dropped;
};
