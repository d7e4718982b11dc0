// One mutation, or a few, of a model: of its bytes or of the graph that they hold.

import { DataType, decodeModel, encodeModel } from "@vielbein/onnx";

const NAMES = ["", "z", "y", "__proto__", "constructor", "toString", "\u001b[31m", "x".repeat(300)];
const NUMBERS = [0, 1, -1, 2, 3, -2, 7, 255, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, 2 ** 53, 2 ** 63, -(2 ** 63)];
const TYPES = [...Object.values(DataType), 0, 99];
const OPERATORS = [
  ..."Add Mul Div Pow MatMul Gemm Conv ConvTranspose Relu Sqrt Log Exp Clip Where Concat Split Slice Gather".split(
    " ",
  ),
  ..."Reshape Transpose Expand Tile Pad ReduceSum ReduceMax ReduceProd Softmax MaxPool AveragePool Resize".split(
    " ",
  ),
  ..."Identity Cast Shape CumSum TopK ScatterND Einsum Dropout If Loop Scan ConstantOfShape Range Attention".split(
    " ",
  ),
];

/**
 * A mutant of the bytes: `choices` decides on everything, so the same choices make the same mutant.
 *
 * @returns what was done, and the new bytes.
 */
export function mutate(bytes, choices) {
  const what = [];
  let current = bytes;
  const rounds = choices.of([1, 1, 1, 2, 3]);
  for (let round = 0; round < rounds; round++) {
    const [name, change] = choices.next() < 0.15 ? choices.of(byteChanges) : ["graph", graphChange];
    const [detail, next] = change(current, choices);
    what.push(detail ?? name);
    current = next;
  }
  return { what, bytes: current };
}

export const byteChanges = [
  [
    "a bit flipped",
    (bytes, c) => [undefined, edited(bytes, c.below(bytes.length), (x) => x ^ (1 << c.below(8)))],
  ],
  [
    "a byte set",
    (bytes, c) => [undefined, edited(bytes, c.below(bytes.length), () => c.of([0, 1, 127, 128, 255]))],
  ],
  ["cut short", (bytes, c) => [undefined, bytes.slice(0, c.below(bytes.length))]],
  ["a stretch removed", (bytes, c) => [undefined, removed(bytes, c.below(bytes.length), 1 + c.below(16))]],
  ["a stretch repeated", (bytes, c) => [undefined, repeated(bytes, c.below(bytes.length), 1 + c.below(16))]],
];

function edited(bytes, at, change) {
  const copy = bytes.slice();
  if (copy.length > 0) copy[at] = change(copy[at]);
  return copy;
}

function removed(bytes, at, count) {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]));
}

function repeated(bytes, at, count) {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at + count), bytes.subarray(at)]));
}

/** Bytes that are no model any more stay as they are. */
function graphChange(bytes, choices) {
  let model;
  try {
    model = decodeModel(bytes);
  } catch {
    return ["no model", bytes];
  }
  const [name, change] = choices.of(graphChanges);
  const graph = change(model.graph, choices) ?? model.graph;
  const changed = name === "opset" ? { ...model, opsets: otherOpsets(model, choices) } : { ...model, graph };
  try {
    return [name, encodeModel(changed)];
  } catch {
    return [`${name}, not written`, bytes];
  }
}

function otherOpsets({ opsets }, choices) {
  return new Map(opsets).set("", choices.of([0, 1, 6, 7, 9, 11, 13, 17, 18, 21, 99]));
}

const graphChanges = [
  ["opset", (graph) => graph],
  ["a node dropped", (graph, c) => ({ ...graph, nodes: without(graph.nodes, c) })],
  ["a node twice", (graph, c) => ({ ...graph, nodes: [...graph.nodes, c.of(graph.nodes)].filter(Boolean) })],
  ["nodes reversed", (graph) => ({ ...graph, nodes: graph.nodes.toReversed() })],
  [
    "an input renamed",
    (graph, c) => onNode(graph, c, (n) => ({ inputs: replaced(n.inputs, c, anyName(graph, c)) })),
  ],
  [
    "an output renamed",
    (graph, c) => onNode(graph, c, (n) => ({ outputs: replaced(n.outputs, c, anyName(graph, c)) })),
  ],
  ["an input more", (graph, c) => onNode(graph, c, (n) => ({ inputs: [...n.inputs, anyName(graph, c)] }))],
  ["an input fewer", (graph, c) => onNode(graph, c, (n) => ({ inputs: without(n.inputs, c) }))],
  [
    "an output more",
    (graph, c) => onNode(graph, c, (n) => ({ outputs: [...n.outputs, `more${c.below(9)}`] })),
  ],
  ["no outputs", (graph, c) => onNode(graph, c, () => ({ outputs: [] }))],
  ["no inputs", (graph, c) => onNode(graph, c, () => ({ inputs: [] }))],
  ["another operator", (graph, c) => onNode(graph, c, () => ({ opType: c.of(OPERATORS) }))],
  [
    "another domain",
    (graph, c) => onNode(graph, c, () => ({ domain: c.of(["", "my", "com.microsoft", "ai.onnx.ml"]) })),
  ],
  ["an attribute", (graph, c) => onNode(graph, c, (n) => ({ attributes: otherAttribute(n.attributes, c) }))],
  ["an attribute", (graph, c) => onNode(graph, c, (n) => ({ attributes: otherAttribute(n.attributes, c) }))],
  [
    "an attribute dropped",
    (graph, c) => onNode(graph, c, (n) => ({ attributes: new Map(without([...n.attributes], c)) })),
  ],
  ["a branch", (graph, c) => onNode(graph, c, (n) => ({ attributes: inside(n.attributes, c) }))],
  ["a weight's shape", (graph, c) => onTensor(graph, c, (t) => ({ dims: otherShape(t.dims, c) }))],
  ["a weight's type", (graph, c) => onTensor(graph, c, () => ({ dataType: c.of(TYPES) }))],
  ["a weight's name", (graph, c) => onTensor(graph, c, () => ({ name: anyName(graph, c) }))],
  [
    "a weight's bytes",
    (graph, c) =>
      onTensor(graph, c, (t) => ({ raw: edited(t.raw, c.below(t.raw.length), () => c.below(256)) })),
  ],
  ["a weight emptied", (graph, c) => onTensor(graph, c, () => ({ raw: new Uint8Array(0), dims: [0] }))],
  ["a weight dropped", (graph, c) => ({ ...graph, initializers: without(graph.initializers, c) })],
  ["the input's shape", (graph, c) => onInput(graph, c, (i) => ({ shape: otherShape(i.shape ?? [], c) }))],
  ["the input's type", (graph, c) => onInput(graph, c, () => ({ dataType: c.of(TYPES) }))],
  ["the input's name", (graph, c) => onInput(graph, c, () => ({ name: c.of(NAMES) }))],
  ["the output's name", (graph, c) => ({ ...graph, outputs: [{ name: anyName(graph, c) }] })],
  ["no graph outputs", (graph) => ({ ...graph, outputs: [] })],
  ["another graph input", (graph) => ({ ...graph, inputs: [...graph.inputs, ...graph.inputs] })],
];

function without(list, choices) {
  const index = choices.below(list.length);
  return list.filter((_, i) => i !== index);
}

function replaced(list, choices, value) {
  const index = choices.below(list.length);
  return list.map((entry, i) => (i === index ? value : entry));
}

function anyName(graph, choices) {
  const used = graph.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  return choices.next() < 0.3 ? choices.of(NAMES) : (choices.of(used) ?? "");
}

function onNode(graph, choices, change) {
  const index = choices.below(graph.nodes.length);
  return {
    ...graph,
    nodes: graph.nodes.map((node, i) => (i === index ? { ...node, ...change(node) } : node)),
  };
}

function onTensor(graph, choices, change) {
  const index = choices.below(graph.initializers.length);
  const initializers = graph.initializers.map((tensor, i) =>
    i === index ? { ...tensor, ...change(tensor) } : tensor,
  );
  return { ...graph, initializers };
}

function onInput(graph, choices, change) {
  const index = choices.below(graph.inputs.length);
  return {
    ...graph,
    inputs: graph.inputs.map((info, i) => (i === index ? { ...info, ...change(info) } : info)),
  };
}

function otherShape(shape, choices) {
  const kind = choices.below(4);
  if (kind === 0) return [...shape, choices.of([0, 1, 2])];
  if (kind === 1) return shape.slice(1);
  return replaced(shape, choices, kind === 2 ? choices.of(NUMBERS) : choices.of(["n", "__proto__", 1, 2, 5]));
}

function otherAttribute(attributes, choices) {
  const [name, attribute] = choices.of([...attributes]) ?? [
    choices.of(["axis", "perm", "to", "alpha", "mode"]),
  ];
  const value = [
    () => ({ type: "int", value: choices.of(NUMBERS) }),
    () => ({ type: "ints", value: Array.from({ length: choices.below(5) }, () => choices.of(NUMBERS)) }),
    () => ({ type: "float", value: choices.of([0, -1, 1e-30, 1e30, Number.NaN, Number.POSITIVE_INFINITY]) }),
    () => ({ type: "floats", value: [choices.of([0, 0.5, 3, Number.NaN])] }),
    () => ({
      type: "string",
      value: choices.of(["", "linear", "cubic", "add", "SAME_UPPER", "ij,jk->ik", "→"]),
    }),
  ];
  const same = value.filter((make) => make().type === attribute?.type);
  const make = same.length > 0 && choices.next() < 0.7 ? same[0] : choices.of(value);
  return new Map(attributes).set(name, make());
}

/** A change of a graph inside the node. */
function inside(attributes, choices) {
  return new Map(
    [...attributes].map(([name, attribute]) => {
      if (attribute.type !== "graph") return [name, attribute];
      const [, change] = choices.of(graphChanges);
      return [name, { type: "graph", value: change(attribute.value, choices) ?? attribute.value }];
    }),
  );
}
