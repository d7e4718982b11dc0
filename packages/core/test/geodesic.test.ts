// Geodesics and path lengths on surfaces where both are known.

import { normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { functionMap, metricTensor } from "../src/index.ts";
import {
  geodesic,
  greatCircle,
  judgeDifferences,
  measureChain,
  type PathLength,
  pathLength,
  refineChain,
  straightLine,
  summarizePathLengths,
  trimmedMean,
} from "../src/paths/index.ts";

const surface = (f: (u: number, v: number) => number[]) =>
  functionMap({
    from: { name: "chart", dim: 2, shape: [2] },
    to: { name: "space", dim: 3, shape: [3] },
    evaluate: (x) => f(x[0]!, x[1]!),
  });

const sphere = surface((u, v) => [Math.cos(u) * Math.cos(v), Math.sin(u) * Math.cos(v), Math.sin(v)]);

describe("geodesic", () => {
  test("on the sphere it is the great circle: its length is the angle between the ends", async () => {
    const [start, end] = [Float32Array.of(-0.7, 0.6), Float32Array.of(0.9, 0.5)];
    const [a, b] = [await sphere.evaluate(start, 1), await sphere.evaluate(end, 1)];
    const angle = Math.acos(a.reduce((sum, x, i) => sum + x * b[i]!, 0));
    const result = await geodesic(sphere, start, end, { segments: 24, tolerance: 1e-9 });
    // The chords of 24 segments are shorter than the arc by less than 2·10⁻⁴.
    expect(result.length / angle).toBeCloseTo(1, 3);
    expect(result.straight.length).toBeGreaterThan(1.02 * result.length);
    expect(result.unevenness).toBeLessThan(0.01);
    expect(result.length ** 2).toBeLessThanOrEqual(2 * result.energy * (1 + 1e-9));
    expect(result.points.slice(0, 2)).toEqual(start);
    expect(result.points.slice(-2)).toEqual(end);
  });

  test("on a cylinder, which is flat, it is the straight line", async () => {
    const cylinder = surface((u, v) => [Math.cos(u), Math.sin(u), v]);
    const result = await geodesic(cylinder, Float32Array.of(0, 0), Float32Array.of(1.5, 2), { segments: 8 });
    expect(result.length).toBeCloseTo(result.straight.length, 4);
    result.points.forEach((x, at) => {
      expect(x).toBeCloseTo(result.straight.points[at]!, 3);
    });
  });

  const turned = (a: number, b: number) => {
    const angle = 2 * Math.hypot(a, b);
    return [Math.cos(angle) * a - Math.sin(angle) * b, 5 * (Math.sin(angle) * a + Math.cos(angle) * b)];
  };
  const flat: Record<string, (a: number, b: number) => number[]> = {
    "a bent one": (a, b) => [a, 10 * (b - a * a)],
    "a wavy one": (a, b) => [a, 10 * (b - Math.sin(3 * a))],
    "a turning one": turned,
  };
  test.each(Object.entries(flat))(
    "converged is no farther above the least energy than the tolerance: flat coordinates, %s",
    async (_name, f) => {
      const plane = functionMap({
        from: { name: "chart", dim: 2, shape: [2] },
        to: { name: "plane", dim: 2, shape: [2] },
        evaluate: (x) => f(x[0]!, x[1]!),
      });
      for (const [start, end] of [
        [Float32Array.of(-1, 0.3), Float32Array.of(1, -0.5)],
        [Float32Array.of(0.1, 0.2), Float32Array.of(1.3, 0.9)],
      ] as const) {
        // The straight line of the plane is shortest: E is half the squared distance.
        const [a, b] = [await plane.evaluate(start, 1), await plane.evaluate(end, 1)];
        const least = 0.5 * ((a[0]! - b[0]!) ** 2 + (a[1]! - b[1]!) ** 2);
        const tolerance = 1e-5;
        const found = await geodesic(plane, start, end, { tolerance, steps: 400 });
        expect(found.converged).toBe(true);
        expect(found.energy / least - 1).toBeLessThan(tolerance);
        const cut = await geodesic(plane, start, end, { tolerance, steps: 3 });
        expect([cut.converged, cut.steps]).toEqual([false, 3]);
        expect(cut.energy).toBeLessThanOrEqual(cut.straight.energy);
      }
    },
  );

  test("of a linear map it is the straight line, found at once", async () => {
    const linear = surface((u, v) => [u + 5 * v, 100 * v, u - 2 * v]);
    const result = await geodesic(linear, Float32Array.of(0, 0), Float32Array.of(1.5, 2), { segments: 8 });
    expect(result.converged).toBe(true);
    expect(result.steps).toBeLessThan(5);
  });

  test("between a code and itself there is no way to go", async () => {
    const at = Float32Array.of(0.3, 0.4);
    expect(await geodesic(sphere, at, at)).toMatchObject({ energy: 0, length: 0, converged: true });
  });

  test("it goes around a hill", async () => {
    const hill = surface((u, v) => [u, v, 3 * Math.exp(-(u * u + v * v))]);
    const result = await geodesic(hill, Float32Array.of(-2, 0.1), Float32Array.of(2, 0.1), { segments: 20 });
    expect(result.length).toBeLessThan(0.85 * result.straight.length);
    const highest = Math.max(...Array.from({ length: 21 }, (_, i) => Math.abs(result.points[2 * i + 1]!)));
    expect(highest).toBeGreaterThan(0.8);
  });

  test("a way over the top of a hill, from which no gradient leads aside, is no minimum", async () => {
    const hill = surface((u, v) => [u, v, 3 * Math.exp(-(u * u + v * v))]);
    const ends = [Float32Array.of(-2, 0), Float32Array.of(2, 0)] as const;
    const over = await geodesic(hill, ...ends, { segments: 20 });
    // The two ways around are mirror images, and as long as the one between ends a little aside.
    const around = await geodesic(hill, Float32Array.of(-2, 1e-3), Float32Array.of(2, 1e-3), {
      segments: 20,
    });
    expect([over.converged, around.converged]).toEqual([true, true]);
    expect(over.energy / around.energy).toBeCloseTo(1, 2);
    expect(over.length).toBeLessThan(0.85 * over.straight.length);
  });

  test("nodes at rest on plateaus, with the whole way in one segment, are no geodesic", async () => {
    const step = surface((u, v) => [1 / (1 + Math.exp(-u)), v, 0]);
    const result = await geodesic(step, Float32Array.of(-900, 0), Float32Array.of(1000, 0));
    expect(result.unevenness).toBeGreaterThan(1);
    expect(result.converged).toBe(false);
  });

  test("at any scale of the output the way is the same", async () => {
    const hill = (scale: number) =>
      surface((u, v) => [scale * u, scale * v, scale * 3 * Math.exp(-(u * u + v * v))]);
    const ends = [Float32Array.of(-2, 0.1), Float32Array.of(2, 0.1)] as const;
    const plain = await geodesic(hill(1), ...ends);
    for (const power of [-60, 30, 60]) {
      const found = await geodesic(hill(2 ** power), ...ends);
      expect(found.converged).toBe(true);
      expect(found.energy / 4 ** power / plain.energy).toBeCloseTo(1, 5);
    }
  });

  test("on the pseudosphere it has the distance of the hyperbolic half-plane", async () => {
    // The chart (x, y), y > 1, has the metric (dx² + dy²)/y²; distances are arcosh(1 + |Δ|²/(2·y₁·y₂)).
    const pseudosphere = surface((x, y) => [
      Math.cos(x) / y,
      Math.sin(x) / y,
      Math.acosh(y) - Math.sqrt(1 - 1 / (y * y)),
    ]);
    const [start, end] = [Float32Array.of(0, 1.3), Float32Array.of(2, 1.6)];
    const distance = Math.acosh(1 + (2 ** 2 + 0.3 ** 2) / (2 * 1.3 * 1.6));
    const result = await geodesic(pseudosphere, start, end, { segments: 32, tolerance: 1e-9 });
    expect(result.length / distance).toBeCloseTo(1, 3);
    expect(result.straight.length).toBeGreaterThan(1.05 * distance);
  });

  test("in the disc of Poincaré it is an arc, of the distance arcosh(1 + 2|x − y|²/((1 − |x|²)(1 − |y|²)))", async () => {
    // By way of the half-plane, i·(1 + w)/(1 − w), four times as large, on the pseudosphere.
    const disc = surface((a, b) => {
      const square = (1 - a) ** 2 + b ** 2;
      const [x, y] = [(-8 * b) / square, (4 * (1 - a * a - b * b)) / square];
      return [Math.cos(x) / y, Math.sin(x) / y, Math.acosh(y) - Math.sqrt(1 - 1 / (y * y))];
    });
    const [start, end] = [Float32Array.of(-0.3, 0.5), Float32Array.of(0.4, 0.45)];
    const free = (x: Float32Array) => 1 - x[0]! ** 2 - x[1]! ** 2;
    const square = (start[0]! - end[0]!) ** 2 + (start[1]! - end[1]!) ** 2;
    const distance = Math.acosh(1 + (2 * square) / (free(start) * free(end)));
    const result = await geodesic(disc, start, end, { segments: 64, tolerance: 1e-9, steps: 1000 });
    expect(result.length / distance).toBeCloseTo(1, 3);
    expect(result.straight.length).toBeGreaterThan(1.02 * distance);
    // All its points are on the circle through the ends that meets the rim at right angles: |x|² + 1 = 2·⟨x, c⟩.
    const [p, q] = [start, end].map((x) => (2 - free(x)) / 2);
    const determinant = start[0]! * end[1]! - start[1]! * end[0]!;
    const centre = [
      (p! * end[1]! - q! * start[1]!) / determinant,
      (q! * start[0]! - p! * end[0]!) / determinant,
    ];
    for (let i = 0; i <= 64; i++) {
      const x = result.points.subarray(2 * i, 2 * i + 2);
      expect((2 - free(x)) / 2).toBeCloseTo(x[0]! * centre[0]! + x[1]! * centre[1]!, 3);
    }
  });

  test("on a torus it keeps the angular momentum of Clairaut", async () => {
    const [big, small] = [2, 0.8];
    const radius = (theta: number) => big + small * Math.cos(theta);
    const torus = surface((phi, theta) => [
      radius(theta) * Math.cos(phi),
      radius(theta) * Math.sin(phi),
      small * Math.sin(theta),
    ]);
    const segments = 40;
    const momenta = (points: Float32Array) =>
      Array.from({ length: segments }, (_, i) => {
        const middle = (points[2 * i + 1]! + points[2 * i + 3]!) / 2;
        return radius(middle) ** 2 * (points[2 * i + 2]! - points[2 * i]!) * segments;
      });
    const spread = (values: number[]) => Math.max(...values) / Math.min(...values) - 1;
    const ends = [Float32Array.of(0, 0.3), Float32Array.of(1.4, 1.5)] as const;
    const result = await geodesic(torus, ...ends, { segments, tolerance: 1e-10, steps: 1000 });
    expect(spread(momenta(result.straight.points))).toBeGreaterThan(0.5);
    expect(spread(momenta(result.points))).toBeLessThan(0.01);
  });

  test("a chain divided further approaches the length of its curve", async () => {
    const [start, end] = [Float32Array.of(0, 0), Float32Array.of(2, 0)];
    const coarse = straightLine(start, end, 2);
    const fine = refineChain(coarse, 2, 8);
    const even = straightLine(start, end, 16);
    expect(fine).toHaveLength(even.length);
    fine.forEach((x, at) => {
      expect(x).toBeCloseTo(even[at]!, 6);
    });
    expect((await measureChain(sphere, coarse)).length).toBeCloseTo(4 * Math.sin(0.5), 5);
    expect((await measureChain(sphere, fine)).length).toBeCloseTo(32 * Math.sin(1 / 16), 5);
  });

  test("refusals", async () => {
    const [a, b] = [Float32Array.of(0, 0), Float32Array.of(1, 1)];
    await expect(geodesic(sphere, a, b, { segments: 1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(geodesic(sphere, Float32Array.of(1), b)).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(geodesic(sphere, a, b, { signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(measureChain(sphere, Float32Array.of(0, 0, 1))).rejects.toMatchObject({
      code: "SHAPE_MISMATCH",
    });
  });
});

describe("greatCircle", () => {
  test("turns evenly from one code to the other, and its length goes over", () => {
    const [start, end] = [Float32Array.of(2, 0, 0), Float32Array.of(0, 0, 2)];
    const points = greatCircle(start, end, 3);
    for (let i = 0; i <= 3; i++) {
      const angle = (i * Math.PI) / 6;
      expect(points[3 * i]!).toBeCloseTo(2 * Math.cos(angle), 6);
      expect(points[3 * i + 2]!).toBeCloseTo(2 * Math.sin(angle), 6);
    }
    const longer = greatCircle(
      start,
      end.map((x) => 3 * x),
      2,
    );
    expect(longer.slice(-3)).toEqual(Float32Array.of(0, 0, 6));
    expect(Math.hypot(...longer.slice(3, 6))).toBeCloseTo(Math.hypot(2, 6) / Math.SQRT2, 5);
  });

  test("is refused where it is not determined", () => {
    const start = Float32Array.of(1, 2);
    expect(() =>
      greatCircle(
        start,
        start.map((x) => -x),
        4,
      ),
    ).toThrow(/great circle/);
    expect(() => greatCircle(start, new Float32Array(2), 4)).toThrow(/great circle/);
  });
});

describe("pathLength", () => {
  const [n, m] = [6, 20];
  const weights = normal(4, 0, m * n);
  const smooth = functionMap({
    from: { name: "z", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
    evaluate: (z) =>
      Array.from({ length: m }, (_, i) =>
        Math.tanh(z.reduce((sum, x, j) => sum + weights[i * n + j]! * x, 0)),
      ),
  });
  const pair = (i: number) =>
    [Float32Array.from(normal(1, 2 * i, n)), Float32Array.from(normal(1, 2 * i + 1, n))] as const;

  test("is Δᵀ·g·Δ at the end of a linear interpolation", async () => {
    const [start, end] = pair(0);
    const { exact } = await pathLength(smooth, start, end, 0);
    const g = (await metricTensor(smooth, start)).data;
    const delta = start.map((x, i) => end[i]! - x);
    const form = delta.reduce(
      (sum, x, i) => sum + delta.reduce((s, y, j) => s + x * g[i * n + j]! * y, 0),
      0,
    );
    expect(exact / form).toBeCloseTo(1, 5);
  });

  test.each(["linear", "spherical"] as const)("differences approach it, %s", async (interpolation) => {
    for (let i = 0; i < 4; i++) {
      const [start, end] = pair(i);
      const options = { interpolation, epsilon: 1e-2 };
      const { exact, difference } = await pathLength(smooth, start, end, 0.3, options);
      expect(difference! / exact).toBeGreaterThan(0.9);
      expect(difference! / exact).toBeLessThan(1.1);
    }
  });

  test("a step that float32 does not hold is refused; of two equal ends none is too short", async () => {
    const [start, end] = pair(0);
    for (const epsilon of [1e-200, 1e-30, 1e-12, 1e-8]) {
      await expect(pathLength(smooth, start, end, 0, { epsilon })).rejects.toMatchObject({
        code: "NUMERICAL_FAILURE",
      });
      const still = await pathLength(smooth, start, start, 0, { epsilon });
      expect([still.exact, still.difference]).toEqual([0, 0]);
    }
  });

  test("differences are judged by how rounding moved their mean", async () => {
    const judged = async (epsilon: number, f = smooth) =>
      judgeDifferences(
        await Promise.all(
          [0, 1, 2].map(
            async (i) => (await pathLength(f, ...pair(i), 0, { epsilon })) as Required<PathLength>,
          ),
        ),
      );
    const raised = functionMap({
      from: smooth.from,
      to: { name: "y", dim: 1, shape: [1] },
      evaluate: (z) => [1e4 + z[0]!],
    });
    expect(await judged(1e-3)).toMatchObject({ quality: "sound", rounding: expect.closeTo(0, 3) });
    // Far from the derivative, by the curve and not by rounding.
    expect(await judged(0.5)).toMatchObject({ quality: "sound" });
    expect(await judged(1e-6, raised)).toMatchObject({ quality: "rounding" });
    const near = { exact: 1, difference: 1.2, rounding: 1e-4 };
    expect(judgeDifferences([near])).toEqual({ rounding: 0.01, quality: "near rounding" });
    const still = { exact: 0, difference: 0, rounding: 1 };
    expect(judgeDifferences([still])).toEqual({ rounding: 0, quality: "sound" });
    expect(() => judgeDifferences([])).toThrow(/^judgeDifferences needs one value or more/);
  });

  test("the great circle has constant speed on the sphere, whatever the lengths of the codes", async () => {
    const identity = functionMap({
      from: { name: "z", dim: n, shape: [n] },
      to: { name: "z", dim: n, shape: [n] },
      evaluate: (z) => z,
    });
    const [start, end] = pair(2);
    const longer = end.map((x) => 5 * x);
    const cosine =
      start.reduce((sum, x, i) => sum + x * end[i]!, 0) / (Math.hypot(...start) * Math.hypot(...end));
    for (const t of [0, 0.5, 0.9]) {
      const { exact } = await pathLength(identity, start, longer, t, { interpolation: "spherical" });
      // At radius √n.
      expect(exact).toBeCloseTo(n * Math.acos(cosine) ** 2, 4);
    }
    await expect(pathLength(identity, start, start, 0, { interpolation: "spherical" })).rejects.toMatchObject(
      { code: "INVALID_ARGUMENT" },
    );
  });

  test("the trimmed mean leaves out what lies beyond the 1st and 99th percentile", () => {
    const values = Array.from({ length: 1001 }, (_, i) => i);
    expect(trimmedMean([...values.slice(0, -1), 1e9])).toBeCloseTo(500, 10);
    expect(trimmedMean([3])).toBe(3);
  });

  test("the bootstrap of a mean has the standard error of the mean, and covers it", () => {
    const values = Array.from(normal(9, 0, 400), (x) => 5 + 2 * x);
    const { mean, standardError, trimmed, trimmedMean: inner } = summarizePathLengths(values);
    expect(standardError).toBeCloseTo(2 / 20, 1);
    expect(trimmed.standardError / standardError).toBeGreaterThan(0.9);
    expect(trimmed.standardError / standardError).toBeLessThan(1.1);
    expect(Math.abs(inner - mean)).toBeLessThan(standardError);
    expect((trimmed.interval[1] - trimmed.interval[0]) / trimmed.standardError).toBeCloseTo(3.92, 0);
    expect(() => summarizePathLengths([])).toThrow(/^summarizePathLengths needs one value or more/);
  });
});
