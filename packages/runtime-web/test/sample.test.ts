// The whole way in a page: the embedded sample is fetched, differentiated and run there, to the numbers of Node.

import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jacobian, samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle, launch, missing, type Site, serve } from "./chromium.ts";

const sample = fileURLToPath(new URL("../../sample", import.meta.url));

let folder: string;
let browser: Browser;
let site: Site;
let expected: Float64Array;

beforeAll(async () => {
  if (missing) return;
  folder = await bundle("sample.ts");
  [browser, site] = await Promise.all([launch(), serve([folder, sample])]);
  const model = decodeModel(readFileSync(`${sample}/faces.onnx`), "faces.onnx");
  const map = await OnnxMap.create(model, new NodeRuntime());
  expected = Float64Array.from((await jacobian(map, samplePoints(map.from, 0, 0, 1))).data);
  await map.dispose();
}, 120_000);
afterAll(async () => {
  if (missing) return;
  await browser.close();
  site.close();
  rmSync(folder, { recursive: true });
});

it.for([
  ["wasm", 1e-5],
  ["webgpu", 1e-4],
] as const)("Jacobian of the sample on %s", { timeout: 180_000 }, async ([provider, tolerance], context) => {
  if (missing) context.skip(missing);
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction("globalThis.sampleJacobian");
  const { name, rows, cols, data } = (await page.evaluate(
    `sampleJacobian("${provider}").then(({ name, result: { rows, cols, data } }) => ({ name, rows, cols, data }))`,
  )) as { name: string; rows: number; cols: number; data: Float64Array };
  await page.close();
  expect(name).toMatch(provider);
  expect([rows, cols]).toEqual([3 * 64 * 64, 16]);
  let [error, norm] = [0, 0];
  data.forEach((value, i) => {
    error += (value - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  });
  expect(Math.sqrt(error / norm)).toBeLessThan(tolerance);
});
