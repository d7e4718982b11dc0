// Small graphs for the tests of the runtime.

import type { ModelSource, RuntimeTensor } from "@vielbein/core/runtime";
import { type Attribute, DataType, type Dimension, encodeModel, type Node } from "@vielbein/onnx";

export const float32 = (dims: readonly number[], values: readonly number[]): RuntimeTensor => ({
  type: "float32",
  dims,
  data: Float32Array.from(values),
});

/** One operator, x → y. */
export function graph(
  opType: string,
  shape: readonly Dimension[],
  attributes: Record<string, Attribute> = {},
  outputs: readonly string[] = ["y"],
  dataType: number = DataType.FLOAT,
): ModelSource {
  const node: Node = {
    opType,
    domain: "",
    name: "",
    inputs: ["x"],
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
  return {
    bytes: encodeModel({
      irVersion: 8,
      producerName: "",
      producerVersion: "",
      opsets: new Map([["", 17]]),
      metadata: new Map(),
      graph: {
        name: "test",
        nodes: [node],
        initializers: [],
        inputs: [{ name: "x", dataType, shape }],
        outputs: outputs.map((name) => ({ name })),
        valueInfo: [],
        unknown: [],
      },
      unknown: [],
      files: new Map(),
    }),
  };
}

/** MaxPool that also says where the maxima were, which WebGPU accepts and then refuses to run. */
export const maxPoolWithIndices: ModelSource = graph(
  "MaxPool",
  [1, 1, 2, 2],
  { kernel_shape: { type: "ints", value: [2, 2] } },
  ["y", "indices"],
);
