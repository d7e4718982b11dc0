// The whole way in a page: the embedded sample is fetched, differentiated and run there, to the numbers of Node.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle, launch, missing, type Site, serve } from "./chromium.ts";

const sample = fileURLToPath(new URL("../../sample", import.meta.url));

let browser: Browser;
let site: Site;

beforeAll(async () => {
  if (missing) return;
  const folder = await bundle("sample.ts");
  [browser, site] = await Promise.all([launch(), serve([folder, sample])]);
}, 120_000);
afterAll(async () => {
  if (missing) return;
  await browser.close();
  site.close();
});

/** The first columns of the Jacobian in Node, one after the other. */
async function expectedColumns(count: number): Promise<Float32Array> {
  const model = decodeModel(readFileSync(`${sample}/faces.onnx`), "faces.onnx");
  const map = await OnnxMap.create(model, new NodeRuntime({ threads: 1 }), { to: "image" });
  expect([map.to.dim, map.from.dim]).toEqual([3 * 64 * 64, 128]);
  const tangents = new Float32Array(count * map.from.dim);
  for (let k = 0; k < count; k++) tangents[k * map.from.dim + k] = 1;
  const columns = await map.jvp(samplePoints(map.from, 0, 0, 1), tangents, count);
  await map.dispose();
  return columns;
}

it.for([
  ["wasm", 4, 1e-5],
  // Two tell, and WebGPU in software takes its time.
  ["webgpu", 2, 1e-4],
] as const)(
  "derivatives of the sample on %s",
  { timeout: 180_000 },
  async ([provider, count, tolerance], context) => {
    if (missing) context.skip(missing);
    const expected = await expectedColumns(count);
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction("globalThis.sampleColumns");
    const { name, columns } = (await page.evaluate(`sampleColumns("${provider}", ${count})`)) as {
      name: string;
      columns: Float32Array;
    };
    await page.close();
    expect(name).toMatch(provider);
    expect(columns.length).toBe(expected.length);
    let [error, norm] = [0, 0];
    columns.forEach((value, at) => {
      const truth = expected[at]!;
      error += (value - truth) ** 2;
      norm += truth ** 2;
    });
    expect(Math.sqrt(error / norm)).toBeLessThan(tolerance);
  },
);
