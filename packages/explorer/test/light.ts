// A generator with pictures of the sample's size and next to nothing to compute: z [n, 16] → image [n, 3, 64, 64].

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

const enlarge = {
  dims: [4],
  dataType: DataType.FLOAT,
  raw: new Uint8Array(Float32Array.of(1, 1, 4, 4).buffer),
};

export const lightModel: Uint8Array = encodeModel(
  model({
    nodes: [
      node("Gemm", ["z", "m"], ["mixed"]),
      node("Tanh", ["mixed"], ["bent"]),
      node("Gemm", ["bent", "out"], ["flat"]),
      node("Reshape", ["flat", "shape"], ["small"]),
      node("Resize", ["small", "", "enlarge"], ["large"], {
        mode: { type: "string", value: "nearest" },
        coordinate_transformation_mode: { type: "string", value: "asymmetric" },
        nearest_mode: { type: "string", value: "floor" },
      }),
      node("Sigmoid", ["large"], ["image"]),
    ],
    initializers: [
      floats("m", [16, 32], 1),
      floats("out", [32, 768], 2),
      int64s("shape", [-1, 3, 16, 16]),
      { name: "enlarge", ...enlarge },
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 16] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  }),
);
