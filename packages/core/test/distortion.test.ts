import { matmul, matrix, normal, orthogonal } from "@vielbein/linalg";
import { describe, expect, it, test } from "vitest";
import { localDimension } from "../src/dimension/index.ts";
import { grassmannDistance, haarBand, subspaceAngles } from "../src/grassmann/index.ts";
import { functionMap, singularValues } from "../src/index.ts";
import {
  type DistortionSample,
  distortion,
  distortionSample,
  warpagePair,
} from "../src/tangent-spaces/index.ts";
import { randomMapping } from "./random-mapping.ts";

describe("distortion of a circle", () => {
  // t ↦ (cos t, sin t): the tangent line turns by exactly |t − t′|, up to π/2.
  const circle = functionMap({
    from: { name: "t", dim: 1, shape: [1], prior: { kind: "uniform", low: 0, high: Math.PI / 2 } },
    to: { name: "p", dim: 2, shape: [2] },
    evaluate: ([t]) => [Math.cos(t!), Math.sin(t!)],
    jvp: ([t], [v]) => [-Math.sin(t!) * v!, Math.cos(t!) * v!],
  });

  test("distances are the angles turned", async () => {
    for (let i = 0; i < 5; i++) {
      const pair = warpagePair(circle.from, 3, i);
      const { random, near } = await distortionSample(circle, pair, { k: 1, epsilon: 0.01 });
      expect(random!.distance).toBeCloseTo(Math.abs(pair.point[0]! - pair.other[0]!), 5);
      expect(near!.distance).toBeCloseTo(0.01, 5);
    }
  });

  test("D = (π/6)/ε on average, within its bootstrap interval", async () => {
    const samples: DistortionSample[] = [];
    for (let i = 0; i < 400; i++) {
      samples.push(await distortionSample(circle, warpagePair(circle.from, 0, i), { k: 1, epsilon: 0.05 }));
    }
    const result = distortion(samples);
    // E|t − t′| = (π/2)/3.
    expect(result.iLocal).toBeCloseTo(0.05, 5);
    const expected = Math.PI / 6 / 0.05;
    const [low, high] = result.interval!;
    expect(low).toBeLessThan(expected);
    expect(high).toBeGreaterThan(expected);
    // Standard error of the mean of |t − t′|: (π/2)/√18/√400, 3.5 % of the mean; the interval is about four of them.
    expect((high - low) / result.distortion!).toBeGreaterThan(0.1);
    expect((high - low) / result.distortion!).toBeLessThan(0.18);
    expect(result).toMatchObject({ pairs: 400, excluded: 0, k: 1, problem: undefined });
  });
});

describe("degenerate cases", () => {
  const space = (name: string, dim: number) => ({ name, dim, shape: [dim] });
  const a = matrix(
    12,
    6,
    normal(1, 0, 72).map((x, at) => x * 3 ** -(at % 6)),
  );
  const affine = functionMap({
    from: space("w", 6),
    to: space("s", 12),
    evaluate: (x) => matmul(a, matrix(6, 1, x)).data.map((y) => y + 1),
    jvp: (_, t) => matmul(a, matrix(6, 1, t)).data,
  });
  const summary = async (map: typeof affine, options = {}) => {
    const samples: DistortionSample[] = [];
    for (let i = 0; i < 4; i++)
      samples.push(await distortionSample(map, warpagePair(map.from, 0, i), options));
    return distortion(samples);
  };

  it("an affine map is 0/0", async () => {
    const result = await summary(affine, { k: 3 });
    expect(result).toMatchObject({ distortion: undefined, problem: "affine", interval: undefined, pairs: 4 });
    expect(result.iRand).toBeLessThan(1e-12);
  });

  it("an orthogonal map has no dimension, hence no k, and no particular subspace of a given one", async () => {
    const turn = functionMap({
      from: space("x", 4),
      to: space("y", 4),
      evaluate: ([p, q, r, s]) => [q!, -p!, s!, r!],
    });
    expect(await summary(turn)).toMatchObject({
      distortion: undefined,
      problem: "flat",
      pairs: 0,
      excluded: 4,
      k: undefined,
      iRand: Number.NaN,
    });
    expect(await summary(turn, { k: 2 })).toMatchObject({ problem: "flat", excluded: 4 });
  });

  it("neighbours within one linear region are too near", async () => {
    // |x|·a + y·b has a kink at x = 0 only.
    const kink = functionMap({
      from: space("x", 2),
      to: space("y", 3),
      evaluate: ([x, y]) => [Math.abs(x!) + 0.1 * x!, x!, 0.1 * y!],
      jvp: ([x], [s, t]) => [Math.sign(x!) * s! + 0.1 * s!, s!, 0.1 * t!],
    });
    const result = await summary(kink, { k: 1, epsilon: 1e-4 });
    expect(result).toMatchObject({ distortion: undefined, problem: "too-near" });
    expect(result.iLocal).toBeLessThan(1e-12);
    expect(result.iRand).toBeGreaterThan(0.1);
  });

  it("needs samples, two of them for an interval, and a positive ε", async () => {
    expect(distortion([])).toMatchObject({ problem: "flat", pairs: 0, excluded: 0 });
    const one = distortion([{ random: { distance: 1, k: 2 }, near: { distance: 0.25, k: 3 } }]);
    expect(one).toMatchObject({ distortion: 4, interval: undefined, k: 2 });
    await expect(distortionSample(affine, warpagePair(affine.from, 0, 0), { epsilon: 0 })).rejects.toThrow(
      "epsilon must be positive",
    );
  });
});

describe("k is the smaller local dimension", () => {
  test("of the two points of each distance, unless it is fixed", async () => {
    const map = randomMapping(48, 2, 5);
    const pair = warpagePair(map.from, 0, 1);
    const options = { threshold: 0.05, epsilon: 1 };
    const dimensionAt = async (point: Float32Array) =>
      localDimension(await singularValues(map, point), options).dimension!;
    const near = Float32Array.from(pair.point, (x, i) => x + pair.direction[i]!);
    const [d, other, close] = [
      await dimensionAt(pair.point),
      await dimensionAt(pair.other),
      await dimensionAt(near),
    ];
    const sample = await distortionSample(map, pair, options);
    expect([sample.random!.k, sample.near!.k]).toEqual([Math.min(d, other), Math.min(d, close)]);
    const fixed = await distortionSample(map, pair, { ...options, k: sample.random!.k });
    expect(fixed.random!.distance).toBeCloseTo(sample.random!.distance, 6);
    await expect(distortionSample(map, pair, { k: 49 })).rejects.toThrow("from 1 to 48");
  });
});

describe("haarBand", () => {
  // Means over many pairs by NumPy.
  test.each([
    [1, 1.535],
    [5, 1.488],
    [20, 1.406],
    [50, 1.307],
  ])("in R^512, k = %i: %f", (k, expected) => {
    const { mean, low, high } = haarBand(512, k);
    expect(mean).toBeCloseTo(expected, k === 1 ? 1 : 2);
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
  });

  // ∫θ·sin^(n−2)θ over ∫sin^(n−2)θ: uniform for n = 2, sin θ for n = 3.
  test.each([
    [2, Math.PI / 4, Math.PI / Math.sqrt(48)],
    [3, 1, Math.sqrt(Math.PI - 3)],
    [512, 1.5355, 0.0266],
  ])("lines in R^%i have a mean of %f and a deviation of %f", (n, mean, deviation) => {
    const band = haarBand(n, 1);
    expect(band.mean).toBeCloseTo(mean, 4);
    expect(band.standardDeviation).toBeCloseTo(deviation, 3);
    // The chance of an angle up to θ is 1 − cos θ for n = 3.
    if (n === 3) {
      expect(band.low).toBeCloseTo(Math.acos(0.975), 3);
      expect(band.high).toBeCloseTo(Math.acos(0.025), 3);
    }
    expect(haarBand(n, 1, { seed: 5 })).toEqual(band);
  });

  test.each([
    [450, 3],
    [430, 12],
  ])("R^%i, k = %i: as of frames drawn whole", (n, k) => {
    const draws = 200;
    const band = haarBand(n, k, { draws });
    const distances = Array.from({ length: draws }, (_, i) => {
      const angles = subspaceAngles(orthogonal(8, 2 * i, n, k), orthogonal(8, 2 * i + 1, n, k));
      return grassmannDistance(angles, "normalizedGeodesic");
    });
    const mean = distances.reduce((sum, d) => sum + d, 0) / draws;
    const deviation = Math.sqrt(distances.reduce((sum, d) => sum + (d - mean) ** 2, 0) / draws);
    // Four standard errors of the difference of two means, and of two deviations.
    expect(Math.abs(band.mean - mean)).toBeLessThan((4 * Math.sqrt(2) * deviation) / Math.sqrt(draws));
    expect(Math.abs(band.standardDeviation / deviation - 1)).toBeLessThan(4 / Math.sqrt(draws));
    const outside = distances.filter((d) => d < band.low || d > band.high).length / draws;
    expect(outside).toBeGreaterThan(0.005);
    expect(outside).toBeLessThan(0.12);
  });

  it("draws as many pairs as it is told", () => {
    const [few, many] = [haarBand(30, 4, { draws: 2 }), haarBand(30, 4, { draws: 50 })];
    expect(few.mean).not.toBe(many.mean);
    expect([few.low, few.high]).toHaveLength(2);
    expect(haarBand(30, 4, { draws: 50 })).toEqual(many);
    for (const draws of [0, 1, 2.5, Number.NaN]) {
      expect(() => haarBand(30, 4, { draws })).toThrow("at least 2");
    }
  });

  it("is 0 where the subspace is everything, and refuses more", () => {
    expect(haarBand(4, 4)).toEqual({ k: 4, mean: 0, standardDeviation: 0, low: 0, high: 0 });
    expect(haarBand(1, 1).high).toBe(0);
    for (const [n, k] of [
      [4, 5],
      [4, 0],
      [4, 1.5],
      [Number.NaN, 1],
    ] as const) {
      expect(() => haarBand(n, k)).toThrow(
        /haarBand: (k must be an integer from 1 to 4, n|n must be a positive integer), got/,
      );
    }
  });
});

test("a mapping network of 8 layers that was never trained has a Distortion of 8.6", async () => {
  // ε = 0.1, k = 20: I_rand = 5.35/√20, I_local = 0.63/√20 over 30 points in NumPy; between networks and pairs D varies
  // by about 10 %.
  const map = randomMapping(512, 8, 0);
  const samples: DistortionSample[] = [];
  for (let i = 0; i < 8; i++)
    samples.push(await distortionSample(map, warpagePair(map.from, 1, i), { k: 20 }));
  const result = distortion(samples);
  expect(result.iRand).toBeCloseTo(5.35 / Math.sqrt(20), 1);
  expect(result.distortion).toBeGreaterThan(6.5);
  expect(result.distortion).toBeLessThan(10.5);
  expect(result.iRand).toBeLessThan(haarBand(512, 20).low);
});
