// Small random generators as exporters write them, against derivatives in float64 from their frameworks
// (tools/reference/onnx). The seeds are such that no ReLU-like kink lies within float32 rounding.

import { readFile } from "node:fs/promises";
import { jacobian } from "@vielbein/core";
import { describe, expect, test } from "vitest";
import { decodeModel, OnnxMap } from "../src/index.ts";
import { relativeError, runtime } from "./helpers.ts";
import { pointwise } from "./shared.ts";

const exports: readonly (readonly [string, string])[] = [
  ...[
    "mapping",
    "dcgan",
    "vae",
    "plumbing",
    "attention",
    "stylegan2",
    "stylegan2_unfused",
    "biggan",
    "vit",
    "pggan",
    "stylegan1",
    "stylegan3_t",
    "stylegan3_r",
    "vae_attention",
    "warp",
    "indexing",
  ].flatMap((name) => [[`${name}_torchscript`, name] as const, [`${name}_dynamo`, name] as const]),
  ["grouped_attention_dynamo", "grouped_attention"],
  ["keras", "keras"],
  // As ONNX Runtime's optimiser saves them.
  ...["vit", "vae_attention", "biggan", "stylegan2_unfused"].map(
    (name) => [`${name}_optimized`, name] as const,
  ),
];

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`fixtures/${name}`, import.meta.url));

describe.each(exports)("%s", (file, reference) => {
  test("value, Jacobian and its transpose to float32 accuracy", async () => {
    const { z, y, J } = pointwise(await fixture(`${reference}.npz`));
    const map = await OnnxMap.create(decodeModel(await fixture(`${file}.onnx`)), runtime);
    for (let i = 0; i < 2; i++) {
      const point = Float32Array.from(z![i]!);
      expect(relativeError(await map.evaluate(point, 1), y![i]!)).toBeLessThan(5e-6);
      expect(relativeError((await jacobian(map, point)).data, J![i]!)).toBeLessThan(5e-6);

      const cotangent = Float32Array.from(y![i]!, (_, row) => Math.cos(row));
      const pulled = Float64Array.from(point, (_, j) =>
        cotangent.reduce((sum, u, row) => sum + u * J![i]![row * point.length + j]!, 0),
      );
      expect(relativeError(await map.vjp(point, cotangent, 1), pulled)).toBeLessThan(5e-6);
    }
    await map.dispose();
  });
});
