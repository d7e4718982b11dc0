// A property for every operator that has a derivative rule.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataType, OnnxMap, supportedOperators } from "../../src/index.ts";
import { int } from "../../src/model/attributes.ts";
import { assemble, type Build } from "../derivative.ts";
import { forwardJacobian, product, runtime } from "../helpers.ts";
import { arithmetic } from "./arithmetic.ts";
import { arrangement } from "./arrangement.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { matrices } from "./matrices.ts";
import { normalization } from "./normalization.ts";
import { piecewise, placed } from "./piecewise.ts";
import { expectSample } from "./property.ts";
import { reductions } from "./reductions.ts";
import { sampling } from "./sampling.ts";
import { slicing } from "./slicing.ts";
import { windowed } from "./windows.ts";

const few = { numRuns: 8 };

const families = {
  elementwise,
  arithmetic,
  reductions,
  arrangement,
  slicing,
  indexing,
  matrices,
  windowed,
  normalization,
  sampling,
};

test("every supported operator has a property, and every property a supported operator", () => {
  const covered = [...Object.values(families).flat(), ...piecewise].map(({ op }) => op);
  expect([...new Set(covered)].sort()).toEqual(supportedOperators());
});

describe.each(Object.entries(families))("%s", (_family, properties) => {
  test.each(properties.map(({ op, samples }) => [op, samples] as const))("%s", async (op, samples) => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        try {
          await expectSample(sample);
        } catch (error) {
          throw new Error(`${op} of ${sample.about}, seed ${sample.seed}: ${(error as Error).message}`);
        }
      }),
      { ...few, includeErrorInReport: true },
    );
  });
});

describe("piecewise constant", () => {
  test.each(piecewise.map(({ op, apply }) => [op, apply] as const))("%s", async (_op, apply) => {
    await fc.assert(
      fc.asyncProperty(placed, async ({ dims, axis, seed }) => {
        const flat: Build = (g) => {
          const x = g.variable(dims, { high: 2.3 });
          const steps = g.op("Cast", [apply(g, x, axis)], { to: int(DataType.FLOAT) });
          return g.op("Reshape", [steps, g.int64([-1])]);
        };
        const beside: Build = (g) => {
          const steps = flat(g);
          // The variable is the only one: node "v0" of the graph.
          return g.op("Concat", [g.op("Reshape", ["v0", g.int64([-1])]), steps], { axis: int(0) });
        };
        const alone = assemble(flat, "float32", { seed }).model;
        await expect(OnnxMap.create(alone, runtime)).rejects.toMatchObject({ code: "INVALID_SPACE" });

        const { model, point } = assemble(beside, "float32", { seed });
        const map = await OnnxMap.create(model, runtime);
        try {
          const [m, n] = [map.to.dim, product(dims)];
          const identityAboveZeros = Float64Array.from({ length: m * n }, (_, i) =>
            i % (n + 1) === 0 && i < n * n ? 1 : 0,
          );
          expect(await forwardJacobian(map, Float32Array.from(point))).toEqual(identityAboveZeros);
          const cotangents = Float32Array.from({ length: m }, (_, i) => i + 1);
          expect(await map.vjp(Float32Array.from(point), cotangents, 1)).toEqual(cotangents.slice(0, n));
        } finally {
          await map.dispose();
        }
      }),
      few,
    );
  });
});
