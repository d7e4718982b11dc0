// What the scores refuse, what they do at the edges, and what must change nothing: constant factors, units, signs.

import { fromRows, gram, type Matrix, matmul, matrix, normal, uniform } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { sampleDeviations, sampleVariances } from "../../src/disentanglement/columns.ts";
import {
  boostedTrees,
  dci,
  densityCoverage,
  factorVae,
  type LabelledCodes,
  lasso,
  mig,
  neighbourBatches,
  precisionRecall,
  ridge,
  sap,
} from "../../src/disentanglement/index.ts";
import { lassoCoefficients } from "../../src/disentanglement/lasso.ts";
import { bootstrap, rankCorrelation } from "../../src/statistics/index.ts";
import { reference, rowsOf } from "./reference.ts";

const random = (first: number, n: number, d: number): Matrix =>
  fromRows(Array.from({ length: n }, (_, i) => normal(21, first + i, d)));

/** Codes [n, 4]; a continuous factor that falls with code 0, one of codes 1 and 2, and the sign of code 3. */
const labelled = (first: number, n: number): LabelledCodes => {
  const codes = random(first, n, 4);
  const factors = fromRows(
    Array.from({ length: n }, (_, i) => {
      const [a, b, c, d] = codes.data.subarray(4 * i, 4 * i + 4);
      return [-2 * a! + 0.1 * b!, b! - c!, Math.sign(d!)];
    }),
  );
  return { codes, factors, kinds: ["continuous", "continuous", "discrete"] };
};

const [train, held] = [labelled(0, 200), labelled(200, 80)];

const columns = ({ rows, cols, data }: Matrix, f: (x: number, j: number) => number) =>
  matrix(
    rows,
    cols,
    data.map((x, at) => f(x, at % cols)),
  );

/** Factor 1 of four is constant, a number beside which the others are in their order. */
const withConstant = ({ codes, factors, kinds }: LabelledCodes, value = 0.1): LabelledCodes => ({
  codes,
  factors: fromRows(
    Array.from({ length: factors.rows }, (_, i) => {
      const [first, ...rest] = factors.data.subarray(3 * i, 3 * i + 3);
      return [first!, value, ...rest];
    }),
  ),
  kinds: [kinds[0]!, "continuous", ...kinds.slice(1)],
});

describe("variances and deviations of columns of any size", () => {
  const values = random(7, 50, 3);
  const [variances, deviations] = [sampleVariances(values), sampleDeviations(values)];

  test.each([-1000, -560, -540, -300, 300, 500])("times 2^%s", (exponent) => {
    const scaled = columns(values, (x) => x * 2 ** exponent);
    sampleDeviations(scaled).forEach((deviation, j) => {
      expect(deviation).toBe(deviations[j]! * 2 ** exponent);
    });
    // Below float64's least they are 0 or subnormal, the nearest there is.
    const half = 2 ** exponent;
    sampleVariances(scaled).forEach((variance, j) => {
      expect(variance).toBe(variances[j]! * half * half);
    });
  });

  test("of ten and of the next number after it", () => {
    const next = 10 + 2 ** -49;
    expect(sampleDeviations(matrix(2, 1, Float64Array.of(10, next)))[0]).toBeGreaterThan(0);
    expect([...sampleVariances(matrix(3, 1, Float64Array.of(0.1, 0.1, 0.1)))]).toEqual([0]);
  });

  test.each([-1000, -600, 600])("boosted trees of a factor in units of 2^%s", (exponent) => {
    const estimate = (unit: number) => {
      const factors = columns(train.factors, (x, j) => (j === 0 ? unit * x : x));
      return boostedTrees({ rounds: 5 })({ ...train, factors });
    };
    const [plain, scaled] = [estimate(1), estimate(2 ** exponent)];
    expect(scaled.importances).toEqual(plain.importances);
    const [first] = plain.predict(held.codes).data;
    expect(scaled.predict(held.codes).data[0]).toBe(first! * 2 ** exponent);
  });
});

describe("a constant factor is left out, as if it were not there", () => {
  const [more, moreHeld] = [withConstant(train), withConstant(held)];
  const apart = <T>(values: readonly T[]) => values.filter((_, j) => j !== 1);

  test("by MIG", () => {
    const [plain, found] = [mig(train), mig(more)];
    expect(found.mig).toBe(plain.mig);
    expect(found.perFactor[1]).toBeNull();
    expect(apart(found.perFactor)).toEqual(plain.perFactor);
  });

  test("by SAP, also a discrete one, and one that varies only in the test data", () => {
    const plain = sap(train, held);
    const kinds = more.kinds.map((kind, j) => (j === 1 ? "discrete" : kind));
    const moved = columns(moreHeld.factors, (x, j) => (j === 1 ? Math.sin(1e6 * x) : x));
    for (const [a, b] of [
      [more, moreHeld],
      [
        { ...more, kinds },
        { ...moreHeld, kinds },
      ],
      [more, { ...moreHeld, factors: moved }],
    ] as const) {
      const found = sap(a, b);
      expect(found.sap).toBe(plain.sap);
      expect(found.perFactor[1]).toBeNull();
      expect(apart(found.perFactor)).toEqual(plain.perFactor);
    }
  });

  test.each([
    ["lasso", lasso()],
    ["ridge", ridge()],
    ["boosted trees", boostedTrees({ rounds: 5 })],
  ])("by DCI, %s", (_, estimator) => {
    const [plain, found] = [dci(train, held, { estimator }), dci(more, moreHeld, { estimator })];
    const { informativeness, factors, ...scores } = found;
    const { informativeness: own, factors: _own, ...rest } = plain;
    expect(scores).toEqual(rest);
    expect(factors).toEqual([0, 2, 3]);
    expect(informativeness.mean).toBe(own.mean);
    expect(informativeness.test[1]).toBeNull();
    expect(apart(informativeness.test)).toEqual(own.test);
    expect(apart(informativeness.train)).toEqual(own.train);
  });

  test("informativeness of a factor that is constant only in the test data has no value there", () => {
    const flat = { ...held, factors: columns(held.factors, (x, j) => (j === 0 ? 0.3 : x)) };
    const { informativeness } = dci(train, flat, { estimator: ridge() });
    expect(informativeness.test[0]).toBeNull();
    expect(informativeness.train[0]).toBeGreaterThan(0.9);
    expect(informativeness.mean).toBeCloseTo((informativeness.test[1]! + informativeness.test[2]!) / 2, 12);
  });

  test("constants only are no data", () => {
    const constant = { ...train, factors: matrix(200, 3) };
    expect(mig(constant)).toMatchObject({ mig: null, problem: "constant" });
    expect(sap(constant, held)).toMatchObject({
      sap: null,
      problem: "constant",
      perFactor: [null, null, null],
    });
    expect(() => dci(constant, held)).toThrow("some factor must vary");
  });
});

describe("units and signs change nothing", () => {
  test.each([1e-30, 1e-170, 1e30, 1e170])("SAP of continuous factors, codes and factors times %s", (unit) => {
    const continuous = (data: LabelledCodes): LabelledCodes => ({
      ...data,
      kinds: ["continuous", "continuous", "continuous"],
    });
    const scaled = (data: LabelledCodes): LabelledCodes => ({
      ...data,
      codes: columns(data.codes, (x) => unit * x),
      factors: columns(data.factors, (x, j) => (j === 1 ? x / unit : unit * x)),
    });
    const [a, b] = [continuous(train), continuous(held)];
    const [plain, found] = [sap(a, b), sap(scaled(a), scaled(b))];
    expect(found.sap).toBeCloseTo(plain.sap!, 12);
    expect(plain.sap).toBeGreaterThan(0.1);
  });

  test.each([
    ["lasso", lasso()],
    ["ridge", ridge()],
    ["boosted trees", boostedTrees({ rounds: 5 })],
  ])(
    "%s: factors and codes of the other sign have the same importances, none of them negative",
    (_, estimator) => {
      const negated = ({ codes, factors, kinds }: LabelledCodes, ofCodes: number): LabelledCodes => ({
        codes: columns(codes, (x, j) => (j < 2 ? ofCodes : 1) * x),
        factors: columns(factors, (x, j) => (j < 2 ? -x : x)),
        kinds,
      });
      const plain = dci(train, held, { estimator }).importances.data;
      expect(Math.min(...plain)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...plain)).toBeGreaterThan(0.1);
      for (const sign of [1, -1]) {
        const found = dci(negated(train, sign), negated(held, sign), { estimator }).importances.data;
        found.forEach((x, at) => {
          expect(x).toBeCloseTo(plain[at]!, 10);
        });
      }
    },
  );

  test("lasso: the optimality conditions hold where coefficients of either sign come in late", () => {
    // Codes that nearly repeat each other: coordinate descent has not arrived, and the active set has work to do.
    const [n, alpha] = [12, 1e-3];
    for (let trial = 0; trial < 60; trial++) {
      const d = 3 + (trial % 3);
      const [shared, target] = [normal(2, trial, n), normal(3, trial, n)];
      const rows = Array.from({ length: n }, (_, i) =>
        normal(1, trial * n + i, d).map((x) => shared[i]! + 0.01 * x),
      );
      const lengths = Array.from({ length: d }, (_, j) => Math.hypot(...rows.map((row) => row[j]!)));
      const codes = fromRows(rows.map((row) => row.map((x, j) => x / lengths[j]!)));
      const g = gram(codes);
      const c = matmul(codes, matrix(n, 1, target), { transposeA: true }).data;
      const w = lassoCoefficients(g, c, alpha);
      const rest = matmul(g, matrix(d, 1, w)).data.map((x, i) => c[i]! - x);
      w.forEach((x, i) => {
        if (x === 0) expect(Math.abs(rest[i]!)).toBeLessThan(alpha * (1 + 1e-5));
        else expect(rest[i]!).toBeCloseTo(alpha * Math.sign(x), 7);
      });
    }
  });
});

describe("bins of MIG", () => {
  test.each(reference.bins)("$count values in $bins bins: those of NumPy", ({ values, bins, counts }) => {
    // Binned, a continuous factor has the entropy of the counts; the first code is the factor itself.
    const n = values.length;
    const codes = fromRows(values.map((x, i) => [x, i]));
    const { entropies, mutualInformation } = mig(
      { codes, factors: matrix(n, 1, values), kinds: ["continuous"] },
      { bins },
    );
    const entropy = counts.reduce((sum, c) => (c > 0 ? sum - (c / n) * Math.log(c / n) : sum), 0);
    expect(entropies[0]).toBeCloseTo(entropy, 12);
    expect(mutualInformation.data[0]).toBeCloseTo(entropy, 12);
  });
});

describe("limits", () => {
  const [real, made] = [rowsOf(reference.neighbours.real, 3), rowsOf(reference.neighbours.generated, 3)];
  const bad = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY];
  const batch = () => random(0, 16, 4);
  const refused: readonly (readonly [string, () => unknown])[] = [
    ...[...bad, 60].flatMap((k) => [
      [`precisionRecall k = ${k}`, () => precisionRecall(real, made, { k })] as const,
      [`densityCoverage k = ${k}`, () => densityCoverage(real, made, { k })] as const,
    ]),
    ...[...bad, 21].map((depth) => [`depth = ${depth}`, () => boostedTrees({ depth })] as const),
    ...bad.map((rounds) => [`rounds = ${rounds}`, () => boostedTrees({ rounds })] as const),
    ...[0, -0.1, 1.1, Number.NaN].map(
      (learningRate) => [`learningRate = ${learningRate}`, () => boostedTrees({ learningRate })] as const,
    ),
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].flatMap((x) => [
      [`lasso alpha = ${x}`, () => lasso({ alpha: x })] as const,
      [`ridge alpha = ${x}`, () => ridge({ alpha: x })] as const,
      [`sap cost = ${x}`, () => sap(train, held, { cost: x })] as const,
    ]),
    ...[...bad, 1].map((bins) => [`mig bins = ${bins}`, () => mig(train, { bins })] as const),
    ...[...bad, 1, 201].map(
      (size) => [`neighbourBatches size = ${size}`, () => neighbourBatches(train, { size })] as const,
    ),
    ...bad.map(
      (permutations) =>
        [
          `permutations = ${permutations}`,
          () => rankCorrelation([1, 2, 3], [1, 3, 2], { permutations }),
        ] as const,
    ),
  ];
  test.each(refused)("%s is refused", (_, run) => {
    expect(run).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  const votes = { trainingVotes: 4, evaluationVotes: 4 };
  test.each([
    ...bad.flatMap((x) => [
      [`${x} factors`, x, votes] as const,
      [`${x} training votes`, 2, { ...votes, trainingVotes: x }] as const,
      [`${x} evaluation votes`, 2, { ...votes, evaluationVotes: x }] as const,
    ]),
    ["a negative deviation", 2, { ...votes, minimumDeviation: -1 }],
    ["a deviation that is not a number", 2, { ...votes, minimumDeviation: Number.NaN }],
  ] as const)("factorVae with %s is refused", async (_, factors, options) => {
    await expect(factorVae(random(0, 50, 4), factors, batch, options)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("the last of each is taken", async () => {
    expect(precisionRecall(real, made, { k: 59 })).toEqual({ precision: 1, recall: 1 });
    const stumps = { rounds: 1, learningRate: 1 };
    const few = { ...train, codes: train.codes };
    expect(
      dci(few, held, { estimator: boostedTrees({ ...stumps, depth: 20 }) }).disentanglement,
    ).not.toBeNull();
    expect(mig(train, { bins: 2 }).mig).not.toBeNull();
    expect((await neighbourBatches(train, { size: 200 })(0, 0)).rows).toBe(200);
    expect(
      (await factorVae(random(0, 50, 4), 1, batch, { trainingVotes: 1, evaluationVotes: 1 })).score,
    ).toBe(1);
    expect(rankCorrelation(uniform(1, 0, 12), uniform(1, 1, 12), { permutations: 1 }).pValue).toBeGreaterThan(
      0.4,
    );
  });
});

describe("units change no score, however large or small", () => {
  const inUnitsOf = (unit: number, { codes, factors, kinds }: LabelledCodes): LabelledCodes => ({
    codes: columns(codes, (x) => x * unit),
    factors: columns(factors, (x, j) => (kinds[j] === "continuous" ? x * unit : x)),
    kinds,
  });
  const powers = [2 ** -565, 2 ** 565, 2 ** 1020];

  test.each(powers)("%s", async (unit) => {
    const [seen, unseen] = [inUnitsOf(unit, train), inUnitsOf(unit, held)];
    for (const estimator of [lasso(), ridge()]) {
      expect(dci(seen, unseen, { estimator })).toEqual(dci(train, held, { estimator }));
    }
    expect(mig(seen)).toEqual(mig(train));
    const vae = ({ codes }: LabelledCodes) =>
      factorVae(
        codes,
        2,
        (factor, vote) =>
          columns(
            random(vote, 16, 4),
            (x, j) => (j === factor ? 0.1 * x : x) * (codes === seen.codes ? unit : 1),
          ),
        { trainingVotes: 40, evaluationVotes: 40 },
      );
    expect(await vae(seen)).toEqual(await vae(train));
    const [a, b] = [random(0, 60, 3), random(500, 50, 3)];
    const times = (m: Matrix) => columns(m, (x) => x * unit);
    expect(precisionRecall(times(a), times(b))).toEqual(precisionRecall(a, b));
    expect(densityCoverage(times(a), times(b))).toEqual(densityCoverage(a, b));
  });

  test("of two clusters far apart, distances are those of the differences", () => {
    const apart = (first: number) =>
      fromRows(
        Array.from({ length: 40 }, (_, i) =>
          Array.from(normal(21, first + i, 3), (x) => x + (i % 2 ? 1e8 : -1e8)),
        ),
      );
    const [a, b] = [apart(0), apart(500)];
    const distance = (x: Matrix, i: number, y: Matrix, j: number) =>
      Math.hypot(...[0, 1, 2].map((k) => x.data[3 * i + k]! - y.data[3 * j + k]!));
    const all = Array.from({ length: 40 }, (_, i) => i);
    const radius = (x: Matrix, i: number) =>
      all
        .filter((j) => j !== i)
        .map((j) => distance(x, i, x, j))
        .sort((p, q) => p - q)[2]!;
    const inside = (x: Matrix, y: Matrix) =>
      all.filter((j) => all.some((i) => distance(x, i, y, j) <= radius(x, i))).length / 40;
    expect(precisionRecall(a, b)).toEqual({ precision: inside(a, b), recall: inside(b, a) });
  });
});

describe("rankCorrelation at its limits", () => {
  const rising = (n: number) => Array.from({ length: n }, (_, i) => i);

  test("three pairs are the fewest, and nine the most of which all permutations are tried", () => {
    expect(() => rankCorrelation([1, 2], [1, 2])).toThrow("three pairs or more");
    // Of 3! orders the rising and the falling one correlate as much.
    expect(rankCorrelation(rising(3), rising(3))).toEqual({ rho: 1, pValue: 2 / 6, exact: true });
    expect(rankCorrelation(rising(9), rising(9))).toEqual({ rho: 1, pValue: 2 / 362_880, exact: true });
    expect(rankCorrelation(rising(10), rising(10), { permutations: 99 })).toEqual({
      rho: 1,
      pValue: 1 / 100,
      exact: false,
    });
  });

  test("by default 9999 permutations are drawn", () => {
    expect(rankCorrelation(rising(12), rising(12)).pValue).toBe(1 / 10_000);
  });

  test("either side must be finite, must vary and must have a partner", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => rankCorrelation([bad, 1, 2], [1, 2, 3])).toThrow(`x must be finite, got ${bad} at 0`);
      expect(() => rankCorrelation([1, 2, 3], [1, 2, bad])).toThrow(`y must be finite, got ${bad} at 2`);
    }
    expect(() => rankCorrelation([5, 5, 5], [1, 2, 3])).toThrow("x must not be constant");
    expect(() => rankCorrelation([1, 2, 3], [5, 5, 5])).toThrow("y must not be constant");
    expect(() => rankCorrelation([1, 2, 3], [1, 2, 3, 4])).toThrow("got 3 and 4");
  });

  test("ties share the mean of their ranks", () => {
    // Ranks 1.5, 1.5, 3 against 1, 2, 3: ρ = 1.5 / √(1.5·2).
    expect(rankCorrelation([4, 4, 9], [1, 2, 3]).rho).toBeCloseTo(Math.sqrt(0.75), 14);
  });
});

test("streams of random numbers begin where no sample of points under the same seed reaches", async () => {
  // Row k of a batch of a discrete factor of one level is row ⌊n·u⌋ of the codes, u being number k + 1 of the stream.
  const n = 50;
  const level = matrix(n, 1, new Float64Array(n).fill(2));
  const codes = matrix(
    n,
    1,
    Float64Array.from({ length: n }, (_, i) => i),
  );
  const data = { codes, factors: level, kinds: ["discrete"] as const };
  const batch = await neighbourBatches(data, { size: 4, seed: 9 })(0, 3);
  const drawn = uniform(9, 2 ** 41 + 3, 5);
  expect([...batch.data]).toEqual(Array.from(drawn.subarray(1), (u) => Math.floor(u * n)));
  const members: number[][] = [];
  bootstrap(
    6,
    (each) => {
      members.push([...each]);
      return 0;
    },
    { seed: 9, resamples: 2 },
  );
  expect(members).toEqual([0, 1].map((r) => [...new Int32Array(uniform(9, 2 ** 41 + r, 6, { high: 6 }))]));
});
