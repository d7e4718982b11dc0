// What WebGPU computes wrongly without saying so is noticed when a map is opened, and computed by WebAssembly.

import { encodeModel, type Model, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { int, string } from "../../onnx/src/model/attributes.ts";
import { GraphBuilder } from "../../onnx/test/helpers.ts";
import { bundle, launch, missing, type Site, serve } from "./chromium.ts";

let browser: Browser;
let site: Site;

beforeAll(async () => {
  if (missing) return;
  const folder = await bundle("silent.ts");
  [browser, site] = await Promise.all([launch(), serve([folder])]);
}, 120_000);
afterAll(async () => {
  if (missing) return;
  await browser.close();
  site.close();
});

/** A convolution of two groups with so many outputs each. */
function grouped(outputs: number): Model {
  const g = new GraphBuilder("float32");
  const [x, w] = [g.variable([1, 4, 5, 5]), g.constant([2 * outputs, 2, 3, 3])];
  return g.model(g.op("Conv", [x, w], { group: int(2) }));
}

/** Pictures of [n, h, w, c], twice as large. */
function enlarged(): Model {
  const g = new GraphBuilder("float32");
  const scales = g.float32([1, 2, 2, 1]);
  return g.model(g.op("Resize", [g.variable([1, 4, 4, 3]), "", scales], { mode: string("linear") }));
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((x, i) => x - b[i]!)) / Math.hypot(...b);
}

it.for([
  ["groups that WebGPU mixes", grouped(6), true],
  ["groups that it keeps apart", grouped(4), false],
  ["linear Resize of [n, h, w, c]", enlarged(), true],
] as const)("%s", { timeout: 180_000 }, async ([_, model, isWrong], context) => {
  if (missing) context.skip(missing);
  const map = await OnnxMap.create(model, new NodeRuntime({ threads: 1 }));
  const point = Float32Array.from({ length: map.from.dim }, (_, i) => Math.cos(i));
  const tangent = Float32Array.from({ length: map.from.dim }, (_, i) => Number(i === 0));
  const [column, value] = [await map.jvp(point, tangent, 1), await map.evaluate(point, 1)];
  await map.dispose();
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction("globalThis.firstColumn");
  const bytes = [...encodeModel(model)];
  const found = (await page.evaluate(`firstColumn(Uint8Array.of(${bytes}))`)) as {
    column: Float32Array;
    value: Float32Array;
    name: string;
    remarks: string[];
  };
  await page.close();
  expect(distance(found.column, column)).toBeLessThan(1e-5);
  expect(distance(found.value, value)).toBeLessThan(1e-5);
  expect(found.name).toMatch(isWrong ? /\(wasm\)$/ : /\(webgpu, swiftshader\)$/);
  const remark = /^WebGPU computes "y\d+" wrongly here: its value by [\d.]+ %, J·t by [\d.]+ % of its size/;
  expect(found.remarks).toEqual(isWrong ? [expect.stringMatching(remark)] : []);
});
