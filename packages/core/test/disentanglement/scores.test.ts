// DCI, MIG, SAP and FactorVAE: against scikit-learn, and on codes whose scores are known.

import { fromRows, gram, type Matrix, matmul, matrix, normal, uniform } from "@vielbein/linalg";
import fc from "fast-check";
import { describe, expect, it, test as scenario } from "vitest";
import { levelsOf } from "../../src/disentanglement/columns.ts";
import {
  boostedTrees,
  dci,
  factorVae,
  importanceScores,
  type LabelledCodes,
  lasso,
  mig,
  neighbourBatches,
  ridge,
  sap,
} from "../../src/disentanglement/index.ts";
import { lassoCoefficients } from "../../src/disentanglement/lasso.ts";
import { fitLevels } from "../../src/disentanglement/linear-svm.ts";
import { distance, reference, test, train } from "./reference.ts";

/** n codes of d coordinates, uniform on [-1, 1], from row `first` of the seed on. */
const uniformCodes = (first: number, n: number, d: number, seed = 1): Matrix =>
  fromRows(Array.from({ length: n }, (_, i) => uniform(seed, first + i, d, { low: -1, high: 1 })));

/** Factor j is coordinate j, its sign where discrete; two more codes are noise. */
const perfect = (first: number, n: number): LabelledCodes => {
  const codes = uniformCodes(first, n, 5);
  const factors = matrix(n, 3);
  for (let i = 0; i < n; i++) {
    const [a, b, c] = codes.data.subarray(i * 5);
    factors.data.set([a!, 2 * b! + 1, Math.sign(c!)], i * 3);
  }
  return { codes, factors, kinds: ["continuous", "continuous", "discrete"] };
};

/** Factors that have nothing to do with the codes. */
const unrelated = (first: number, n: number): LabelledCodes => ({
  codes: uniformCodes(first, n, 5),
  factors: uniformCodes(first, n, 3, 2),
  kinds: ["continuous", "continuous", "continuous"],
});

const withColumns = ({ codes, ...rest }: LabelledCodes, order: number[]): LabelledCodes => ({
  codes: matrix(
    codes.rows,
    order.length,
    Array.from({ length: codes.rows }, (_, i) => order.map((j) => codes.data[i * codes.cols + j]!)).flat(),
  ),
  ...rest,
});

describe("importanceScores", () => {
  it("is 1 where every code has one factor and every factor one code", () => {
    const { disentanglement, completeness, problems } = importanceScores(
      fromRows([
        [0, 2, 0],
        [1, 0, 0],
        [0, 0, 5],
      ]),
    );
    expect(disentanglement).toBeCloseTo(1, 14);
    expect(completeness).toBeCloseTo(1, 14);
    expect(problems).toEqual([]);
  });

  it("is 0 where all matter alike, and for codes that matter to nothing", () => {
    expect(importanceScores(matrix(2, 3, [1, 1, 1, 1, 1, 1]))).toMatchObject({
      disentanglement: expect.closeTo(0, 14),
      completeness: expect.closeTo(0, 14),
    });
    expect(importanceScores(matrix(2, 2))).toMatchObject({ disentanglement: 0, completeness: 0 });
  });

  it("weighs codes by their importance: by hand", () => {
    // Row 1: H = log 2 of two, so 0; row 2: 1. Weights 2/5 and 3/5.
    const scores = importanceScores(
      fromRows([
        [1, 1],
        [0, 3],
      ]),
    );
    expect(distance(scores.perCode!, [0, 1])).toBeLessThan(1e-14);
    expect(distance(scores.codeWeights, [0.4, 0.6])).toBeLessThan(1e-14);
    expect(scores.disentanglement).toBeCloseTo(0.6, 14);
    const second = 1 + (0.25 * Math.log2(0.25) + 0.75 * Math.log2(0.75));
    expect(scores.completeness).toBeCloseTo(0.2 * 1 + 0.8 * second, 14);
  });

  it("has no disentanglement of one factor and no completeness of one code, and says so", () => {
    expect(importanceScores(matrix(2, 1, [1, 2]))).toMatchObject({
      disentanglement: null,
      perCode: null,
      problems: ["one-factor"],
    });
    expect(importanceScores(matrix(1, 1, [1])).problems).toEqual(["one-factor", "one-code"]);
  });

  scenario("property: between 0 and 1, of any scale, rows in any order", () => {
    const importances = fc.array(
      fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 }),
      {
        minLength: 2,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(importances, fc.double({ min: 0.1, max: 10, noNaN: true }), (rows, scale) => {
        const scores = importanceScores(fromRows(rows));
        const other = importanceScores(fromRows(rows.toReversed().map((row) => row.map((x) => x * scale))));
        for (const name of ["disentanglement", "completeness"] as const) {
          expect(scores[name]).toBeGreaterThan(-1e-12);
          expect(scores[name]).toBeLessThan(1 + 1e-12);
          expect(other[name]).toBeCloseTo(scores[name]!, 9);
        }
      }),
      { seed: 5 },
    );
  });

  it("refuses negative importances", () => {
    expect(() => importanceScores(matrix(1, 2, [1, -1]))).toThrow("at least 0");
  });
});

describe("dci", () => {
  // Among splits that are equally good scikit-learn chooses by rounding and at random; few trees meet none.
  scenario.each([
    ["stumps", { depth: 1 }, 1e-12],
    ["shallow", { depth: 2, rounds: 5 }, 1e-12],
    ["boosting", {}, 0.01],
  ] as const)(
    "boosted trees: importances and predictions of scikit-learn, %s",
    (name, options, tolerance) => {
      const golden = reference[name];
      const result = dci(train, test, { estimator: boostedTrees(options) });
      const { train: seen, test: unseen } = result.informativeness;
      expect(distance(result.importances.data, golden.importances.flat())).toBeLessThan(tolerance);
      expect(distance(seen, golden.train)).toBeLessThan(tolerance);
      expect(distance(unseen, golden.test)).toBeLessThan(2 * tolerance);
      expect(Math.abs(result.disentanglement! - golden.disentanglement)).toBeLessThan(tolerance);
      expect(Math.abs(result.completeness! - golden.completeness)).toBeLessThan(tolerance);
    },
  );

  scenario("the scores of scikit-learn's importances", () => {
    const golden = reference.boosting;
    const result = importanceScores(fromRows(golden.importances));
    expect(distance(result.perCode!, golden.perCode)).toBeLessThan(1e-12);
    expect(distance(result.perFactor!, golden.perFactor)).toBeLessThan(1e-12);
    expect(result.disentanglement).toBeCloseTo(golden.disentanglement, 12);
    expect(result.completeness).toBeCloseTo(golden.completeness, 12);
  });

  it("shares the credit between codes that do the same", () => {
    const codes = uniformCodes(0, 60, 1);
    const twice = { codes: withColumns({ codes, factors: codes, kinds: [] }, [0, 0]).codes };
    const data: LabelledCodes = { ...twice, factors: codes, kinds: ["continuous"] };
    const { importances } = dci(data, data, { estimator: boostedTrees({ rounds: 5 }) });
    expect(distance(importances.data, [0.5, 0.5])).toBeLessThan(1e-9);
  });

  scenario.each([
    ["lasso", lasso()],
    ["ridge", ridge()],
  ] as const)("%s: coefficients and predictions of scikit-learn", (name, estimator) => {
    const golden = reference[name];
    const result = dci(train, test, { estimator });
    expect(distance(result.importances.data, golden.importances.flat())).toBeLessThan(1e-8);
    expect(distance(result.informativeness.test, golden.test)).toBeLessThan(1e-8);
  });

  scenario.each([0.5, 0.1, 0.01])(
    "lasso of repeated and strongly correlated codes is optimal, α = %d",
    (alpha) => {
      // 30 codes of rank 6, standardised: c − Gw is α·sign(w) where w is not 0, and at most α elsewhere.
      const n = 200;
      const mixed = matmul(uniformCodes(0, n, 6), uniformCodes(0, 6, 30, 4));
      const scale = Array.from({ length: 30 }, (_, j) =>
        Math.sqrt(mixed.data.reduce((sum, x, at) => (at % 30 === j ? sum + x * x : sum), 0)),
      );
      const codes = matrix(
        n,
        30,
        mixed.data.map((x, at) => x / scale[at % 30]!),
      );
      const target = uniformCodes(0, n, 1, 5).data.map((x, i) => (x + 10 * codes.data[30 * i]!) / 5);
      const c = matmul(codes, matrix(n, 1, target), { transposeA: true }).data;
      const g = gram(codes);
      const w = lassoCoefficients(g, c, alpha);
      const rest = matmul(g, matrix(30, 1, w)).data.map((x, i) => c[i]! - x);
      expect(w.some((x) => x !== 0)).toBe(true);
      w.forEach((x, i) => {
        if (x === 0) expect(Math.abs(rest[i]!)).toBeLessThan(alpha * (1 + 1e-8));
        else expect(rest[i]! * Math.sign(x)).toBeCloseTo(alpha, 8);
      });
    },
  );

  scenario.each([
    ["boosted trees", boostedTrees({ rounds: 30 })],
    ["lasso", lasso()],
  ] as const)("%s find one-to-one codes, in whatever order", (_, estimator) => {
    const [a, b] = [perfect(0, 800), perfect(800, 400)];
    const result = dci(a, b, { estimator });
    expect(result.disentanglement).toBeGreaterThan(0.97);
    expect(result.completeness).toBeGreaterThan(0.97);
    expect(result.informativeness.mean).toBeGreaterThan(0.9);
    const order = [4, 2, 0, 1, 3];
    const permuted = dci(withColumns(a, order), withColumns(b, order), { estimator });
    expect(permuted.disentanglement).toBeCloseTo(result.disentanglement!, 9);
    expect(distance(permuted.perFactor!, result.perFactor!)).toBeLessThan(1e-9);
  });

  it("finds nothing where there is nothing", () => {
    const [a, b] = [unrelated(0, 800), unrelated(800, 400)];
    expect(dci(a, b, { estimator: lasso({ alpha: 0.2 }) })).toMatchObject({
      disentanglement: 0,
      completeness: 0,
    });
    const trees = dci(a, b, { estimator: boostedTrees({ rounds: 20 }) });
    expect(trees.disentanglement).toBeLessThan(0.1);
    expect(trees.informativeness.mean).toBeLessThan(0.05);
  });

  it("is independent of the unit of a continuous factor", () => {
    const scaled = {
      ...train,
      factors: matrix(
        300,
        4,
        train.factors.data.map((x, i) => (i % 4 < 2 ? 1e-9 * x : x)),
      ),
    };
    const estimator = boostedTrees({ rounds: 10 });
    const [one, other] = [dci(train, test, { estimator }), dci(scaled, test, { estimator })];
    expect(distance(one.importances.data, other.importances.data)).toBeLessThan(1e-9);
  });

  it("refuses data that do not belong together", () => {
    expect(() => dci({ ...train, kinds: ["discrete"] }, test)).toThrow("belong together");
    expect(() => dci(train, withColumns(test, [0, 1]))).toThrow("same coordinates");
    expect(() => boostedTrees({ depth: 0 })).toThrow("positive integer");
    expect(() => lasso({ alpha: 0 })).toThrow("alpha must be positive and finite, got 0");
  });
});

describe("mig", () => {
  scenario("mutual information of scikit-learn, nats", () => {
    const golden = reference.mig;
    const result = mig(train);
    expect(distance(result.mutualInformation.data, golden.mutualInformation.flat())).toBeLessThan(1e-12);
    expect(distance(result.entropies, golden.entropies)).toBeLessThan(1e-12);
    expect(distance(result.perFactor as number[], golden.perFactor)).toBeLessThan(1e-12);
    expect(result.mig).toBeCloseTo(golden.mig, 12);
  });

  it("is nearly 1 for one-to-one codes, nearly 0 for unrelated ones", () => {
    expect(mig(perfect(0, 20_000)).mig).toBeGreaterThan(0.98);
    expect(mig(unrelated(0, 20_000)).mig).toBeLessThan(0.005);
  });

  it("is exactly 1 where the codes are the factors on a grid, and 0 where a code repeats", () => {
    const n = 36;
    const grid = fromRows(Array.from({ length: n }, (_, i) => [i % 6, Math.floor(i / 6)]));
    const data: LabelledCodes = { codes: grid, factors: grid, kinds: ["discrete", "continuous"] };
    expect(mig(data).mig).toBeCloseTo(1, 12);
    expect(mig(withColumns(data, [0, 0, 1, 1])).mig).toBeCloseTo(0, 12);
  });

  it("leaves out constant factors, and needs two codes", () => {
    const codes = uniformCodes(0, 40, 2);
    const factors = matrix(
      40,
      2,
      codes.data.map((x, i) => (i % 2 ? 3 : x)),
    );
    const data: LabelledCodes = { codes, factors, kinds: ["continuous", "continuous"] };
    const { mig: total, perFactor } = mig(data);
    expect(perFactor[1]).toBeNull();
    expect(total).toBe(perFactor[0]);
    expect(mig(withColumns(data, [0]))).toMatchObject({ mig: null, problem: "one-code" });
    const constant = { ...data, factors: matrix(40, 2) };
    expect(mig(constant)).toMatchObject({ mig: null, problem: "constant" });
    expect(() => mig(data, { bins: 1 })).toThrow("at least 2");
  });
});

describe("sap", () => {
  scenario("squared correlations, and accuracies of scikit-learn's LinearSVC", () => {
    const result = sap(train, test);
    expect(distance(result.scores.data, reference.sap.scores.flat())).toBeLessThan(1e-12);
    expect(result.sap).toBeCloseTo(reference.sap.sap, 12);
  });

  scenario.each(reference.machines)(
    "the machines of code $code for factor $factor",
    ({ code, factor, lines }) => {
      const pick = ({ data, cols }: Matrix, j: number) => data.filter((_, at) => at % cols === j);
      const values = pick(train.factors, factor);
      const levels = levelsOf(values);
      const labels = Int32Array.from(values, (x) => levels.indexOf(x));
      const fitted = fitLevels(pick(train.codes, code), labels, levels, 0.01);
      const found = fitted.lines.flatMap(({ slope, intercept }) => [slope, intercept]);
      expect(distance(found, lines.flat())).toBeLessThan(1e-7);
    },
  );

  it("is high for one-to-one codes, low for unrelated ones, the same in any order", () => {
    const [a, b] = [perfect(0, 2000), perfect(2000, 1000)];
    const { perFactor, sap: total } = sap(a, b);
    expect(Math.min(perFactor[0]!, perFactor[1]!)).toBeGreaterThan(0.98);
    // The other codes still guess a sign half of the time.
    expect(perFactor[2]).toBeGreaterThan(0.4);
    const order = [3, 1, 4, 0, 2];
    expect(sap(withColumns(a, order), withColumns(b, order)).sap).toBe(total);
    expect(sap(unrelated(0, 2000), unrelated(2000, 1000)).sap).toBeLessThan(0.01);
  });

  it("needs two codes", () => {
    const [a, b] = [withColumns(train, [0]), withColumns(test, [0])];
    expect(sap(a, b)).toMatchObject({ sap: null, problem: "one-code" });
  });

  it("refuses a cost of nothing", () => {
    expect(() => sap(train, test, { cost: 0 })).toThrow("cost must be positive and finite, got 0");
  });

  it("counts a constant code as no prediction of a continuous factor", () => {
    const constant = (data: LabelledCodes) => ({ ...data, codes: matrix(data.codes.rows, 5) });
    expect(Array.from(sap(constant(train), constant(test)).scores.data.subarray(0, 2))).toEqual([0, 0]);
  });
});

describe("factorVae", () => {
  const votes = { trainingVotes: 300, evaluationVotes: 200 };
  /** Normal codes, of which coordinate `fixed(factor)` is the same throughout the batch. */
  const batches = (fixed: (factor: number) => number) => (factor: number, vote: number) => {
    const rows = Array.from({ length: 16 }, (_, i) => normal(3, 16 * vote + i, 4));
    for (const row of rows) row[fixed(factor)] = rows[0]![fixed(factor)]!;
    return fromRows(rows);
  };
  const global = fromRows(Array.from({ length: 500 }, (_, i) => normal(4, i, 4)));

  it("is 1 where one code stands for each factor", async () => {
    const result = await factorVae(
      global,
      3,
      batches((factor) => 3 - factor),
      votes,
    );
    expect(result).toMatchObject({ score: 1, trainingScore: 1, perFactor: [1, 1, 1] });
    expect([...result.activeCodes]).toEqual([0, 1, 2, 3]);
    // Every vote for factor j is for code 3 − j.
    expect(result.votes.data.reduce((sum, x) => sum + x, 0)).toBe(300);
    expect([3, 2, 1].every((code, j) => result.votes.data[code * 3 + j]! > 0)).toBe(true);
    expect([...result.votes.data.subarray(0, 3)]).toEqual([0, 0, 0]);
  });

  it("is the share of the commonest factor where no code stands for any", async () => {
    const { score } = await factorVae(global, 4, (_, vote) => batches(() => 0)(0, vote), votes);
    expect(score).toBeLessThan(0.4);
    expect(score).toBeGreaterThan(0.1);
  });

  it("leaves out codes that hardly vary", async () => {
    const flat = matrix(
      500,
      4,
      global.data.map((x, i) => (i % 4 === 0 ? 0.01 * x : i % 4 === 1 ? 5 : x)),
    );
    const fix = batches((factor) => 2 + factor);
    const scaled = (factor: number, vote: number) => {
      const codes = fix(factor, vote);
      return matrix(
        16,
        4,
        codes.data.map((x, i) => (i % 4 === 0 ? 0 : x)),
      );
    };
    const pruned = await factorVae(flat, 2, scaled, { ...votes, minimumDeviation: 0.05 });
    expect([...pruned.activeCodes]).toEqual([2, 3]);
    expect(pruned.score).toBe(1);
    const kept = await factorVae(flat, 2, scaled, votes);
    expect([...kept.activeCodes]).toEqual([0, 2, 3]);
    expect(kept.score).toBeLessThan(0.7);
    const none = await factorVae(matrix(5, 4), 2, scaled, votes);
    expect(none).toMatchObject({ score: null, problem: "no-active-codes" });
  });

  it("does with measured factors: one-to-one codes 1, unrelated ones by chance", async () => {
    const data = perfect(0, 3000);
    // A sign leaves its code half of its range, which other codes of 64 hardly fall short of.
    const { score } = await factorVae(data.codes, 3, neighbourBatches(data), votes);
    expect(score).toBe(1);
    const noise = unrelated(0, 3000);
    expect((await factorVae(noise.codes, 3, neighbourBatches(noise), votes)).score).toBeLessThan(0.5);
  });

  it("draws batches of neighbours in the factor, and of equal level", async () => {
    const data = perfect(0, 400);
    const batch = neighbourBatches(data, { size: 20 });
    for (let vote = 0; vote < 30; vote++) {
      const codes = await batch(0, vote);
      const values = codes.data.filter((_, at) => at % 5 === 0).sort();
      const all = data.codes.data.filter((_, at) => at % 5 === 0).sort();
      const start = all.indexOf(values[0]!);
      expect([...all.subarray(start, start + 20)]).toEqual([...values]);
      const signs = new Set((await batch(2, vote)).data.filter((_, at) => at % 5 === 2).map(Math.sign));
      expect(signs.size).toBe(1);
    }
    expect(() => neighbourBatches(data, { size: 401 })).toThrow("from 2 to 400, the number of rows");
  });

  it("refuses batches of another dimension, and no votes", async () => {
    await expect(factorVae(global, 2, () => matrix(3, 3), votes)).rejects.toThrow("4 coordinates");
    await expect(factorVae(global, 2, () => matrix(3, 4), { trainingVotes: 0 })).rejects.toThrow("positive");
  });
});
