// A short run of the mutator: every mutant ends in a typed error or in derivatives that agree.

import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FAULTS, fuzz, mutant } from "../fuzz.mjs";

const built = existsSync(new URL("../../../packages/onnx/dist/index.js", import.meta.url));
if (!built) console.log("tools/fuzz: skipped, since the packages are not built");

describe.skipIf(!built)("mutants", () => {
  test("the same seed makes the same", () => {
    const [a, b, c] = [mutant(1, 5), mutant(1, 5), mutant(2, 5)];
    expect(a).toEqual(b);
    expect([...c.bytes]).not.toEqual([...a.bytes]);
  });

  test("sixty end well", async () => {
    const faults: unknown[] = [];
    const outcomes = new Set<string>();
    await fuzz({ count: 60, seed: 7 }, ({ index, what, outcome, detail }) => {
      outcomes.add(outcome);
      if (FAULTS.includes(outcome)) faults.push({ index, what, outcome, detail });
    });
    expect(faults).toEqual([]);
    expect(outcomes).toContain("agrees");
    expect(outcomes).toContain("INVALID_MODEL");
  }, 120_000);

  test("rounding is no disagreement", async () => {
    // LayerNormalization of multiples of one number: nearly all of the derivative cancels.
    const outcomes: string[] = [];
    await fuzz({ count: 1, seed: 43, first: 1525 }, ({ outcome }) => outcomes.push(outcome));
    expect(outcomes).toEqual(["agrees"]);
  }, 60_000);
});
