// The built page in Firefox: the numbers are those of Node, what a person does works as in Chromium, and memory stays.

import { localBasisAt, samplePoints } from "@vielbein/core";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import type { VielbeinExplorer } from "@vielbein/viz/explorer";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Firefox, memoryOf, missingFirefox } from "./firefox.ts";
import { lightModel } from "./light.ts";
import { closeFolder, openFolder, url } from "./site.ts";

let firefox: Firefox;

beforeAll(async () => {
  if (missingFirefox) return;
  await openFolder();
  firefox = await Firefox.launch();
}, 240_000);
afterAll(async () => {
  if (missingFirefox) return;
  await firefox?.close();
  await closeFolder();
}, 30_000);

/** Opens the page, and waits until nothing is under way. */
async function visit(hash: string): Promise<void> {
  await firefox.open("about:blank");
  await firefox.open(`${url}?provider=wasm${hash}`);
  await settle();
}

const settle = (): Promise<void> =>
  firefox.evaluate(async () => {
    const isSettled = () => {
      const root = document.querySelector("vielbein-explorer")?.shadowRoot;
      return root?.querySelector(".explorer:has(#status:empty):has(.row):not(:has(.column.stale))");
    };
    while (!isSettled()) await new Promise((resolve) => setTimeout(resolve, 50));
  });

it("finds the basis of Node", { timeout: 120_000 }, async (context) => {
  if (missingFirefox) context.skip(missingFirefox);
  await visit("#seed=5");
  const found = await firefox.evaluate(() => {
    const { directions, latent, model } = document.querySelector("vielbein-explorer") as VielbeinExplorer;
    const { vectors, values } = directions.get("basis")!.set;
    return {
      latent: Array.from(latent),
      vectors: Array.from(vectors.data),
      values: Array.from(values!.values),
      runtime: model!.runtime,
    };
  });
  expect(found.runtime).toMatch("wasm");
  const map = await OnnxMap.create(decodeModel(lightModel, "faces"), new NodeRuntime({ threads: 1 }));
  const point = samplePoints(map.from, 5, 0, 1);
  const expected = await localBasisAt(map, point);
  await map.dispose();
  expect(found.latent).toEqual(Array.from(point));
  found.values.forEach((value, k) => {
    expect(Math.abs(value / expected.singularValues[k]! - 1)).toBeLessThan(1e-4);
  });
  found.vectors.forEach((x, at) => {
    expect(Math.abs(x - expected.inputVectors.data[at]!)).toBeLessThan(1e-4);
  });
});

it("moves, looks, undoes and marks", { timeout: 120_000 }, async (context) => {
  if (missingFirefox) context.skip(missingFirefox);
  await visit("#seed=2&show=basis,region&mask=ratio:4x4:BQICAgU");
  const seen = await firefox.evaluate(async () => {
    const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
    const root = element.shadowRoot!;
    const part = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector)!;
    const picture = () => part<HTMLCanvasElement>("#canvas").toDataURL();
    const until = async (isThere: () => unknown) => {
      while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 30));
    };
    const drag = async (id: string, t: number) => {
      const changed = new Promise((resolve) => element.addEventListener("change", resolve, { once: true }));
      part<HTMLInputElement>(id).value = String(t);
      part(id).dispatchEvent(new Event("input", { bubbles: true }));
      await changed;
    };
    const before = picture();
    await drag("#slider-basis-0", 2);
    const moved = picture();
    part("button[data-lens=heat]").click();
    await until(() => part("#picture").dataset.lens === "heat");
    part("button[data-lens=heat]").click();
    const first = () => root.querySelectorAll(".column:first-child .row:first-child canvas.stale").length;
    await until(() => first() === 0);
    part("#undo").click();
    await until(() => picture() === before);
    await drag("#slider-region-0", 1);
    return {
      isMoved: moved !== before,
      kinds: [...element.directions.keys()],
      address: location.hash,
      small: root.querySelectorAll(".row canvas").length,
    };
  });
  expect(seen).toEqual({
    isMoved: true,
    kinds: ["region", "basis"],
    address: "#seed=2&show=basis,region&mask=ratio:4x4:BQICAgU&region=1",
    small: 48,
  });
});

it("keeps its memory over two hundred recomputations", { timeout: 600_000 }, async (context) => {
  if (missingFirefox) context.skip(missingFirefox);
  await visit("#show=basis");
  const recompute = (times: number): Promise<void> =>
    firefox.evaluate(async (count) => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      for (let i = 0; i < count; i++) await element.setCode(element.latent.map((x) => 0.99 * x));
    }, times);
  await recompute(150);
  const before = memoryOf(firefox.pid);
  await recompute(200);
  // Collections come when they come; what would grow by the Jacobian, 0.8 MB each time, would be 160 MB.
  await expect.poll(() => memoryOf(firefox.pid) - before, { timeout: 60_000 }).toBeLessThan(120 * 2 ** 20);
});
