// Every operator that has a derivative rule, against differences of what the engine computes.

import { describe, expect, test } from "vitest";
import { supportedOperators } from "../src/index.ts";
import { everyCase, families } from "./cases/families.ts";
import { expectDerivative } from "./derivative.ts";
import { GraphBuilder } from "./helpers.ts";

test("every supported operator has a case", () => {
  const covered = new Set(everyCase.map(({ op }) => op));
  expect(supportedOperators().filter((op) => !covered.has(op))).toEqual([]);
});

test("every case contains the operator that it is named after", () => {
  for (const { op, about, build, opset } of everyCase) {
    const g = new GraphBuilder("float32", opset);
    build(g);
    expect(g.operators(), `${op}: ${about}`).toContain(op);
  }
});

describe.each(Object.entries(families))("%s", (_family, cases) => {
  test.each(cases.map((entry, i) => [entry.op, entry.about, entry, i] as const))(
    "%s: %s",
    async (_op, _about, entry, i) => {
      await expectDerivative(entry.build, { ...entry, seed: i + 1 });
    },
  );
});
