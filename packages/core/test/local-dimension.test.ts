import { type Matrix, matmul, matrix, normal, orthogonal, svd } from "@vielbein/linalg";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  cumulativeDimension,
  kritchmanNadler,
  type LocalDimensionOptions,
  localDimension,
  spectrumStatistics,
} from "../src/dimension/index.ts";
import { samplePoints, singularValues } from "../src/index.ts";
import { deadDirections } from "../src/jacobian/dead-directions.ts";
import { randomMapping } from "./random-mapping.ts";

const ell = [8, 4, 2, 1.2, 1.1, 1, 0.95, 0.9, 0.85, 0.8];

const decaying = (rate: number) => Float64Array.from({ length: 512 }, (_, i) => Math.exp(-rate * i));

test.each([1e-20, 1, 1e20])(
  "dead directions leave a hundred-thousandth of the first, %s, at most",
  (first) => {
    const of = (last: number) => localDimension([first, last], { deadInputs: 1 });
    expect(() => of(0.99e-5 * first)).not.toThrow();
    expect(() => of(1.01e-5 * first)).toThrow("leave 1 singular values above 0");
  },
);

describe("kritchmanNadler", () => {
  it("gives the noise thirty rounds to settle, and no more", () => {
    // Three samples in three dimensions: the noise and its bias still drive each other.
    const [first, ...rest] = [4658.5, 1040.6, 112.7] as const;
    const tail = rest[0] + rest[1];
    let noise = tail / (2 * (1 - 1 / 3));
    for (let round = 0; round < 30; round++) {
      const t = first + noise / 3;
      const signal = (t + Math.sqrt(t * t - 4 * first * noise)) / 2;
      noise = (tail + (first - signal)) / 2;
    }
    expect(kritchmanNadler([first, ...rest], 3).tests[0]!.noise / noise).toBeCloseTo(1, 12);
  });

  // tools/reference/core/kritchman_nadler.py
  test.each([
    [20, [1, 1, 2], 1.51869, [53.7488, 6.0767, 1.51869, 5.43234]],
    [50, [2, 2, 2], 1.161, [99.0244, 7.8191, 1.45822, 3.55562]],
    [100, [3, 3, 3], 1.01982, [166.1636, 9.8284, 1.43986, 2.80684]],
    [1000, [4, 4, 5], 0.94224, [1192.3448, 24.8924, 1.42395, 1.80162]],
  ] as const)("n = %i: ranks at three levels, noise, and the first test", (n, ranks, noise, first) => {
    expect([0.1, 0.5, 5].map((alpha) => kritchmanNadler(ell, n, { alpha }).rank)).toEqual(ranks);
    const result = kritchmanNadler(ell, n);
    expect(result.noise).toBeCloseTo(noise, 5);
    const { centre, scale, noise: sigma, threshold } = result.tests[0]!;
    expect(centre).toBeCloseTo(first[0], 4);
    expect(scale).toBeCloseTo(first[1], 4);
    expect(sigma).toBeCloseTo(first[2], 5);
    expect(threshold).toBeCloseTo(first[3], 5);
  });

  it("stops at the first test that fails", () => {
    const { rank, tests } = kritchmanNadler(ell, 100);
    expect(tests.map((t) => t.passed)).toEqual([true, true, true, false]);
    expect(rank).toBe(3);
    [2.80684, 2.15072, 1.89502, 1.7589].forEach((expected, k) => {
      expect(tests[k]!.threshold).toBeCloseTo(expected, 5);
    });
  });

  it("accepts noise as signal at the stated level", () => {
    // Largest eigenvalue of white noise of 20 variables, 60 samples: at 5 %, 1 in 20 exceeds the threshold.
    const trials = 2000;
    let exceeded = 0;
    for (let trial = 0; trial < trials; trial++) {
      const sample = matrix(60, 20, normal(7, trial, 1200));
      const s = svd(sample, { vectors: "none" }).s;
      // At the true noise level, the test is that of the Tracy-Widom law itself.
      const { centre, scale } = kritchmanNadler(Float64Array.of(1, ...new Float64Array(20)), 60).tests[0]!;
      if (s[0]! ** 2 > centre + 1.3426 * scale) exceeded++;
    }
    expect(exceeded / trials).toBeGreaterThan(0.02);
    expect(exceeded / trials).toBeLessThan(0.08);
  });

  it.each([-1000, 900])(
    "with eigenvalues in a unit of 2^%i, counts the same and scales the noise",
    (power) => {
      const unit = 2 ** power;
      const [plain, scaled] = [ell, ell.map((value) => unit * value)].map((values) =>
        kritchmanNadler(values, 100),
      );
      expect(scaled!.rank).toBe(plain!.rank);
      expect(scaled!.noise / unit).toBeCloseTo(plain!.noise, 12);
      scaled!.tests.forEach(({ noise, threshold }, k) => {
        expect(noise / unit).toBeCloseTo(plain!.tests[k]!.noise, 12);
        expect(threshold / unit).toBeCloseTo(plain!.tests[k]!.threshold, 12);
      });
    },
  );

  it("of zeros, and of a single value, finds no signal", () => {
    expect(kritchmanNadler([0, 0, 0], 10)).toMatchObject({ rank: 0, noise: 0 });
    expect(kritchmanNadler([7], 10)).toEqual({ rank: 0, noise: 7, tests: [] });
    expect(kritchmanNadler([7, 3], 1)).toEqual({ rank: 0, noise: 5, tests: [] });
  });

  it("counts every eigenvalue but the last where all tests pass", () => {
    expect(kritchmanNadler([1e9, 1e6, 1e3, 1e-3], 1000)).toMatchObject({ rank: 3 });
  });

  it("has the mean eigenvalue as noise where none stands out", () => {
    expect(kritchmanNadler([3, 2, 2, 1], 4)).toMatchObject({ rank: 0, noise: 2 });
  });

  it("refuses levels beyond the approximation, unsorted or empty spectra, and no samples", () => {
    expect(() => kritchmanNadler(ell, 20, { alpha: 14.2 })).toThrow("below 14.1");
    expect(kritchmanNadler(ell, 20, { alpha: 14 }).rank).toBeGreaterThan(0);
    expect(() => kritchmanNadler(ell, 20, { alpha: 0 })).toThrow("in percent");
    expect(() => kritchmanNadler([1, 2], 20)).toThrow("descending, got 2 at 1 after 1");
    expect(() => kritchmanNadler([], 20)).toThrow("at least one");
    expect(() => kritchmanNadler([1, Number.NaN], 20)).toThrow("finite");
    expect(() => kritchmanNadler(ell, 0)).toThrow("positive integer");
  });
});

describe("localDimension", () => {
  /** Singular values of a 512² matrix of rank r, 1 … 3, plus iid noise. */
  const planted = (r: number, noise: number, index = 0): Float64Array => {
    const u = orthogonal(1, 2 * index, 512, r);
    const v = orthogonal(1, 2 * index + 1, 512, r);
    u.data.forEach((x, at) => {
      u.data[at] = x * (3 - (2 * (at % r)) / r);
    });
    const a = matmul(u, v, { transposeB: true });
    const errors = normal(2, index, 512 * 512);
    return svd(
      matrix(
        512,
        512,
        a.data.map((x, at) => x + noise * errors[at]!),
      ),
      { vectors: "none" },
    ).s;
  };

  describe.each([10, 40, 100])("rank %i in 512² with iid noise", (r) => {
    it("is recovered, whatever the level, the convention and a threshold that leaves noise in", () => {
      for (const noise of [1e-3, 1e-2]) {
        const s = planted(r, noise);
        for (const options of [
          {},
          { alpha: 0.1 },
          { alpha: 5 },
          { threshold: 0 },
          { threshold: 0.0005 },
          // Zeros in place of discarded noise understate the noise, so nothing may be discarded.
          { convention: "padded", threshold: 0 },
        ] as LocalDimensionOptions[]) {
          const { dimension, status } = localDimension(s, options);
          expect([noise, options, dimension, status]).toEqual([noise, options, r, "ok"]);
        }
      }
    });

    it("is exact without noise, where the test alone overestimates", () => {
      const { dimension, status, tested } = localDimension(planted(r, 0), { threshold: 0 });
      expect([dimension, status]).toEqual([r, "noise-free"]);
      expect(tested).toBeGreaterThan(r);
    });

    it("is the number kept where the threshold trims all noise, and the test alone underestimates", () => {
      const s = planted(r, 1e-5);
      const { dimension, status, tested, kept } = localDimension(s);
      expect([dimension, status, kept]).toEqual([r, "no-noise-tail", r]);
      expect(tested).toBeLessThan(r);
    });
  });

  test("of smooth spectra is a statistic of the threshold and the convention", () => {
    const rows = [
      {
        rate: 0.05,
        kept: [512, 153, 139, 106, 93],
        input: [380, 137, 124, 93, 81],
        byKept: [380, 84, 72, 45, 35],
      },
      { rate: 0.02, kept: [512], input: [320, 258, 238, 185, 160], byKept: [320, 209, 180, 114, 87] },
      { rate: 0.1, kept: [512], input: [446, 73, 66, 50, 44], byKept: [446, 42, 36, 22, 18] },
    ];
    const thresholds = [0, 0.0005, 0.001, 0.005, 0.01];
    for (const { rate, kept, input, byKept } of rows) {
      const s = decaying(rate);
      const results = thresholds.map((threshold) => localDimension(s, { threshold }));
      expect(results.map((r) => r.kept).slice(0, kept.length)).toEqual(kept);
      expect(results.map((r) => r.tested)).toEqual(input);
      expect(
        thresholds.map((threshold) => localDimension(s, { threshold, convention: "kept" }).tested),
      ).toEqual(byKept);
    }
  });

  it("has no dimension for a flat spectrum: equal values, with or without a null direction, or plain noise", () => {
    const equal = new Float64Array(64).fill(2);
    expect(localDimension(equal)).toMatchObject({ dimension: undefined, status: "flat", tested: 0 });
    // Projection on the sphere, x ↦ √d·x/‖x‖: d − 1 equal values and a zero.
    const sphere = equal.slice();
    sphere[63] = 1e-9;
    expect(localDimension(sphere)).toMatchObject({ dimension: undefined, status: "flat", kept: 63 });
    const noise = svd(matrix(128, 128, normal(3, 0, 128 * 128)), { vectors: "none" }).s;
    expect(localDimension(noise)).toMatchObject({ dimension: undefined, status: "flat" });
  });

  it("is 0 for a constant map", () => {
    expect(localDimension(new Float64Array(4))).toMatchObject({
      dimension: 0,
      status: "noise-free",
      kept: 0,
    });
  });

  it("is 1 where one value stands alone", () => {
    expect(localDimension([5, 1e-3, 1e-3])).toMatchObject({ dimension: 1, status: "no-noise-tail", kept: 1 });
  });

  it("takes the dimensions of the spaces of a map that is not square", () => {
    const s = planted(10, 1e-2).slice(0, 100);
    const at = (convention: "input" | "padded") =>
      localDimension(s, { inputDim: 512, outputDim: 100, convention, threshold: 0 });
    expect(at("input").dimension).toBe(10);
    expect(at("padded")).toEqual(at("input"));
    expect(() => localDimension(s, { inputDim: 512, outputDim: 512 })).toThrow(
      "has 512 singular values, got 100",
    );
  });

  it("refuses thresholds and conventions out of range", () => {
    expect(() => localDimension([2, 1], { threshold: 1 })).toThrow("below 1");
    expect(() => localDimension([2, 1], { convention: "A" as "kept" })).toThrow("input, kept, padded");
  });
});

describe("what is no signal and no noise changes nothing", () => {
  /** J `[m, d]`: `signals` directions of size 1 to 3, and iid noise whose largest singular value is `level`. */
  const noisy = (d: number, m: number, signals: number, level: number, seed: number): Matrix => {
    const u = orthogonal(seed, 0, m, signals);
    const v = orthogonal(seed, 1, d, signals);
    for (let at = 0; at < u.data.length; at++) u.data[at]! *= 3 - (2 * (at % signals)) / signals;
    const j = matmul(u, v, { transposeB: true });
    const errors = normal(seed, 2, m * d);
    const scale = level / (Math.sqrt(m) + Math.sqrt(d));
    j.data.forEach((x, at) => {
      j.data[at] = x + scale * errors[at]!;
    });
    return j;
  };

  const dimensionOf = (j: Matrix, options: LocalDimensionOptions = {}) =>
    localDimension(svd(j, { vectors: "none" }).s, {
      inputDim: j.cols,
      outputDim: j.rows,
      ...deadDirections(j),
      ...options,
    });

  /** J with zeros for `inputs` further columns and `outputs` further rows. */
  const withDead = (j: Matrix, inputs: number, outputs: number): Matrix => {
    const result = matrix(j.rows + outputs, j.cols + inputs);
    for (let i = 0; i < j.rows; i++) {
      result.data.set(j.data.subarray(i * j.cols, (i + 1) * j.cols), i * result.cols);
    }
    return result;
  };

  const cases = fc.record({
    d: fc.integer({ min: 40, max: 90 }),
    m: fc.integer({ min: 40, max: 90 }),
    signals: fc.integer({ min: 1, max: 8 }),
    level: fc.constantFrom(0.05, 0.2, 0.4),
    seed: fc.nat(10_000),
  });
  const jacobians = cases.map(({ d, m, signals, level, seed }) => ({
    j: noisy(d, m, signals, level, seed),
    signals,
  }));
  const runs = { numRuns: 25, seed: 4 };

  test("dead inputs and dead outputs", () => {
    fc.assert(
      fc.property(jacobians, fc.nat(200), fc.nat(200), ({ j, signals }, inputs, outputs) => {
        const alone = dimensionOf(j);
        expect(alone).toMatchObject({ dimension: signals, status: "ok" });
        const padded = dimensionOf(withDead(j, inputs, outputs));
        expect(padded).toMatchObject({ dimension: signals, status: "ok", kept: alone.kept });
        expect(padded.noise).toBeCloseTo(alone.noise, 12);
      }),
      runs,
    );
  });

  test("dead inputs behind nothing but noise, which stays flat", () => {
    const noise = matrix(60, 60, normal(3, 0, 3600));
    expect(dimensionOf(noise)).toMatchObject({ dimension: undefined, status: "flat" });
    expect(dimensionOf(withDead(noise, 50, 50))).toMatchObject({ dimension: undefined, status: "flat" });
  });

  test("outputs that repeat others", () => {
    fc.assert(
      fc.property(jacobians, fc.integer({ min: 2, max: 4 }), ({ j, signals }, times) => {
        const repeated = matrix(times * j.rows, j.cols);
        for (let i = 0; i < times; i++) repeated.data.set(j.data, i * j.data.length);
        expect(dimensionOf(repeated)).toMatchObject({ dimension: signals, status: "ok" });
      }),
      runs,
    );
  });

  test("nothing moves: exactly no dimension, and no noise", () => {
    const nothing = { dimension: 0, status: "noise-free", kept: 0, noise: 0, tested: 0 };
    for (const count of [1, 3, 40]) expect(localDimension(new Float64Array(count))).toEqual(nothing);
  });

  test("outputs that repeat others, padded with zeros, which are no noise", () => {
    const j = noisy(80, 50, 4, 0.05, 1);
    const padded = { convention: "padded", threshold: 0 } as const;
    const repeated = matrix(3 * j.rows, j.cols);
    for (let i = 0; i < 3; i++) repeated.data.set(j.data, i * j.data.length);
    expect(dimensionOf(j, padded)).toMatchObject({ dimension: 4, status: "ok" });
    expect(dimensionOf(repeated, padded)).toMatchObject({ dimension: 4, status: "ok" });
  });

  test("the unit of length", () => {
    fc.assert(
      fc.property(jacobians, fc.constantFrom(1e-200, 1e-30, 1e30, 1e150, 1e200), ({ j }, scale) => {
        const here = dimensionOf(j);
        const scaled = dimensionOf(
          matrix(
            j.rows,
            j.cols,
            j.data.map((x) => scale * x),
          ),
        );
        expect({ ...scaled, noise: 0 }).toEqual({ ...here, noise: 0 });
      }),
      runs,
    );
  });

  test("zeros behind a tail of noise where nothing is known of dead inputs, as of a rank that is not full", () => {
    const ten = Array.from({ length: 10 }, (_, i) => 1 - 0.05 * i);
    const tail = Array.from({ length: 290 }, (_, i) => 0.12 - 0.0003 * i);
    for (const behind of [0, 1e-12]) {
      const sigma = [...ten, ...tail, ...new Array(212).fill(behind)];
      expect(localDimension(sigma)).toMatchObject({ dimension: 10, status: "ok", kept: 300 });
      // The threshold takes the noise, or some of the signal with it.
      expect(localDimension(sigma, { threshold: 0.3 })).toMatchObject({
        dimension: 10,
        status: "no-noise-tail",
      });
      expect(localDimension(sigma, { threshold: 0.72 })).toMatchObject({
        dimension: 6,
        status: "no-noise-tail",
      });
    }
    // A gap behind the noise that the threshold falls into, as float32 leaves it.
    for (const behind of [1e-3, 1e-4, 1e-6]) {
      const rounded = [...ten, ...tail, ...new Array(212).fill(behind)];
      expect(localDimension(rounded)).toMatchObject({ dimension: 10, status: "ok", kept: 300 });
    }
  });

  test("a threshold at the end of the signal, which noise follows at once", () => {
    const sigma = [
      ...Array.from({ length: 10 }, (_, i) => 1 - 0.055 * i),
      ...Array.from({ length: 290 }, (_, i) => 0.35 * (1 - i / 400)),
    ];
    for (const threshold of [0.01, 0.1, 0.36, 0.4, 0.5]) {
      expect([threshold, localDimension(sigma, { threshold }).dimension]).toEqual([threshold, 10]);
    }
  });
});

describe("a mapping network that was never trained, 512 wide", () => {
  // One network and point in NumPy; others differ by some percent.
  test.each([
    [2, [258, 240, 224], 105, 138],
    [8, [187, 148, 127], 32, 47],
  ] as const)("after %i layers", async (depth, dimensions, participation, effective) => {
    const map = randomMapping(512, depth, 0);
    const s = await singularValues(map, samplePoints(map.from, 1, 0, 1));
    [0.001, 0.005, 0.01].forEach((threshold, i) => {
      const { dimension, status } = localDimension(s, { threshold });
      expect(status).toBe("ok");
      expect(Math.abs(dimension! / dimensions[i]! - 1)).toBeLessThan(0.1);
    });
    const { participationRatio, effectiveRank } = spectrumStatistics(s.map((x) => x * x));
    expect(Math.abs(participationRatio / participation - 1)).toBeLessThan(0.15);
    expect(Math.abs(effectiveRank / effective - 1)).toBeLessThan(0.15);
  });

  test("before the first: the normalisation alone is flat", async () => {
    const map = randomMapping(64, 0, 0);
    const s = await singularValues(map, samplePoints(map.from, 1, 0, 1));
    expect(localDimension(s)).toMatchObject({ dimension: undefined, status: "flat", kept: 63 });
  });
});

describe("spectrumStatistics", () => {
  it("of exponentially falling variances", () => {
    // λ = e^{−2ai}: participation ratio coth a, by the geometric series; entropy and counts by NumPy.
    for (const [rate, ratio, rank, counts] of [
      [0.02, 50.01, 67.96, [115, 172, 230, 287]],
      [0.05, 20.02, 27.19, [46, 69, 92, 115]],
      [0.1, 10.03, 13.61, [23, 34, 46, 57]],
    ] as const) {
      const eigenvalues = decaying(2 * rate);
      const statistics = spectrumStatistics(eigenvalues);
      expect(statistics.participationRatio).toBeCloseTo(ratio, 2);
      expect(statistics.participationRatio).toBeCloseTo(1 / Math.tanh(rate), 5);
      expect(statistics.effectiveRank).toBeCloseTo(rank, 2);
      expect(statistics.stableRank).toBeCloseTo(1 / (1 - Math.exp(-2 * rate)), 5);
      // Counted by NumPy as those below the share: one less than the fewest that hold it.
      expect([0.99, 0.999, 0.9999, 0.99999].map((q) => cumulativeDimension(eigenvalues, q) - 1)).toEqual(
        counts,
      );
    }
  });

  it("of a spectrum worked by hand", () => {
    expect(spectrumStatistics(ell)).toMatchObject({
      participationRatio: expect.closeTo(4.7687, 4),
      effectiveRank: expect.closeTo(6.7429, 4),
      stableRank: expect.closeTo(2.6, 10),
      fukunagaOlsen: 10,
      kaiser: 2,
      brokenStick: 1,
    });
  });

  it("is k throughout where k eigenvalues are equal and the rest 0", () => {
    const { brokenStick, ...others } = spectrumStatistics([3, 3, 3, 0, 0]);
    for (const value of Object.values(others)) expect(value).toBeCloseTo(3, 12);
    // The stick's first pieces are 0.457, 0.257, 0.157: the first share of 1/3 falls short.
    expect(brokenStick).toBe(0);
    expect([0.3, 0.5, 0.99].map((q) => cumulativeDimension([3, 3, 3, 0, 0], q))).toEqual([1, 2, 3]);
  });

  it("does not overflow, and is 0 for zeros", () => {
    expect(spectrumStatistics([1e308, 1e308]).participationRatio).toBeCloseTo(2, 12);
    for (const value of Object.values(spectrumStatistics([0, 0]))) expect(value).toBe(0);
    expect(cumulativeDimension([0, 0], 0.5)).toBe(0);
    expect(() => cumulativeDimension([1], 1)).toThrow("between 0 and 1");
  });
});
