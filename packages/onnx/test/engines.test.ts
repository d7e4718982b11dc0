// The operators' derivatives on every engine, by the test body of the reference engine. Known gaps are listed in
// engine-gaps.ts: this test fails for a gap that is not listed, and for one that is gone.

import { VielbeinError } from "@vielbein/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { forOperator } from "./backends.ts";
import { everyCase, families } from "./cases/families.ts";
import { derivativeFailures } from "./derivative.ts";
import { engineGaps } from "./engine-gaps.ts";
import { type Engine, engines } from "./engines.ts";
import { miniatureFailures, miniatures, readMiniature } from "./miniatures.ts";

/** Cases with the seeds that they have on the reference engine. */
const seeded = Object.values(families).flatMap((cases) =>
  cases.map((entry, i) => ({ ...entry, seed: i + 1 })),
);
const operators = [...new Set(everyCase.map(({ op }) => op))].sort();

const unrolled = new Set(["GRU", "LSTM", "RNN"]);

const label = (about: string, part: string, kind: string): string => `${about}: ${part} ${kind}`;

describe.each(Object.entries(engines))(
  "%s",
  (engine, { missing, casesPerOperator, casesPerUnrolled, runsMiniature, open }) => {
    let backend: Awaited<ReturnType<Engine["open"]>>;
    beforeAll(async () => {
      if (!missing) backend = await open();
    }, 120_000);
    afterAll(() => backend?.close());

    // SwiftShader compiles a shader for every operator and shape.
    test.for(operators)("%s", { timeout: 300_000 }, async (op, context) => {
      if (missing) context.skip(missing);
      const gaps = engineGaps.filter((gap) => gap.engine === engine && gap.op === op);
      const listed = new Set(gaps.flatMap(({ cases }) => cases));
      const expected = gaps.flatMap(({ cases, parts, kind }) =>
        cases.flatMap((about) => parts.map((part) => label(about, part, kind))),
      );
      const found = new Map<string, string>();
      const cases = seeded.filter((entry) => entry.op === op);
      const most = unrolled.has(op) ? casesPerUnrolled : casesPerOperator;
      const stride = Math.max(1, Math.ceil(cases.length / most));
      for (const [i, { about, build, ...check }] of cases.entries()) {
        if (i % stride !== 0 && !listed.has(about)) continue;
        const failures = await derivativeFailures(build, check, forOperator(backend, op));
        for (const [part, error] of failures) {
          const kind = error instanceof VielbeinError ? "refused" : "wrong";
          found.set(label(about, part, kind), error.message);
        }
      }
      const surprises = [...found].filter(([gap]) => !expected.includes(gap));
      expect(Object.fromEntries(surprises), "gaps that engine-gaps.ts does not list").toEqual({});
      expect(
        expected.filter((gap) => !found.has(gap)),
        "gaps that are gone: delete them from engine-gaps.ts",
      ).toEqual([]);
    });

    const chosen = miniatures.filter(([file]) => runsMiniature(file));
    test.for(chosen)("%s", { timeout: 300_000 }, async ([file, name], context) => {
      if (missing) context.skip(missing);
      const found = await miniatureFailures(await readMiniature(file, name), backend);
      expect(Object.fromEntries(found)).toEqual({});
    });
  },
);
