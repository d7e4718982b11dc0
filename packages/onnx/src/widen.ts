// float16 → float32 throughout a graph. Half-precision weights are exact in float32, so the widened graph
// computes the function the weights define, and derivatives keep seven digits instead of three.

import { int } from "./attributes.ts";
import {
  type Attribute,
  DataType,
  type Graph,
  type Model,
  type Node,
  type Tensor,
  type ValueInfo,
} from "./model.ts";
import { halfToFloat } from "./tensor.ts";

/** The model with every float16 tensor widened; the same object when it has none. */
export function widenHalfPrecision(model: Model): Model {
  const graph = widenGraph(model.graph);
  return graph === model.graph ? model : { ...model, graph };
}

function widenGraph(graph: Graph): Graph {
  const nodes = graph.nodes.map(widenNode);
  const initializers = graph.initializers.map(widenTensor);
  const [inputs, outputs, valueInfo] = [graph.inputs, graph.outputs, graph.valueInfo].map((list) =>
    list.map(widenInfo),
  );
  const changed =
    nodes.some((node, i) => node !== graph.nodes[i]) ||
    initializers.some((tensor, i) => tensor !== graph.initializers[i]) ||
    inputs!.some((info, i) => info !== graph.inputs[i]);
  if (!changed) return graph;
  return { ...graph, nodes, initializers, inputs: inputs!, outputs: outputs!, valueInfo: valueInfo! };
}

function widenTensor(tensor: Tensor): Tensor {
  if (tensor.dataType !== DataType.FLOAT16) return tensor;
  const halves = new Uint16Array(new Uint8Array(tensor.raw).buffer);
  const floats = Float32Array.from(halves, halfToFloat);
  return {
    name: tensor.name,
    dims: tensor.dims,
    dataType: DataType.FLOAT,
    raw: new Uint8Array(floats.buffer),
  };
}

function widenInfo(info: ValueInfo): ValueInfo {
  return info.dataType === DataType.FLOAT16 ? { ...info, dataType: DataType.FLOAT } : info;
}

/** Attributes that hold an element type: Cast's `to`, and `dtype` of generators and EyeLike. */
const typeAttributes: ReadonlySet<string> = new Set(["to", "dtype"]);

function widenNode(node: Node): Node {
  let attributes: Map<string, Attribute> | undefined;
  for (const [name, attribute] of node.attributes) {
    const wide = widenAttribute(name, attribute);
    if (wide !== attribute) {
      attributes ??= new Map(node.attributes);
      attributes.set(name, wide);
    }
  }
  return attributes ? { ...node, attributes } : node;
}

function widenAttribute(name: string, attribute: Attribute): Attribute {
  if (attribute.type === "tensor") {
    const value = widenTensor(attribute.value);
    return value === attribute.value ? attribute : { type: "tensor", value };
  }
  if (attribute.type === "graph") {
    const value = widenGraph(attribute.value);
    return value === attribute.value ? attribute : { type: "graph", value };
  }
  if (attribute.type === "int" && attribute.value === DataType.FLOAT16 && typeAttributes.has(name)) {
    return int(DataType.FLOAT);
  }
  return attribute;
}
