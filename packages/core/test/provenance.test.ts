// Provenances that are read back: what this program writes is taken, what else there may be in a file is refused by name.

import { expect, it } from "vitest";
import { type Provenance, parseProvenance, VielbeinError } from "../src/index.ts";

const sampled: Provenance = {
  tool: "vielbein 0.1.0",
  method: "local basis",
  model: { file: "faces.onnx", sha256: "5e".repeat(32), opset: 18 },
  from: { name: "z", dim: 6, shape: [2, 3], prior: { kind: "uniform", low: -1, high: 1 } },
  to: { name: "image", dim: 4, shape: [4] },
  points: { seed: 3, prior: { kind: "normal" }, first: 0, count: 5, drawnIn: "z" },
  truncation: { psi: 0.7, space: "w", toward: "mean of samples", samples: 10_000 },
  options: { rank: 4, names: ["a"], nested: { deep: null } },
  runtime: "onnxruntime-node 1.30.0 (cpu)",
};
const fromFile: Provenance = {
  ...sampled,
  points: { file: "codes.npy", sha256: "a0".repeat(32), count: 2, indices: [4, 1] },
};

it.each([
  ["of samples", sampled],
  ["of a file", fromFile],
])("comes back as it was: %s", (_, provenance) => {
  expect(parseProvenance(JSON.stringify(provenance), "it")).toEqual(provenance);
});

it("keeps what later versions add", () => {
  const later = { ...sampled, model: { ...sampled.model, license: "MIT" }, later: [1] };
  expect(parseProvenance(JSON.stringify(later), "it")).toEqual(later);
});

/** The entry at a dotted path set to a value; undefined takes it away. */
function changed(path: string, value: unknown): string {
  const copy = JSON.parse(JSON.stringify(sampled));
  const keys = path.split(".");
  const last = keys.pop()!;
  keys.reduce((part, key) => part[key], copy)[last] = value;
  return JSON.stringify(copy);
}

it.each<[path: string, value: unknown, entry: string, problem: string]>([
  ["tool", undefined, "tool", "is missing"],
  ["method", 3, "method", "cannot be 3"],
  ["model", null, "model", "cannot be null"],
  ["model.sha256", undefined, "model.sha256", "is missing"],
  ["model.opset", 1.5, "model.opset", "cannot be 1.5"],
  ["from", "z", "from", 'cannot be "z"'],
  ["from.dim", 5, "from.dim", "cannot be 5"],
  ["from.shape", [-2, -3], "from.shape.0", "cannot be -2"],
  ["from.shape", { length: 2 }, "from.shape", 'cannot be {"length":2}'],
  ["from.prior", { kind: "uniform", low: 0 }, "from.prior", 'cannot be {"kind":"uniform","low":0}'],
  ["to.shape", [2 ** 53], "to.shape.0", "cannot be 9007199254740992"],
  ["points", [], "points", "cannot be []"],
  ["points.count", -1, "points.count", "cannot be -1"],
  ["options", "none", "options", 'cannot be "none"'],
  ["runtime", ["a".repeat(100)], "runtime", `cannot be ["${"a".repeat(58)}…`],
])("refuses %s = %j", (path, value, entry, problem) => {
  let error: unknown;
  try {
    parseProvenance(changed(path, value), '"rows.npz": its provenance');
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(VielbeinError);
  const { code, message } = error as VielbeinError;
  expect(code).toBe("INVALID_FILE");
  expect(message).toContain(
    `"rows.npz": its provenance is not of the form that this program writes: "${entry}" ${problem}`,
  );
  expect(message).toMatch(/ Take another copy of the file\.$/);
});

it.each([
  ["no JSON", "{", "is not JSON"],
  ["nothing", "", "is not JSON"],
  ["null", "null", '"the whole of it" cannot be null'],
  ["a list", "[1]", '"the whole of it" cannot be [1]'],
  ["the prototype of all objects", '{"__proto__": {"tool": "x"}}', '"tool" is missing'],
])("refuses %s", (_, text, problem) => {
  expect(() => parseProvenance(text, "its provenance")).toThrow(problem);
});
