// Hessian-vector products of a smooth network against those that PyTorch computed in float64 (tools/reference/onnx).

import { readFile } from "node:fs/promises";
import { readNpz } from "@vielbein/linalg/npy";
import { expect, test } from "vitest";
import { decodeModel, hvp, prepare } from "../src/index.ts";
import { runGraph } from "./graphs.ts";
import { relativeError, runtime } from "./helpers.ts";

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`fixtures/${name}`, import.meta.url));

test.each(["torchscript", "dynamo"])("%s: gradient and Hessian of uᵀf", async (exporter) => {
  const golden = readNpz(await fixture("vae_attention_hessian.npz"));
  const values = (name: string): Float64Array => golden[name]!.data as Float64Array;
  const model = decodeModel(await fixture(`vae_attention_${exporter}.onnx`));
  const second = await hvp(await prepare(model, runtime), runtime);
  const result = await runGraph(second.model, {
    [second.input]: values("z"),
    [second.cotangent]: values("u"),
    [second.inputTangent]: values("v"),
  });
  expect(relativeError(result[second.gradient]!, values("weighted_gradient"))).toBeLessThan(1e-5);
  expect(relativeError(result[second.product]!, values("weighted_products"))).toBeLessThan(1e-4);
});
