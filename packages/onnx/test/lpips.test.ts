// The feature networks of LPIPS in miniature, of as many inputs as an image has pixels, against columns and rows of
// the Jacobian that PyTorch computed in float64 (tools/reference/onnx).

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { decodeModel, OnnxMap } from "../src/index.ts";
import { relativeError, runtime } from "./helpers.ts";
import { pointwise } from "./shared.ts";

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`fixtures/${name}`, import.meta.url));

/** Unit vectors of length n, one for each index, row-major. */
function units(indices: ArrayLike<number>, n: number): Float32Array {
  const vectors = new Float32Array(indices.length * n);
  for (let i = 0; i < indices.length; i++) vectors[i * n + indices[i]!] = 1;
  return vectors;
}

describe.each(["lpips_alex", "lpips_vgg", "lpips_squeeze"])("%s", (name) => {
  test.each(["torchscript", "dynamo"])(
    "%s: value, columns and rows to float32 accuracy",
    async (exporter) => {
      const { z, y, columns, rows, J_columns, J_rows } = pointwise(await fixture(`${name}.npz`));
      const map = await OnnxMap.create(decodeModel(await fixture(`${name}_${exporter}.onnx`)), runtime);
      for (let i = 0; i < 2; i++) {
        const point = Float32Array.from(z![i]!);
        expect(relativeError(await map.evaluate(point, 1), y![i]!)).toBeLessThan(1e-5);
        const pushed = await map.jvp(point, units(columns![i]!, map.from.dim), columns![i]!.length);
        expect(relativeError(pushed, J_columns![i]!)).toBeLessThan(1e-5);
        const pulled = await map.vjp(point, units(rows![i]!, map.to.dim), rows![i]!.length);
        expect(relativeError(pulled, J_rows![i]!)).toBeLessThan(1e-5);
      }
      await map.dispose();
    },
  );
});
