// A small generator with a code for each layer: z [5] → w [4] → w_plus [3, 4] → three styles → image [1, 8, 8].

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

const layers = [0, 1, 2];

export const layeredModel: Uint8Array = encodeModel(
  model({
    nodes: [
      node("Gemm", ["z", "m"], ["mixed"]),
      node("Tanh", ["mixed"], ["w"]),
      node("Unsqueeze", ["w", "axis"], ["w3"]),
      node("Expand", ["w3", "plus"], ["w_plus"]),
      ...layers.flatMap((i) => [
        node("Gather", ["w_plus", `i${i}`], [`code${i}`], { axis: { type: "int", value: 1 } }),
        node("Squeeze", [`code${i}`, "axis"], [`row${i}`]),
        node("Gemm", [`row${i}`, `a${i}`], [`style${i}`]),
        node("Sigmoid", [`style${i}`], [`bent${i}`]),
      ]),
      node("Concat", ["bent0", "bent1", "bent2"], ["styles"], { axis: { type: "int", value: 1 } }),
      node("Gemm", ["styles", "out"], ["flat"]),
      node("Reshape", ["flat", "shape"], ["image"]),
    ],
    initializers: [
      floats("m", [5, 4], 1),
      int64s("axis", [1]),
      int64s("plus", [1, 3, 4]),
      ...layers.flatMap((i) => [int64s(`i${i}`, [i]), floats(`a${i}`, [4, 6], 10 + i)]),
      floats("out", [18, 64], 20),
      int64s("shape", [-1, 1, 8, 8]),
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 5] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  }),
);
