// Statistics of spectra against their closed forms and nulls.

import { identity, matmul, normal, orthogonal, transpose } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import {
  anisotropy,
  averageMetric,
  homogeneity,
  type PointSpectrum,
  withRandomAxes,
} from "../../src/index.ts";

const decay = (rate: number, n: number) =>
  Float64Array.from({ length: n }, (_, i) => Math.exp(-2 * rate * i));

describe("anisotropy", () => {
  // λᵢ = e^(−2ai) on 512 axes; one more than the number of partial sums below the share.
  test.each([
    [0.02, 50.01, [116, 173, 231, 288]],
    [0.05, 20.02, [47, 70, 93, 116]],
    [0.1, 10.03, [24, 35, 47, 58]],
  ])("exponential decay, a = %d", (rate, participation, axes) => {
    const result = anisotropy(decay(rate, 512));
    expect(result.participationRatio).toBeCloseTo(participation, 2);
    expect(Object.values(result.axes)).toEqual(axes);
  });

  test("equal eigenvalues", () => {
    const result = anisotropy(new Float64Array(8).fill(4));
    expect(result).toMatchObject({ trace: 32, participationRatio: 8, rank: 8, condition: 1 });
    expect(result.logVolume).toBeCloseTo(8 * Math.log(2), 12);
    expect(Object.values(result.axes)).toEqual([8, 8, 8, 8]);
  });

  test("eigenvalues that are rounding count neither in the volume nor in the condition", () => {
    expect(anisotropy([4, 1, 1e-20, 0])).toMatchObject({ rank: 2, condition: 2, logVolume: Math.log(2) });
  });

  test.each([[[]], [[0, 0]], [[1, 2]], [[1, -1]], [[Number.NaN, 1]]])("refuses %j", (values) => {
    expect(() => anisotropy(values)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("homogeneity", () => {
  const n = 100;
  const spectrum = (seed: number): PointSpectrum => ({
    eigenvalues: decay(0.05, n),
    eigenvectors: orthogonal(seed, 0, n),
  });

  test("the same metric everywhere: 1", () => {
    const { linear, logarithmic } = homogeneity([spectrum(1), spectrum(1), spectrum(1)]);
    for (const { mean, median, standardDeviation } of [linear, logarithmic]) {
      expect([mean, median]).toEqual([expect.closeTo(1, 10), expect.closeTo(1, 10)]);
      expect(standardDeviation).toBeLessThan(1e-10);
    }
  });

  test("independent random axes: about 0, with the spread of chance", () => {
    const points = withRandomAxes(
      Array.from({ length: 8 }, () => spectrum(1)),
      5,
    );
    const { linear, logarithmic } = homogeneity(points);
    for (const { mean, standardDeviation } of [linear, logarithmic]) {
      expect(Math.abs(mean!)).toBeLessThan(0.05);
      expect(standardDeviation).toBeGreaterThan(0.06);
      expect(standardDeviation).toBeLessThan(0.13);
    }
  });

  test("entries are the correlations of vᵀ·g·v with the eigenvalues", () => {
    const points = [spectrum(3), { ...spectrum(4), eigenvalues: decay(0.02, n) }];
    for (const [i, j] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { eigenvalues, eigenvectors: w } = points[j]!;
      const g = matmul(w, {
        rows: n,
        cols: n,
        data: transpose(w).data.map((x, at) => x * eigenvalues[Math.floor(at / n)]!),
      });
      const v = points[i]!.eigenvectors;
      const moved = matmul(v, matmul(g, v), { transposeA: true });
      const along = Array.from({ length: n }, (_, k) => moved.data[k * n + k]!);
      const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, y) => sum + y, 0) / n;
      const centred = (x: ArrayLike<number>) => Array.from(x, (y) => y - mean(x));
      const [a, b] = [centred(along), centred(eigenvalues)];
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, k) => sum + value * y[k]!, 0);
      const expected = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      expect(homogeneity(points).linear.matrix.data[2 * i + j]).toBeCloseTo(expected, 10);
    }
  });

  test("what lies below rounding is left out of the logarithms, and counted", () => {
    const low: PointSpectrum = { eigenvalues: decay(0.5, n), eigenvectors: orthogonal(1, 0, n) };
    const { masked, logarithmic } = homogeneity([low, { ...low, eigenvectors: orthogonal(1, 1, n) }]);
    expect(masked.of).toBe(2 * n);
    expect(masked.count).toBeGreaterThan(n);
    expect(Number.isFinite(logarithmic.mean)).toBe(true);
  });

  test("masked numbers do not count in the logarithmic correlation", () => {
    // The same axes and three eigenvalues; what lies below rounding says the opposite.
    const at = (tail: readonly number[]): PointSpectrum => ({
      eigenvalues: Float64Array.of(1, 1e-2, 1e-5, ...tail),
      eigenvectors: identity(6),
    });
    const { logarithmic, masked } = homogeneity([at([1e-16, 1e-17, 0]), at([1e-20, 1e-30, 1e-40])]);
    expect(logarithmic.mean).toBeCloseTo(1, 12);
    expect(masked).toEqual({ count: 6, of: 12 });
  });

  const of = (...values: number[]): PointSpectrum => ({
    eigenvalues: Float64Array.from({ length: n }, (_, i) => values[Math.min(i, values.length - 1)]!),
    eigenvectors: orthogonal(values.length, 0, n),
  });

  test.each([
    ["zero", of(0), of(0), "few"],
    ["rank 1", of(1, 0), of(2, 0), "few"],
    ["rank 2", of(1, 0.5, 0), of(2, 0.1, 0), "few"],
    ["zero, of another that is not", of(0), spectrum(2), "few"],
    ["isotropic", of(3), of(5), "constant"],
    ["isotropic but for rounding", of(3, 3 - 1e-7), of(5), "constant"],
  ] as const)("none of a metric that is %s", (_, a, b, problem) => {
    const { linear, logarithmic } = homogeneity([a, b]);
    for (const found of [linear, logarithmic]) {
      expect(found).toMatchObject({ mean: undefined, median: undefined, standardDeviation: undefined });
      expect(found.undetermined).toEqual({ few: 0, constant: 0, [problem]: 2 });
      expect(found.matrix.data[1]).toBeNaN();
    }
  });

  test("an isotropic metric among others leaves out its pairs alone", () => {
    const { linear } = homogeneity([spectrum(1), of(1), spectrum(1)]);
    expect(linear.undetermined).toEqual({ few: 0, constant: 4 });
    expect(linear.mean).toBeCloseTo(1, 10);
  });

  test.each([1e-200, 1e-30, 1e30, 1e200])("the unit %d changes nothing", (unit) => {
    const points = [spectrum(1), spectrum(2)];
    const scaled = points.map((point) => ({ ...point, eigenvalues: point.eigenvalues.map((x) => unit * x) }));
    const [here, there] = [homogeneity(points), homogeneity(scaled)];
    expect(there.linear.mean).toBeCloseTo(here.linear.mean!, 12);
    expect(there.logarithmic.mean).toBeCloseTo(here.logarithmic.mean!, 12);
    expect(there.masked).toEqual(here.masked);
  });

  test("refuses partial spectra and single points", () => {
    const partial = { eigenvalues: decay(0.1, 3), eigenvectors: orthogonal(0, 0, n, 3) };
    for (const points of [[spectrum(1)], [partial, partial], [spectrum(1), partial]]) {
      expect(() => homogeneity(points)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});

test("random directions: vᵀ·g·v has mean tr g/n and variance 2(nΣλ² − (Σλ)²)/(n²(n+2))", () => {
  const [n, draws] = [12, 40_000];
  const lambda = decay(0.2, n);
  const values = Array.from({ length: draws }, (_, i) => {
    const v = normal(9, i * n, n);
    const squares = v.reduce((sum, x) => sum + x * x, 0);
    return v.reduce((sum, x, k) => sum + lambda[k]! * x * x, 0) / squares;
  });
  const [first, second] = [lambda.reduce((sum, x) => sum + x, 0), lambda.reduce((sum, x) => sum + x * x, 0)];
  const mean = values.reduce((sum, x) => sum + x, 0) / draws;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws;
  expect(mean / (first / n)).toBeCloseTo(1, 2);
  expect(variance / ((2 * (n * second - first ** 2)) / (n * n * (n + 2)))).toBeCloseTo(1, 1);
});

describe("averageMetric", () => {
  const n = 6;
  const spectrum = (seed: number): PointSpectrum => ({
    eigenvalues: decay(0.3, n),
    eigenvectors: orthogonal(seed, 0, n),
  });
  const tensor = ({ eigenvalues, eigenvectors: v }: PointSpectrum) =>
    matmul({ ...v, data: v.data.map((x, at) => x * eigenvalues[at % v.cols]!) }, v, { transposeB: true })
      .data;

  test("has the mean of the metrics for its metric", () => {
    const points = [spectrum(1), spectrum(2), spectrum(3)];
    const mean = tensor(averageMetric(points));
    const parts = points.map(tensor);
    mean.forEach((x, i) => {
      expect(x).toBeCloseTo((parts[0]![i]! + parts[1]![i]! + parts[2]![i]!) / 3, 12);
    });
  });

  test("of one partial spectrum is that, and zero beyond", () => {
    const leading = { eigenvalues: decay(0.3, 2), eigenvectors: orthogonal(4, 0, n, 2) };
    const { eigenvalues } = averageMetric([leading]);
    expect(Array.from(eigenvalues.slice(0, 2))).toEqual(
      Array.from(leading.eigenvalues, (x) => expect.closeTo(x, 12)),
    );
    expect(Math.max(...eigenvalues.slice(2))).toBeLessThan(1e-14);
  });

  test("refuses nothing and different spaces", () => {
    for (const points of [[], [spectrum(1), { ...spectrum(1), eigenvectors: orthogonal(0, 0, 5) }]]) {
      expect(() => averageMetric(points)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});
