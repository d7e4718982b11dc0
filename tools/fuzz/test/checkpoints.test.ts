// A short run of the mutator of checkpoints.

import { expect, it } from "vitest";
import { CHECKPOINT_FAULTS, fuzzCheckpoints } from "../checkpoints.mjs";

it("three hundred mutated checkpoints end in a model or in a typed error", async () => {
  const faults: unknown[] = [];
  const outcomes = new Set<string>();
  await fuzzCheckpoints({ count: 300, seed: 3 }, ({ name, index, what, outcome, detail }) => {
    outcomes.add(outcome);
    if (CHECKPOINT_FAULTS.includes(outcome)) faults.push({ name, index, what, outcome, detail });
  });
  expect(faults).toEqual([]);
  expect([...outcomes]).toEqual(expect.arrayContaining(["converted", "INVALID_MODEL"]));
}, 120_000);
