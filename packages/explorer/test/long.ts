// A small generator with a code too long for its whole spectrum: z [n, 1100] → image [n, 1, 16, 16], of rank 40.

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

export const longModel: Uint8Array = encodeModel(
  model({
    nodes: [
      node("Gemm", ["z", "narrow"], ["hidden"]),
      node("Gemm", ["hidden", "wide"], ["flat"]),
      node("Reshape", ["flat", "shape"], ["image"]),
    ],
    initializers: [
      floats("narrow", [1100, 40], 1),
      floats("wide", [40, 256], 2),
      int64s("shape", [-1, 1, 16, 16]),
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 1100] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  }),
);
