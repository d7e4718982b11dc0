// A generator with pictures and next to nothing to compute: z [n, dim] → image [n, 3, 4·side, 4·side], of full rank where
// 3·side² is more than dim.

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

const enlarge = {
  dims: [4],
  dataType: DataType.FLOAT,
  raw: new Uint8Array(Float32Array.of(1, 1, 4, 4).buffer),
};

export function light(dim: number, side: number): Uint8Array {
  const hidden = 2 * dim;
  return encodeModel(
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
        floats("m", [dim, hidden], 1),
        floats("out", [hidden, 3 * side * side], 2),
        int64s("shape", [-1, 3, side, side]),
        { name: "enlarge", ...enlarge },
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", dim] }],
      outputs: [{ name: "image", dataType: DataType.FLOAT }],
    }),
  );
}

/** With pictures of the sample's size. */
export const lightModel: Uint8Array = light(16, 16);
