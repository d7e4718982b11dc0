// Directions of a region: a linear map with planted blocks, where the answers are exact, and one in general position.

import { gram, type Matrix, matmul, matrix, normal, principalAngles, transpose } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  functionMap,
  jacobian,
  localBasisAt,
  type OutsideRule,
  type RegionOptions,
  regionDirections,
  regionMetricsAt,
  weightedMap,
} from "../src/index.ts";

function linear(weights: Matrix) {
  const { rows: m, cols: n, data } = weights;
  const times = (z: Float64Array) =>
    Array.from({ length: m }, (_, i) => z.reduce((sum, x, j) => sum + data[i * n + j]! * x, 0));
  return functionMap({
    from: { name: "z", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
    evaluate: times,
    jvp: (_, tangent) => times(tangent),
  });
}

const column = ({ rows, cols, data }: Matrix, j: number) =>
  Array.from({ length: rows }, (_, i) => data[i * cols + j]!);

// z₀ moves output 0 by 4 and output 2 by 5; z₁ output 0 by 2; z₂ output 1 by 3 and output 2 by 0.03; z₃ output 2 by 6.
const planted = linear(matrix(3, 4, Float64Array.of(4, 2, 0, 0, 0, 0, 3, 0, 5, 0, 0.03, 6)));
const inRegion = [1, 1, 0];
const at = Float32Array.of(1, 2, 3, 4);
const regionBasisAt = async (
  map: ReturnType<typeof linear>,
  x: Float32Array,
  { weights, ...options }: RegionOptions & { readonly weights: readonly number[] },
) => regionDirections(await regionMetricsAt(map, x, weights), options);
const basis = (outside: OutsideRule, options = {}) =>
  regionBasisAt(planted, at, { weights: inRegion, outside, ...options });

describe("regionBasisAt", () => {
  it("ignore: the local basis of the region alone", async () => {
    const { vectors, inside, outside } = await basis("ignore", { rank: 2 });
    expect(inside[0]).toBeCloseTo(Math.sqrt(20), 6);
    expect(inside[1]).toBeCloseTo(3, 6);
    for (const [i, x] of [2, 1, 0, 0].entries())
      expect(column(vectors, 0)[i]).toBeCloseTo(x / Math.sqrt(5), 6);
    expect(outside[0]).toBeCloseTo((5 * 2) / Math.sqrt(5), 6);
    const local = await localBasisAt(weightedMap(planted, inRegion), at, { rank: 2 });
    expect([...local.singularValues]).toEqual([...inside].map((x) => expect.closeTo(x, 6)));
  });

  it("keep: what leaves the rest still, within the tolerance", async () => {
    const { vectors, values, inside, outside, kept } = await basis("keep");
    expect(kept).toBe(3);
    expect(vectors.cols).toBe(3);
    // z₂ moves the rest by 0.03 of √(25 + 36): the space is that orthogonal to (5, 0, 0.03, 6).
    expect(Math.max(...outside)).toBeLessThan(1e-6);
    const g = Float64Array.of(5, 0, 0.03, 6);
    for (const j of [0, 1, 2]) {
      expect(column(vectors, j).reduce((sum, x, i) => sum + x * g[i]!, 0)).toBeCloseTo(0, 6);
    }
    expect([...inside]).toEqual([...inside].sort((a, b) => b - a));
    expect([...values]).toEqual([...inside].map((x) => expect.closeTo(x, 5)));
  });

  it("ratio: the largest quotient of both", async () => {
    const tau = 1e-6;
    const { vectors, values, inside, outside } = await basis("ratio", { regularization: tau });
    const trace = 25 + 0.03 ** 2 + 36;
    const quotients = [0, 1, 2, 3].map((j) => inside[j]! ** 2 / (outside[j]! ** 2 + tau * trace));
    expect(quotients).toEqual([...quotients].sort((a, b) => b - a));
    for (const [k, quotient] of quotients.entries()) {
      expect(Math.abs(values[k]! - quotient)).toBeLessThan(1e-4 * quotients[0]!);
    }
    // z₂, nearly, moves 3 inside and next to nothing outside; so does a combination of z₀ and z₃.
    expect(outside[0]).toBeLessThan(1e-3);
    expect(Math.hypot(...column(vectors, 0))).toBeCloseTo(1, 6);
    const best = await best1000(inRegion, tau);
    expect(quotients[0]).toBeGreaterThan(best);
  });

  it("the whole output is a region of which nothing is outside", async () => {
    const all = await regionBasisAt(planted, at, { weights: [1, 1, 1], outside: "ratio" });
    const local = await localBasisAt(planted, at);
    expect([...all.inside.subarray(0, 3)]).toEqual(
      [...local.singularValues].map((x) => expect.closeTo(x, 5)),
    );
    const kept = await regionBasisAt(planted, at, { weights: [1, 1, 1], outside: "keep" });
    expect(kept.kept).toBe(4);
  });

  it("keep: in general position, as the singular vectors of the whole say", async () => {
    const [m, n, outer] = [12, 6, 4];
    const map = linear(matrix(m, n, normal(1, 0, m * n)));
    const weights = Array.from({ length: m }, (_, i) => (i < outer ? 0 : 1));
    const x = new Float32Array(n);
    const { vectors, inside, outside, kept } = await regionBasisAt(map, x, {
      weights,
      outside: "keep",
      tolerance: 1e-4,
    });
    expect(kept).toBe(n - outer);
    const j = await jacobian(map, x);
    const top = matrix(outer, n, j.data.slice(0, outer * n));
    const moved = matmul(top, vectors);
    expect(Math.max(...moved.data.map(Math.abs))).toBeLessThan(1e-5);
    expect(Math.max(...outside)).toBeLessThan(1e-3);
    const bottom = matrix(m - outer, n, j.data.slice(outer * n));
    const lengths = gram(matmul(bottom, vectors));
    for (const k of [0, 1]) expect(inside[k]! ** 2).toBeCloseTo(lengths.data[k * 3]!, 4);
    expect(lengths.data[1]).toBeCloseTo(0, 5);
    expect([...principalAngles(vectors, transpose(top))].every((a) => Math.abs(a - Math.PI / 2) < 1e-5)).toBe(
      true,
    );
  });

  it.each([
    [{ weights: [1, 1], outside: "keep" }, "SHAPE_MISMATCH"],
    [{ weights: [1, 1, 1.5], outside: "keep" }, "OUT_OF_RANGE"],
    [{ weights: [1, 1, Number.NaN], outside: "ignore" }, "OUT_OF_RANGE"],
    [{ weights: inRegion, outside: "keep", tolerance: 0 }, "INVALID_ARGUMENT"],
    [{ weights: inRegion, outside: "ratio", regularization: 1 }, "INVALID_ARGUMENT"],
    [{ weights: inRegion, outside: "ignore", rank: 5 }, "INVALID_ARGUMENT"],
  ] as const)("refuses %j", async (options, code) => {
    await expect(regionBasisAt(planted, at, options)).rejects.toMatchObject({ code });
  });

  it("keep: where everything moves the rest, that is said", async () => {
    const map = linear(matrix(2, 1, Float64Array.of(1, 2)));
    await expect(
      regionBasisAt(map, Float32Array.of(0), { weights: [1, 0], outside: "keep" }),
    ).rejects.toMatchObject({ code: "OUT_OF_RANGE", message: expect.stringMatching(/moves the rest/) });
  });
});

/** The best quotient of a thousand random directions. */
async function best1000(weights: number[], tau: number): Promise<number> {
  const j = await jacobian(planted, at);
  const trace = 25 + 0.03 ** 2 + 36;
  let best = 0;
  for (let seed = 0; seed < 1000; seed++) {
    const v = normal(seed, 7, 4);
    const length = Math.hypot(...v);
    const y = [0, 1, 2].map((i) => v.reduce((sum, x, k) => sum + (j.data[i * 4 + k]! * x) / length, 0));
    const [inside, outside] = [0, 1].map((side) =>
      y.reduce((sum, value, i) => sum + (weights[i] === 1 - side ? value ** 2 : 0), 0),
    );
    best = Math.max(best, inside! / (outside! + tau * trace));
  }
  return best;
}
