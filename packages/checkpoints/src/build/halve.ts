// Weights in half precision: half the size, computed with in single precision.

import { DataType, type Model, type Node, type Tensor } from "@vielbein/onnx";
import { elementCount, floatToHalf, int, makeNode } from "@vielbein/onnx/graph";

/** Smaller tensors stay as they are: they weigh nothing, and biases and scalars matter most. */
const SMALLEST_HALF = 256;

/** The model with its large weights as float16. */
export function halved(model: Model): Model {
  const casts: Node[] = [];
  const initializers = model.graph.initializers.map((tensor): Tensor => {
    if (tensor.dataType !== DataType.FLOAT || elementCount(tensor.dims) < SMALLEST_HALF) return tensor;
    const half = `${tensor.name}.half`;
    casts.push(makeNode("Cast", [half], [tensor.name], { to: int(DataType.FLOAT) }));
    const values = new Float32Array(new Uint8Array(tensor.raw).buffer);
    const raw = new Uint8Array(Uint16Array.from(values, floatToHalf).buffer);
    return { name: half, dims: tensor.dims, dataType: DataType.FLOAT16, raw };
  });
  return { ...model, graph: { ...model.graph, initializers, nodes: [...casts, ...model.graph.nodes] } };
}
