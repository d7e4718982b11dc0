// Distances between samples: Fréchet, precision and recall, density and coverage; rank correlation.

import { fromRows, gram, identity, matmul, matrix, normal, orthogonal, uniform } from "@vielbein/linalg";
import { describe, expect, it, test } from "vitest";
import {
  densityCoverage,
  frechetDistance,
  gaussianOf,
  precisionRecall,
} from "../../src/disentanglement/index.ts";
import { rankCorrelation } from "../../src/statistics/index.ts";
import { reference, rowsOf } from "./reference.ts";

const sample = (first: number, n: number, d: number) =>
  fromRows(Array.from({ length: n }, (_, i) => normal(9, first + i, d)));

const scaled = (a: { rows: number; cols: number; data: Float64Array }, factor: number, shift = 0) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((x) => factor * x + shift),
  );

describe("frechetDistance", () => {
  test.each(reference.frechet)(
    "of features in $d dimensions: scipy.linalg.sqrtm",
    ({ d, a, b, distance }) => {
      const [first, second] = [gaussianOf(rowsOf(a, d)), gaussianOf(rowsOf(b, d))];
      expect(Math.abs(frechetDistance(first, second) / distance - 1)).toBeLessThan(1e-11);
      expect(Math.abs(frechetDistance(second, first) / distance - 1)).toBeLessThan(1e-11);
    },
  );

  it("is ‖Δμ‖² + Σ(σ₁ − σ₂)² where the covariances commute", () => {
    const q = orthogonal(1, 0, 5);
    const [s1, s2] = [
      [3, 2, 1, 0.5, 0],
      [1, 2, 4, 0, 0],
    ];
    const gaussian = (s: number[], mean: number) => {
      const root = matrix(
        5,
        5,
        q.data.map((x, at) => x * s[at % 5]!),
      );
      return { mean: new Float64Array(5).fill(mean), covariance: matmul(root, root, { transposeB: true }) };
    };
    const expected = 5 * 4 + s1.reduce((sum, s, i) => sum + (s - s2[i]!) ** 2, 0);
    expect(frechetDistance(gaussian(s1, 1), gaussian(s2, -1))).toBeCloseTo(expected, 12);
  });

  it("is 0 between a Gaussian and itself, of any rank", () => {
    for (const n of [3, 6, 50]) {
      const gaussian = gaussianOf(sample(0, n, 8));
      const { data } = gaussian.covariance;
      const trace = data.reduce((sum, x, at) => (at % 9 === 0 ? sum + x : sum), 0);
      expect(frechetDistance(gaussian, gaussian)).toBeLessThan(1e-13 * trace);
      expect(frechetDistance(gaussian, gaussian)).toBeGreaterThanOrEqual(0);
    }
  });

  it("of singular covariances: two lines at an angle have (σ₁ − σ₂)² + 2σ₁σ₂(1 − |cos|)", () => {
    const line = (sigma: number, angle: number) => {
      const v = matrix(1, 2, [sigma * Math.cos(angle), sigma * Math.sin(angle)]);
      return { mean: new Float64Array(2), covariance: gram(v) };
    };
    const expected = 4 + 9 - 2 * 6 * Math.cos(0.4);
    expect(frechetDistance(line(2, 1), line(3, 1.4))).toBeCloseTo(expected, 12);
  });

  it("has the mean and the covariance of the sample", () => {
    const { mean, covariance } = gaussianOf(matrix(2, 2, [1, 2, 3, 8]));
    expect([...mean]).toEqual([2, 5]);
    expect([...covariance.data]).toEqual([2, 6, 6, 18]);
  });

  it("shrinks with the sample as 1/N", () => {
    const bias = (n: number) => frechetDistance(gaussianOf(sample(0, n, 6)), gaussianOf(sample(n, n, 6)));
    expect(bias(200) / bias(3200)).toBeGreaterThan(8);
    expect(bias(200) / bias(3200)).toBeLessThan(32);
  });

  it("refuses Gaussians of different dimensions and single rows", () => {
    const a = { mean: new Float64Array(2), covariance: identity(2) };
    expect(() => frechetDistance(a, { mean: new Float64Array(3), covariance: identity(3) })).toThrow(
      "the same d",
    );
    expect(() => gaussianOf(matrix(1, 2))).toThrow("two rows");
  });
});

describe("precisionRecall and densityCoverage", () => {
  const real = rowsOf(reference.neighbours.real, 3);
  const generated = rowsOf(reference.neighbours.generated, 3);

  test.each(reference.neighbours.scores)("k = $k: from all distances", ({ k, ...expected }) => {
    const found = { ...precisionRecall(real, generated, { k }), ...densityCoverage(real, generated, { k }) };
    for (const [name, value] of Object.entries(expected)) {
      expect(found[name as keyof typeof found]).toBeCloseTo(value, 13);
    }
  });

  it("have the k of their papers as defaults", () => {
    expect(precisionRecall(real, generated)).toEqual(precisionRecall(real, generated, { k: 3 }));
    expect(densityCoverage(real, generated)).toEqual(densityCoverage(real, generated, { k: 5 }));
  });

  it("swap precision and recall with the samples", () => {
    const { precision, recall } = precisionRecall(real, generated);
    expect(precisionRecall(generated, real)).toEqual({ precision: recall, recall: precision });
  });

  it("are 1 of a sample with itself and 0 of samples apart, also far from the origin", () => {
    const here = sample(0, 300, 4);
    for (const shift of [0, 1e5]) {
      const [a, b] = [scaled(here, 1, shift), scaled(here, 1, shift + 100)];
      expect(precisionRecall(a, a)).toEqual({ precision: 1, recall: 1 });
      expect(densityCoverage(a, a).coverage).toBe(1);
      expect(precisionRecall(a, b)).toEqual({ precision: 0, recall: 0 });
      expect(densityCoverage(a, b)).toEqual({ density: 0, coverage: 0 });
    }
  });

  it("tell missing modes from bad samples", () => {
    const all = sample(0, 600, 2);
    const narrow = precisionRecall(all, scaled(sample(600, 600, 2), 0.1));
    expect(narrow.precision).toBeGreaterThan(0.95);
    expect(narrow.recall).toBeLessThan(0.3);
    const wide = precisionRecall(all, scaled(sample(600, 600, 2), 6));
    expect(wide.recall).toBeGreaterThan(0.9);
    expect(wide.precision).toBeLessThan(0.5);
  });

  it("two samples of one distribution: density 1, coverage 1 − 2⁻ᵏ", () => {
    const [density, coverage] = [0, 0, 0, 0].reduce(
      ([d, c], _, trial) => {
        const scores = densityCoverage(sample(2000 * trial, 1000, 3), sample(2000 * trial + 1000, 1000, 3), {
          k: 2,
        });
        return [d! + scores.density / 4, c! + scores.coverage / 4];
      },
      [0, 0],
    );
    expect(Math.abs(density! - 1)).toBeLessThan(0.04);
    expect(Math.abs(coverage! - 0.75)).toBeLessThan(0.02);
  });

  it("refuse k out of range and features of two dimensions", () => {
    expect(() => precisionRecall(real, generated, { k: 60 })).toThrow("from 1 to 59");
    expect(() => densityCoverage(real, sample(0, 10, 2))).toThrow("one dimension, got 3 and 2");
  });
});

describe("rankCorrelation", () => {
  test.each(reference.rankCorrelation)("all permutations of $x, $y", ({ x, y, rho, pValue }) => {
    const result = rankCorrelation(x, y);
    expect(result.rho).toBeCloseTo(rho, 13);
    expect(result.pValue).toBeCloseTo(pValue, 13);
    expect(result.exact).toBe(true);
  });

  it("is exact at both ends: 2 of n! permutations are monotonous", () => {
    const rising = [1, 2, 4, 8, 16, 32];
    expect(rankCorrelation(rising, rising)).toEqual({ rho: 1, pValue: 2 / 720, exact: true });
    expect(rankCorrelation(rising, rising.toReversed())).toEqual({ rho: -1, pValue: 2 / 720, exact: true });
  });

  it("is of lists of which not all are one number, however many are", () => {
    expect(rankCorrelation([1, 2, 2, 2], [1, 2, 2, 2]).rho).toBeCloseTo(1, 13);
    expect(rankCorrelation([2, 2, 2, 1], [5, 5, 5, 9]).rho).toBeCloseTo(-1, 13);
    for (const [x, y] of [
      [
        [2, 2, 2],
        [1, 2, 3],
      ],
      [
        [1, 2, 3],
        [2, 2, 2],
      ],
    ] as const) {
      expect(() => rankCorrelation(x, y)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });

  it("is the same of any increasing function", () => {
    const [x, y] = [uniform(1, 0, 8), uniform(1, 1, 8)];
    expect(rankCorrelation(x.map(Math.exp), y)).toEqual(rankCorrelation(x, y));
  });

  it("beyond 9 pairs, samples permutations: near to the exact p-value of a shorter list, never 0", () => {
    const x = Array.from({ length: 12 }, (_, i) => i);
    expect(rankCorrelation(x, x, { permutations: 99 })).toEqual({ rho: 1, pValue: 0.01, exact: false });
    // For ten pairs, P(|ρ| ≥ 0.648) is 0.05 by the tables.
    const y = [0, 1, 2, 3, 4, 9, 8, 7, 6, 5];
    const { rho, pValue } = rankCorrelation(x.slice(0, 10), y, { seed: 3 });
    expect(rho).toBeCloseTo(1 - (6 * 40) / 990, 12);
    expect(Math.abs(pValue - 0.015)).toBeLessThan(0.005);
    expect(rankCorrelation(x.slice(0, 10), y, { seed: 3 }).pValue).toBe(pValue);
  });

  it("rejects 5 % of unrelated lists at the level of 5 %", () => {
    let rejected = 0;
    for (let trial = 0; trial < 400; trial++) {
      const { pValue } = rankCorrelation(uniform(2, trial, 6), uniform(3, trial, 6));
      if (pValue <= 0.05) rejected++;
    }
    expect(rejected / 400).toBeGreaterThan(0.015);
    expect(rejected / 400).toBeLessThan(0.075);
  });

  it("refuses constant lists, lists of two and lists that do not pair", () => {
    expect(() => rankCorrelation([1, 1, 1], [1, 2, 3])).toThrow("must not be constant");
    expect(() => rankCorrelation([1, 2], [1, 2])).toThrow("three pairs");
    expect(() => rankCorrelation([1, 2, 3], [1, 2])).toThrow("got 3 and 2");
    expect(() => rankCorrelation([1, 2, Number.NaN], [1, 2, 3])).toThrow("finite");
  });
});
