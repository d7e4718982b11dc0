// A small convolutional generator, with the operators that most generators of images have: z [n, 16] → image
// [n, 3, 32, 32].

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

const pads = { type: "ints", value: [1, 1, 1, 1] } as const;
const strides = { type: "ints", value: [2, 2] } as const;
const enlarge = {
  name: "enlarge",
  dims: [4],
  dataType: DataType.FLOAT,
  raw: new Uint8Array(Float32Array.of(1, 1, 2, 2).buffer),
};

export const convolutionalModel: Uint8Array = encodeModel(
  model({
    nodes: [
      node("Gemm", ["z", "first"], ["mixed"]),
      node("Tanh", ["mixed"], ["bent"]),
      node("Reshape", ["bent", "shape"], ["h8"]),
      node("ConvTranspose", ["h8", "doubling"], ["h16"], { pads, strides }),
      node("LeakyRelu", ["h16"], ["active"], { alpha: { type: "float", value: 0.2 } }),
      node("Resize", ["active", "", "enlarge"], ["h32"], {
        mode: { type: "string", value: "nearest" },
        coordinate_transformation_mode: { type: "string", value: "asymmetric" },
        nearest_mode: { type: "string", value: "floor" },
      }),
      node("Conv", ["h32", "colours"], ["raw"], { pads }),
      node("Sigmoid", ["raw"], ["image"]),
    ],
    initializers: [
      floats("first", [16, 256], 1),
      int64s("shape", [-1, 4, 8, 8]),
      floats("doubling", [4, 6, 4, 4], 2),
      enlarge,
      floats("colours", [3, 6, 3, 3], 3),
    ],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 16] }],
    outputs: [{ name: "image", dataType: DataType.FLOAT }],
  }),
);
