// A small generator with inputs beside its code: z [n, 5], label, condition [1, 3], noise [1, 1, 16, 16] → image [n, 1, 16, 16].

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

export const conditionalModel: Uint8Array = encodeModel(
  model({
    nodes: [
      node("Gather", ["classes", "label"], ["embedded"]),
      node("Gemm", ["condition", "c"], ["conditioned"]),
      node("Gemm", ["z", "m"], ["mixed"]),
      node("Add", ["mixed", "embedded"], ["of_class"]),
      node("Add", ["of_class", "conditioned"], ["code"]),
      node("Tanh", ["code"], ["bent"]),
      node("Gemm", ["bent", "out"], ["flat"]),
      node("Reshape", ["flat", "shape"], ["clean"]),
      node("Add", ["clean", "noise"], ["image"]),
    ],
    initializers: [
      floats("classes", [4, 6], 1),
      floats("c", [3, 6], 2),
      floats("m", [5, 6], 3),
      floats("out", [6, 256], 4),
      int64s("shape", [-1, 1, 16, 16]),
    ],
    inputs: [
      { name: "label", dataType: DataType.INT64, shape: [1] },
      { name: "z", dataType: DataType.FLOAT, shape: ["n", 5] },
      { name: "condition", dataType: DataType.FLOAT, shape: [1, 3] },
      { name: "noise", dataType: DataType.FLOAT, shape: [1, 1, 16, 16] },
    ],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  }),
);
