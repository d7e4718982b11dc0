import { leadingColumns, matmul, matrix, normal, orthogonal } from "@vielbein/linalg";
import { expect, test } from "vitest";
import {
  estimateCount,
  isSampled,
  sampledSpectrum,
  spectrumEstimates,
  spectrumStatistics,
} from "../../src/dimension/index.ts";
import { gaussRule, radauRule, tridiagonalize } from "../../src/dimension/lanczos-quadrature.ts";
import { probeRest } from "../../src/dimension/sampled-spectrum.ts";
import { type DifferentiableMap, functionMap, JacobianAt } from "../../src/index.ts";
import { jackknife } from "../../src/statistics/jackknife.ts";
import { studentQuantile } from "../../src/statistics/student.ts";

const d = 100;

/** y = σ·x, coordinate by coordinate: which basis it has does not matter to vectors of no preferred direction. */
function diagonalMap(sigma: Float64Array) {
  const scale = (x: ArrayLike<number>): Float64Array => Float64Array.from(x, (value, i) => value * sigma[i]!);
  const space = { dim: d, shape: [d] };
  return functionMap({
    from: { name: "x", ...space },
    to: { name: "y", ...space },
    evaluate: scale,
    jvp: (_, t) => scale(t),
    vjp: (_, c) => scale(c),
  });
}

const units = (k: number): Float64Array[] =>
  Array.from({ length: k }, (_, i) => Float64Array.from({ length: d }, (_, j) => (i === j ? 1 : 0)));

test.each([
  ["a power law", 12, (i: number) => 1 / (i + 1)],
  ["a slow power law", 12, (i: number) => (i + 1) ** -0.5],
  ["a fast power law", 12, (i: number) => (i + 1) ** -2],
  ["exponential decay", 12, (i: number) => Math.exp(-i / 15)],
  ["few leading values taken out", 2, (i: number) => 1 / (i + 1)],
  ["signal in flat noise", 4, (i: number) => (i < 10 ? 1 : 0.05)],
  ["a kernel", 12, (i: number) => (i < 60 ? 1 - i / 70 : 0)],
])("intervals hold the true values at the stated rate: %s", async (_, k, f) => {
  const sigma = Float64Array.from({ length: d }, (_, i) => f(i));
  const expected = spectrumStatistics(sigma.map((s) => s * s));
  const at = JacobianAt.of(diagonalMap(sigma), new Float32Array(d));
  const [draws, thresholds] = [40, [0.5, 0.1, 0.01]];
  const missed = { participationRatio: 0, effectiveRank: 0, stableRank: 0 };
  const miscounted = thresholds.map(() => 0);
  for (let seed = 0; seed < draws; seed++) {
    const rest = await probeRest(at, units(k), 1, { probes: 16, steps: 8, seed });
    const sampled = {
      ...rest,
      total: d,
      leading: sigma.slice(0, k),
      residuals: new Float64Array(k),
      route: "products" as const,
    };
    const estimates = spectrumEstimates(sampled);
    for (const name of ["participationRatio", "effectiveRank", "stableRank"] as const) {
      const { value, interval } = estimates[name];
      expect(interval[0]).toBeLessThanOrEqual(value);
      expect(interval[1]).toBeGreaterThanOrEqual(value);
      if (!holds(interval, expected[name])) missed[name]++;
    }
    thresholds.forEach((threshold, i) => {
      const { interval } = estimateCount(sampled, threshold);
      if (!holds(interval, sigma.filter((s) => s > threshold).length)) miscounted[i]!++;
    });
  }
  // Of 40 intervals that hold what they should in 95 of 100 cases, more than 5 miss it once in 70 times.
  expect(Math.max(...Object.values(missed), ...miscounted)).toBeLessThanOrEqual(5);
});

/** With room for rounding in single precision. */
function holds([low, high]: readonly [number, number], truth: number): boolean {
  return low <= truth * (1 + 1e-6) && high >= truth * (1 - 1e-6);
}

/** y = A·x, A `[m, n]` with the singular values σ(0), σ(1), …, in no particular basis. */
function linearMap(m: number, n: number, sigma: (i: number) => number): DifferentiableMap {
  const rank = Math.min(m, n);
  const [u, v] = [leadingColumns(orthogonal(1, 0, m), rank), leadingColumns(orthogonal(2, 0, n), rank)];
  const scaled = matrix(
    m,
    rank,
    u.data.map((x, at) => x * sigma(at % rank)),
  );
  const a = matmul(scaled, v, { transposeB: true });
  const column = (x: ArrayLike<number>) => matrix(x.length, 1, Float64Array.from(x));
  return functionMap({
    from: { name: "x", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
    evaluate: (x) => matmul(a, column(x)).data,
    jvp: (_, t) => matmul(a, column(t)).data,
    vjp: (_, c) => matmul(a, column(c), { transposeA: true }).data,
  });
}

const law = (i: number): number => 3 / (i + 1);

test.each([
  ["more outputs than inputs", linearMap(150, 90, law)],
  ["more inputs than outputs", linearMap(90, 150, law)],
])("a map with %s is sampled on its smaller side", async (_, map) => {
  const point = new Float32Array(map.from.dim);
  const sampled = await sampledSpectrum(map, point, { k: 10, probes: 8, steps: 6 });
  expect(sampled).toMatchObject({ total: 90, route: "products" });
  sampled.leading.forEach((sigma, i) => {
    expect(sigma / law(i)).toBeCloseTo(1, 4);
  });
  // Steps of the iteration, and those of the probes.
  expect(sampled.products).toBeGreaterThan(2 * (8 * 6 + 10));
  expect(sampled.products).toBeLessThan(2 * (8 * 6 + 60));
  const variances = Float64Array.from({ length: 90 }, (_, i) => law(i) ** 2);
  const { trace, stableRank, participationRatio, effectiveRank, leadingShare } = spectrumEstimates(sampled);
  const sum = variances.reduce((total, x) => total + x, 0);
  const known = variances.subarray(0, 10).reduce((total, x) => total + x, 0);
  expect(trace.value / sum).toBeCloseTo(1, 1);
  expect(holds(trace.interval, sum)).toBe(true);
  expect(holds(leadingShare.interval, known / sum)).toBe(true);
  expect(trace.value / stableRank.value).toBeCloseTo(9, 3);
  const expected = spectrumStatistics(variances);
  expect(holds(participationRatio.interval, expected.participationRatio)).toBe(true);
  expect(holds(effectiveRank.interval, expected.effectiveRank)).toBe(true);
  // The same seed draws the same vectors; another one others.
  expect(await sampledSpectrum(map, point, { k: 10, probes: 8, steps: 6 })).toEqual(sampled);
  const other = await sampledSpectrum(map, point, { k: 10, probes: 8, steps: 6, seed: 1 });
  expect(other.leading).toEqual(sampled.leading);
  expect(other.diagonal).not.toEqual(sampled.diagonal);
});

test("sixteen times as many random vectors narrow the interval to about a quarter", async () => {
  const map = linearMap(150, 90, (i) => (i + 1) ** -0.5);
  const widthOf = async (probes: number, seed: number): Promise<number> => {
    const sampled = await sampledSpectrum(map, new Float32Array(90), { k: 2, probes, steps: 2, seed });
    const [low, high] = spectrumEstimates(sampled).trace.interval;
    return high - low;
  };
  let few = 0;
  for (let seed = 1; seed <= 5; seed++) few += (await widthOf(10, seed)) / 5;
  // Student's t of 9 and 159 degrees of freedom adds 15 %.
  const ratio = few / (await widthOf(160, 0));
  expect(ratio).toBeGreaterThan(3.2);
  expect(ratio).toBeLessThan(6.5);
});

test("where the leading values are all there are, nothing is estimated", async () => {
  const map = linearMap(40, 6, law);
  const sampled = await sampledSpectrum(map, new Float32Array(6));
  const { effectiveRank, participationRatio } = spectrumEstimates(sampled);
  const expected = spectrumStatistics(Float64Array.from({ length: 6 }, (_, i) => law(i) ** 2));
  for (const [{ value, interval }, truth] of [
    [effectiveRank, expected.effectiveRank],
    [participationRatio, expected.participationRatio],
  ] as const) {
    expect(value / truth).toBeCloseTo(1, 4);
    expect(interval[1] - interval[0]).toBeLessThan(1e-12);
  }
  expect(estimateCount(sampled, 0.3)).toEqual({ value: 3, interval: [3, 3] });
  expect(estimateCount(sampled, 0)).toEqual({ value: 6, interval: [6, 6] });
});

test("values that were found are counted, and what lies behind them is estimated", async () => {
  const sampled = await sampledSpectrum(linearMap(150, 90, law), new Float32Array(90), { k: 10 });
  expect(estimateCount(sampled, 0.15)).toEqual({ value: 6, interval: [6, 6] });
  const { value, interval } = estimateCount(sampled, 0.04);
  expect(holds(interval, 24)).toBe(true);
  expect(Math.abs(value - 24)).toBeLessThan(8);
  expect(interval[0]).toBeGreaterThanOrEqual(10);
});

test.each([0, 2 ** -83, 2 ** 60])(
  "the unit %s of the outputs changes nothing but the trace",
  async (unit) => {
    const options = { k: 4, probes: 4, steps: 3 };
    const sampled = await sampledSpectrum(
      linearMap(60, 30, (i) => unit * law(i)),
      new Float32Array(30),
      options,
    );
    const { trace, effectiveRank } = spectrumEstimates(sampled);
    if (unit === 0) {
      expect([trace.value, effectiveRank.value, estimateCount(sampled, 0.1).value]).toEqual([0, 0, 0]);
      return;
    }
    const same = spectrumEstimates(
      await sampledSpectrum(linearMap(60, 30, law), new Float32Array(30), options),
    );
    expect(trace.value / unit ** 2 / same.trace.value).toBeCloseTo(1, 5);
    expect(effectiveRank.value / same.effectiveRank.value).toBeCloseTo(1, 5);
  },
);

test.each([
  [{ k: 0 }, "k must be an integer from 1 to 6, got 0"],
  [{ k: 7 }, "k must be an integer from 1 to 6, got 7"],
  [{ probes: 1 }, "probes must be an integer from 2 to"],
  [{ steps: 1.5 }, "steps must be an integer from 2 to"],
])("refuses %o", async (options, message) => {
  await expect(sampledSpectrum(linearMap(8, 6, law), new Float32Array(6), options)).rejects.toThrow(message);
});

test("spectra are sampled where the budget holds the Jacobian in no form, and the metric neither, or not soon", () => {
  const ends = (n: number, m: number) => ({
    from: { name: "x", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
  });
  expect(isSampled(ends(512, 196_608))).toBe(false);
  expect(isSampled(ends(16_384, 786_432))).toBe(true);
  expect(isSampled(ends(150_528, 1000))).toBe(false);
  expect(isSampled(ends(150_528, 20_000))).toBe(true);
  // 4·n·m bytes as columns, 64·n² for the metric.
  expect(isSampled(ends(100, 1000), 400_000)).toBe(false);
  expect(isSampled(ends(100, 1000), 399_999)).toBe(true);
  expect(isSampled(ends(20, 100_000), 640_000)).toBe(false);
});

test("the rules of Gauss and Radau bound an integral from both sides, and are exact for polynomials", async () => {
  const lambda = Float64Array.from({ length: 40 }, (_, i) => (i + 1) ** -1.5);
  const x = normal(5, 0, 40);
  const size = x.reduce((sum, value) => sum + value * value, 0);
  const truth = (f: (value: number) => number): number =>
    lambda.reduce((sum, value, i) => sum + (x[i]! ** 2 / size) * f(value), 0);
  const apply = async (vectors: ArrayLike<number>) =>
    Float64Array.from(vectors, (value, at) => value * lambda[at % 40]!);
  const coefficients = await tridiagonalize([x.slice()], apply, [], 4);
  const [gauss, radau] = [gaussRule(coefficients, 0), radauRule(coefficients, 0)];
  const by = ({ nodes, weights }: typeof gauss, f: (value: number) => number): number =>
    nodes.reduce((sum, node, i) => sum + weights[i]! * f(node), 0);
  for (let power = 0; power <= 7; power++) {
    const f = (value: number): number => value ** power;
    expect(by(gauss, f)).toBeCloseTo(truth(f), 13);
    expect(by(radau, f)).toBeCloseTo(truth(f), 13);
  }
  expect(by(radau, (value) => value ** 8)).toBeCloseTo(
    truth((value) => value ** 8),
    13,
  );
  const entropy = (value: number): number => (value > 0 ? value * Math.log(value) : 0);
  expect(by(gauss, entropy)).toBeLessThan(truth(entropy));
  expect(by(radau, entropy)).toBeGreaterThan(truth(entropy));
  expect(by(radau, entropy) - by(gauss, entropy)).toBeLessThan(0.02);
  expect(Math.min(...radau.nodes.map(Math.abs))).toBeLessThan(1e-12);
});

test("a vector in few eigenvectors has no more to say than these", async () => {
  const x = Float64Array.of(3, 0, 4, 0);
  const apply = async (vectors: ArrayLike<number>) =>
    Float64Array.from(vectors, (value, at) => value * [5, 4, 2, 1][at % 4]!);
  const coefficients = await tridiagonalize([x], apply, [Float64Array.of(0, 1, 0, 0)], 3);
  for (const rule of [gaussRule(coefficients, 0), radauRule(coefficients, 0)]) {
    const kept = [...rule.nodes].filter((_, i) => rule.weights[i]! > 1e-12);
    expect(kept.map((node) => Math.round(1e9 * node) / 1e9)).toEqual([5, 2]);
  }
});

test.each([
  // scipy.stats.t.ppf(0.975, ν) and (0.75, ν).
  [1, 12.706204736174694, 1.0000000000000002],
  [2, 4.302652729749462, 0.8164965809277261],
  [3, 3.1824463052837078, 0.7648923284043444],
  [4, 2.7764451051977934, 0.7406970841126829],
  [15, 2.131449545559776, 0.6911969489584897],
  [30, 2.0422724563012378, 0.6827556933212927],
])("Student's t with %s degrees of freedom", (degrees, wide, narrow) => {
  expect(studentQuantile(0.95, degrees) / wide).toBeCloseTo(1, 10);
  expect(studentQuantile(0.5, degrees) / narrow).toBeCloseTo(1, 10);
});

test("the jackknife of a mean is the interval of Student, and of a square it takes the bias away", () => {
  const members = [1, 2, 4, 9].map((x) => Float64Array.of(x));
  const { value, margin } = jackknife(members, ([mean]) => mean!);
  // Mean 4, variance 38/3.
  expect(value).toBeCloseTo(4, 12);
  expect(margin).toBeCloseTo(studentQuantile(0.95, 3) * Math.sqrt(38 / 12), 12);
  // x̄² − s²/n is unbiased.
  expect(jackknife(members, ([mean]) => mean! ** 2).value).toBeCloseTo(16 - 38 / 12, 12);
});
