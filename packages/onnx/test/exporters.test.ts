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
  ["keras_exported", "keras"],
  ["paddle", "paddle"],
  // One generator as every version of the operator set has it.
  ...versions("torchscript", 11, 20),
  ...versions("dynamo", 18, 25),
  // As ONNX Runtime's optimiser saves them.
  ...["vit", "vae_attention", "biggan", "stylegan2_unfused"].map(
    (name) => [`${name}_optimized`, name] as const,
  ),
];

function versions(exporter: string, first: number, last: number): (readonly [string, string])[] {
  return Array.from({ length: last - first + 1 }, (_, i) => {
    return [`versions_${exporter}_${first + i}`, "versions"] as const;
  });
}

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

/** As onnxconverter-common converts them: digits of half precision, about three, are what is left. */
describe.each([
  ["dcgan_half", "dcgan"],
  ["vae_attention_half", "vae_attention"],
  ["vae_all_half", "vae"],
])("%s", (file, reference) => {
  test("value, Jacobian and its transpose to half precision", async () => {
    const { z, y, J } = pointwise(await fixture(`${reference}.npz`));
    const map = await OnnxMap.create(decodeModel(await fixture(`${file}.onnx`)), runtime);
    const point = Float32Array.from(z![0]!);
    expect(relativeError(await map.evaluate(point, 1), y![0]!)).toBeLessThan(3e-3);
    const { data } = await jacobian(map, point);
    expect(relativeError(data, J![0]!)).toBeLessThan(1e-2);
    const cotangent = Float32Array.from(y![0]!, (_, row) => Math.cos(row));
    const pulled = Float64Array.from(point, (_, j) =>
      cotangent.reduce((sum, u, row) => sum + u * data[row * point.length + j]!, 0),
    );
    expect(relativeError(await map.vjp(point, cotangent, 1), pulled)).toBeLessThan(1e-2);
    await map.dispose();
  });
});
