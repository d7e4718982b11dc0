// The element before it enters a page, where there is a registry and nothing else.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { defineExplorer, type VielbeinExplorer } from "../../src/explorer/element.ts";

const registered = new Map<string, new () => VielbeinExplorer>();

beforeEach(() => {
  registered.clear();
  vi.stubGlobal("HTMLElement", class {});
  vi.stubGlobal("customElements", {
    get: (name: string) => registered.get(name),
    define: (name: string, element: new () => VielbeinExplorer) => {
      if (registered.has(name)) throw new Error(`${name} is defined`);
      registered.set(name, element);
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

const refuse = () => {
  throw new Error("No engine is needed yet.");
};

it("is registered once, and starts no engine before it enters a page", () => {
  defineExplorer(refuse);
  const first = registered.get("vielbein-explorer");
  defineExplorer(refuse);
  expect([...registered]).toEqual([["vielbein-explorer", first]]);
  expect(() => new first!()).not.toThrow();
});

it("has no model, no code and no directions, and says that it is on no page", async () => {
  defineExplorer(refuse);
  const element = new (registered.get("vielbein-explorer")!)();
  expect(() => element.setCode([1, 2])).toThrow("not on a page");
  expect(() => element.loadModel("a.onnx")).toThrow("not on a page");
  expect(element.model).toBeUndefined();
  expect(element.latent).toEqual(new Float32Array());
  expect(element.directions).toEqual(new Map());
  await element.open(new Blob([]), "a.onnx");
  await expect(element.exportAnimation()).rejects.toThrow("not on a page");
});
