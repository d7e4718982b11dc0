// Small generators with a code too long for its whole spectrum, of rank 40: z [n, 1100] → image.

import { DataType, encodeModel } from "@vielbein/onnx";
import { floats, int64s, model, node } from "../../cli/test/models.ts";

/** Images of 16² pixels, each repeated `scale` times in rows and columns. */
function long(scale: number): Uint8Array {
  const scales = { dims: [4], dataType: DataType.FLOAT };
  return encodeModel(
    model({
      nodes: [
        node("Gemm", ["z", "narrow"], ["hidden"]),
        node("Gemm", ["hidden", "wide"], ["flat"]),
        node("Reshape", ["flat", "shape"], ["small"]),
        node("Resize", ["small", "", "scales"], ["image"], {
          mode: { type: "string", value: "nearest" },
          coordinate_transformation_mode: { type: "string", value: "asymmetric" },
          nearest_mode: { type: "string", value: "floor" },
        }),
      ],
      initializers: [
        floats("narrow", [1100, 40], 1),
        floats("wide", [40, 256], 2),
        int64s("shape", [-1, 1, 16, 16]),
        { name: "scales", ...scales, raw: new Uint8Array(Float32Array.of(1, 1, scale, scale).buffer) },
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 1100] }],
      outputs: [{ name: "image", dataType: DataType.FLOAT }],
    }),
  );
}

export const longModel: Uint8Array = long(1);

/** Its images have more values than those of 256² pixels in colour. */
export const largeModel: Uint8Array = long(28);
