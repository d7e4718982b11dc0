// float16 and bfloat16 → float32, or float32 → float64, throughout a graph. Weights are exact in the wider type, so the
// widened graph computes the function the weights define, and derivatives keep seven digits instead of three, or
// sixteen.

import { VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { int } from "../model/attributes.ts";
import {
  type Attribute,
  DataType,
  type Graph,
  type Model,
  type Node,
  type Tensor,
  type ValueInfo,
} from "../model/model.ts";
import { bfloatValues, float32Tensor, halfToFloat } from "../model/tensor.ts";

/** What a graph is computed in; a graph that is float64 as it stands remains so. */
export type Precision = "float32" | "float64";

interface Widening {
  readonly from: number;
  readonly to: number;
  /** The elements in the wider type; `raw` may be unaligned. */
  readonly widen: (raw: Uint8Array) => Float32Array | Float64Array;
}

const halfToSingle: Widening = {
  from: DataType.FLOAT16,
  to: DataType.FLOAT,
  widen: (raw) => Float32Array.from(new Uint16Array(new Uint8Array(raw).buffer), halfToFloat),
};

const brainToSingle: Widening = { from: DataType.BFLOAT16, to: DataType.FLOAT, widen: bfloatValues };

const singleToDouble: Widening = {
  from: DataType.FLOAT,
  to: DataType.DOUBLE,
  widen: (raw) => Float64Array.from(new Float32Array(new Uint8Array(raw).buffer)),
};

/** The model with every float16 and bfloat16 tensor widened; the same object when it has none. */
export function widenHalfPrecision(model: Model): Model {
  return widenModel(widenModel(model, halfToSingle), brainToSingle);
}

/**
 * The model with every float32 tensor widened to float64, but for the scales of Resize, which are always float32.
 * The widened weights become files of the model, which engines are given by reference.
 */
export function widenToDouble(model: Model): Model {
  const spelledOut = { ...model, graph: { ...model.graph, nodes: model.graph.nodes.map(withElementType) } };
  const { graph } = widenModel(spelledOut, singleToDouble);
  const files = new Map(model.files);
  for (const [index, tensor] of graph.initializers.entries()) {
    if (tensor !== model.graph.initializers[index]) files.set(`float64/${index}`, tensor.raw);
  }
  return { ...model, graph, files };
}

/** Values of graph inputs for a model that is widened to `precision`. */
export function widenInputs(
  inputs: Readonly<Record<string, RuntimeTensor>>,
  precision: Precision,
): ReadonlyMap<string, RuntimeTensor> {
  const Elements = precision === "float64" ? Float64Array : Float32Array;
  const widened = Object.entries(inputs).map(([name, tensor]): [string, RuntimeTensor] => {
    const { type, dims, data } = tensor;
    if ((type !== "float16" && type !== "float32") || type === precision) return [name, tensor];
    const values = type === "float16" ? Array.from(data as Uint16Array, halfToFloat) : (data as Float32Array);
    return [name, { type: precision, dims, data: Elements.from(values) }];
  });
  return new Map(widened);
}

/** What an engine's refusal of a widened graph means: an operator that it has for float32 only. */
export function withoutDoubleKernel(error: unknown, runtime: Runtime): unknown {
  if (!(error instanceof VielbeinError) || error.code !== "BACKEND_FAILED") return error;
  const [, operator, node] =
    /implementation for ([^\s(]+)\(\d+\) node with name '([^']*)'/.exec(error.message) ?? [];
  if (operator === undefined) return error;
  return new VielbeinError(
    "UNSUPPORTED_OPERATOR",
    `${runtime.name} has no float64 kernel for operator ${operator}, node "${node}". Compute in float32, or end the map before that node.`,
    { cause: error },
  );
}

/** Constants and generators that are float32 for lack of another word, with that word. */
function withElementType(node: Node): Node {
  if (node.domain !== "") return node;
  const { opType, attributes } = node;
  const set = (name: string, value: Attribute): Node => ({
    ...node,
    attributes: new Map([...attributes].filter(([key]) => !key.startsWith("value_float"))).set(name, value),
  });
  if (opType === "Constant") {
    const [one, many] = [attributes.get("value_float"), attributes.get("value_floats")];
    if (one?.type === "float")
      return set("value", { type: "tensor", value: float32Tensor("", [one.value], []) });
    if (many?.type !== "floats") return node;
    return set("value", { type: "tensor", value: float32Tensor("", many.value, [many.value.length]) });
  }
  if (opType === "ConstantOfShape" && !attributes.has("value")) {
    return set("value", { type: "tensor", value: float32Tensor("", [0], [1]) });
  }
  const isGenerator = opType === "RandomNormal" || opType === "RandomUniform";
  return isGenerator && !attributes.has("dtype") ? set("dtype", int(DataType.FLOAT)) : node;
}

function widenModel(model: Model, widening: Widening): Model {
  const graph = widenGraph(model.graph, widening);
  return graph === model.graph ? model : { ...model, graph };
}

function widenGraph(graph: Graph, widening: Widening): Graph {
  const scales = new Set(
    graph.nodes.filter(({ opType }) => opType === "Resize").map((node) => node.inputs[2]),
  );
  const widenInfo = (info: ValueInfo): ValueInfo =>
    info.dataType === widening.from ? { ...info, dataType: widening.to } : info;
  const nodes = graph.nodes.map((node) => widenNode(node, widening));
  const initializers = graph.initializers.map((tensor) =>
    scales.has(tensor.name) ? tensor : widenTensor(tensor, widening),
  );
  const [inputs, outputs, valueInfo] = [graph.inputs, graph.outputs, graph.valueInfo].map((list) =>
    list.map(widenInfo),
  );
  const changed =
    nodes.some((node, i) => node !== graph.nodes[i]) ||
    initializers.some((tensor, i) => tensor !== graph.initializers[i]) ||
    inputs.some((info, i) => info !== graph.inputs[i]) ||
    outputs.some((info, i) => info !== graph.outputs[i]);
  if (!changed) return graph;
  return { ...graph, nodes, initializers, inputs: inputs, outputs: outputs, valueInfo: valueInfo };
}

function widenTensor(tensor: Tensor, { from, to, widen }: Widening): Tensor {
  if (tensor.dataType !== from) return tensor;
  const { name, dims } = tensor;
  return { name, dims, dataType: to, raw: new Uint8Array(widen(tensor.raw).buffer) };
}

/** Attributes that hold an element type: Cast's `to`, and those of generators, EyeLike, windows and quantisation. */
const typeAttributes: ReadonlySet<string> = new Set(["to", "dtype", "output_datatype", "output_dtype"]);

function widenNode(node: Node, widening: Widening): Node {
  let attributes: Map<string, Attribute> | undefined;
  for (const [name, attribute] of node.attributes) {
    const wide = widenAttribute(name, attribute, widening);
    if (wide !== attribute) {
      attributes ??= new Map(node.attributes);
      attributes.set(name, wide);
    }
  }
  return attributes ? { ...node, attributes } : node;
}

function widenAttribute(name: string, attribute: Attribute, widening: Widening): Attribute {
  if (attribute.type === "tensor") {
    const value = widenTensor(attribute.value, widening);
    return value === attribute.value ? attribute : { type: "tensor", value };
  }
  if (attribute.type === "graph") {
    const value = widenGraph(attribute.value, widening);
    return value === attribute.value ? attribute : { type: "graph", value };
  }
  if (attribute.type === "int" && attribute.value === widening.from && typeAttributes.has(name)) {
    return int(widening.to);
  }
  return attribute;
}
