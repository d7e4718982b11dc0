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
  regionSpeeds,
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
    const { vectors, inside, outside } = await basis("ignore", { k: 2 });
    expect(inside[0]).toBeCloseTo(Math.sqrt(20), 6);
    expect(inside[1]).toBeCloseTo(3, 6);
    for (const [i, x] of [2, 1, 0, 0].entries())
      expect(column(vectors, 0)[i]).toBeCloseTo(x / Math.sqrt(5), 6);
    expect(outside[0]).toBeCloseTo((5 * 2) / Math.sqrt(5), 6);
    const local = await localBasisAt(weightedMap(planted, inRegion), at, { k: 2 });
    expect([...local.singularValues]).toEqual([...inside].map((x) => expect.closeTo(x, 6)));
  });

  it("keep: what leaves the rest still, within the tolerance", async () => {
    const { vectors, values, inside, outside, kept } = await basis("keep");
    expect(kept).toBe(3);
    // One of the three moves nothing at all, and is no direction of the region.
    expect(vectors.cols).toBe(2);
    // z₂ moves the rest by 0.03 of √(25 + 36): the space is that orthogonal to (5, 0, 0.03, 6).
    expect(Math.max(...outside)).toBeLessThan(1e-6);
    const g = Float64Array.of(5, 0, 0.03, 6);
    for (const j of [0, 1]) {
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
    [{ weights: inRegion, outside: "ignore", k: 5 }, "INVALID_ARGUMENT"],
  ] as const)("refuses %j", async (options, code) => {
    await expect(regionBasisAt(planted, at, options)).rejects.toMatchObject({ code });
  });

  it("keep: where everything moves the rest, that is said", async () => {
    const map = linear(matrix(2, 1, Float64Array.of(1, 2)));
    await expect(
      regionBasisAt(map, Float32Array.of(0), { weights: [1, 0], outside: "keep" }),
    ).rejects.toMatchObject({ code: "OUT_OF_RANGE", message: expect.stringMatching(/moves the rest/) });
  });

  it("keep: where what leaves the rest still does not move the region either, that is said", async () => {
    const map = linear(matrix(2, 2, Float64Array.of(1, 0, 2, 0)));
    await expect(
      regionBasisAt(map, new Float32Array(2), { weights: [1, 0], outside: "keep" }),
    ).rejects.toMatchObject({
      code: "OUT_OF_RANGE",
      message: expect.stringMatching(/do not move the region either/),
    });
    // Nothing is moved anywhere: there is no scale to say so.
    const still = linear(matrix(2, 2));
    const { vectors, kept } = await regionBasisAt(still, new Float32Array(2), {
      weights: [1, 0],
      outside: "keep",
    });
    expect([vectors.cols, kept]).toEqual([2, 2]);
  });
});

describe("of metrics that are diagonal", () => {
  const diagonal = (...values: number[]) =>
    matrix(
      values.length,
      values.length,
      values.flatMap((value, i) => values.map((_, j) => (i === j ? value : 0))),
    );

  it("keep: what moves the rest by the tolerance itself still counts as still", () => {
    const metrics = { inner: diagonal(1, 4, 9), outer: diagonal(16, 4, 1) };
    const keptAt = (tolerance: number) => regionDirections(metrics, { outside: "keep", tolerance }).kept;
    // They move the rest by 4, 2 and 1.
    expect([0.25, 0.49, 0.5, 0.51, 1 - 2 ** -53].map(keptAt)).toEqual([1, 1, 2, 2, 2]);
    const { inside, outside, values } = regionDirections(metrics, { outside: "keep", tolerance: 0.5 });
    expect([...inside]).toEqual([3, 2]);
    expect([...values]).toEqual([3, 2]);
    expect([...outside]).toEqual([1, 2]);
  });

  it("keep: by default up to a hundredth", () => {
    const kept = (least: number) =>
      regionDirections(
        { inner: diagonal(1, 1), outer: diagonal(1, least ** 2) },
        { outside: "keep", tolerance: undefined },
      ).kept;
    expect(kept(0.0099)).toBe(1);
    expect(() => kept(0.0101)).toThrow(/by more than 0\.01 of/);
  });

  it("ratio: by default a thousandth of the trace is added, and 1 where there is none", () => {
    const ratio = (outer: Matrix) => regionDirections({ inner: diagonal(6, 1), outer }, { outside: "ratio" });
    expect([...ratio(diagonal(1, 3)).values]).toEqual(
      [6 / 1.004, 1 / 3.004].map((x) => expect.closeTo(x, 12)),
    );
    expect([...ratio(diagonal(0, 0)).values]).toEqual([6, 1].map((x) => expect.closeTo(x, 12)));
  });

  it("speeds are √(vᵀ·g·v), and 0 where rounding made that negative", () => {
    const { inside, outside } = regionSpeeds(
      { inner: matrix(2, 2, [1, 1, 1, 4]), outer: diagonal(9, -1e-20) },
      matrix(2, 2, [1, 0, 0, 1]),
    );
    expect([...inside]).toEqual([1, 2]);
    expect([...outside]).toEqual([3, 0]);
  });

  it("k from 1 to n, tolerances and regularisations between 0 and 1", () => {
    const metrics = { inner: diagonal(3, 2, 1), outer: diagonal(1, 1, 0) };
    for (const k of [0, -1, 1.5, 4, Number.NaN]) {
      expect(() => regionDirections(metrics, { outside: "ignore", k })).toThrow("an integer from 1 to 3");
    }
    for (const k of [1, 2, 3]) {
      expect(regionDirections(metrics, { outside: "ignore", k }).vectors.cols).toBe(k);
    }
    // Of one direction that leaves the rest still there are no three.
    expect(regionDirections(metrics, { outside: "keep", k: 3 }).vectors.cols).toBe(1);
    for (const bad of [0, 1, -0.5, Number.NaN]) {
      expect(() => regionDirections(metrics, { outside: "keep", tolerance: bad })).toThrow(
        "tolerance must lie",
      );
      expect(() => regionDirections(metrics, { outside: "ratio", regularization: bad })).toThrow(
        "regularization must lie",
      );
    }
  });
});

describe("weightedMap", () => {
  const weights = [4, 0, 0.25];
  const weighted = weightedMap(planted, weights);

  it("scales values and products of every row by √w", async () => {
    const points = Float32Array.of(1, 0, 0, 0, 0, 0, 100, 1);
    const expected = [8, 0, 2.5, 0, 0, 4.5];
    const close = expected.map((x) => expect.closeTo(x, 5));
    expect([...(await weighted.evaluate(points, 2))]).toEqual(close);
    expect([...(await weighted.jvp(at, points, 2))]).toEqual(close);
    const linearized = await weighted.linearize!(at);
    expect([...(await linearized.jvp(points, 2))]).toEqual(close);
    // Jᵀ of (2, 0, 0) and of (0, 0, ½).
    const pulled = [8, 4, 0, 0, 2.5, 0, 0.015, 3].map((x) => expect.closeTo(x, 5));
    const cotangents = Float32Array.of(1, 7, 0, 0, 7, 1);
    expect([...(await weighted.vjp(at, cotangents, 2))]).toEqual(pulled);
    expect([...(await linearized.vjp(cotangents, 2))]).toEqual(pulled);
  });

  it("takes weights from 0 on, and finite ones alone", () => {
    expect(() => weightedMap(planted, [0, Number.MIN_VALUE, 1e30])).not.toThrow();
    for (const bad of [-1e-9, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => weightedMap(planted, [1, 1, bad])).toThrow(
        expect.objectContaining({ code: "OUT_OF_RANGE", message: expect.stringContaining(`${bad} at 2`) }),
      );
    }
    for (const count of [2, 4]) {
      expect(() => weightedMap(planted, Array(count).fill(1))).toThrow(`each of 3 outputs, got ${count}`);
    }
  });

  it("a region's weights go from 0 to 1", async () => {
    for (const bad of [-1e-9, 1 + 2 ** -52]) {
      await expect(regionMetricsAt(planted, at, [0, 1, bad])).rejects.toMatchObject({ code: "OUT_OF_RANGE" });
    }
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
