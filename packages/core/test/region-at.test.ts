// Directions of a region by iteration: as SciPy finds them of the whole Jacobian, as the whole metrics give them, and
// exactly, of planted blocks.

import { readFileSync } from "node:fs";
import { type Matrix, matmul, matrix, normal, orthogonal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { functionMap, localBasisAt, RegionAt, regionDirections, regionMetricsAt } from "../src/index.ts";
import { leadingQuotients, type QuotientSearch } from "../src/jacobian/leading-quotients.ts";

interface Golden {
  readonly shape: readonly [number, number];
  readonly jacobian: readonly number[];
  readonly weights: readonly number[];
  readonly ignore: Directions;
  readonly keep: Directions & { readonly kept: number };
  readonly ratio: Directions;
}

interface Directions {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

const goldens: Golden[] = JSON.parse(
  readFileSync(new URL("region-directions.json", import.meta.url), "utf8"),
);

function linear({ rows: m, cols: n, data }: Matrix) {
  const times = (z: Float64Array) =>
    Array.from({ length: m }, (_, i) => z.reduce((sum, x, j) => sum + data[i * n + j]! * x, 0));
  return functionMap({
    from: { name: "z", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
    evaluate: times,
    jvp: (_, tangent) => times(tangent),
  });
}

/** No metric fits, so that nothing but iteration is left. */
const SMALL = { memoryBudget: 60_000 };
const column = ({ rows, cols, data }: Matrix, j: number) =>
  Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]!);
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.abs(Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0));

describe.each(goldens.map((golden, i) => [i, golden] as const))("beside SciPy, case %i", (_, golden) => {
  const [m, n] = golden.shape;
  const map = linear(matrix(m, n, golden.jacobian));
  const point = new Float32Array(n);
  const found = (outside: "ignore" | "keep" | "ratio", options = {}) =>
    RegionAt.of(map, point, golden.weights, options).directions({ outside, k: 4 });

  test.each(["ignore", "keep"] as const)("%s, whole and by iteration", async (outside) => {
    const expected = golden[outside];
    for (const [options, products] of [
      [{}, undefined],
      [SMALL, expect.any(Number)],
    ] as const) {
      const { values, vectors, inside, kept, ...how } = await found(outside, options);
      expect(how.products).toEqual(products);
      expected.values.forEach((value, k) => {
        expect(Math.abs(values[k]! / value - 1)).toBeLessThan(2e-4);
        expect(Math.abs(inside[k]! / value - 1)).toBeLessThan(2e-4);
        expect(cosine(column(vectors, k), expected.vectors[k]!)).toBeGreaterThan(1 - 1e-4);
      });
      if (outside === "keep") expect(kept).toBe(golden.keep.kept);
    }
  });

  test("ratio, whole and by iteration, which knows the trace but for its error", async () => {
    const whole = await found("ratio");
    const iterated = await found("ratio", SMALL);
    expect([whole.products, whole.traceError]).toEqual([undefined, undefined]);
    golden.ratio.values.forEach((value, k) => {
      expect(Math.abs(whole.values[k]! / value - 1)).toBeLessThan(1e-5);
      expect(cosine(column(whole.vectors, k), golden.ratio.vectors[k]!)).toBeGreaterThan(1 - 1e-8);
      // 32 of 36 eigenvalues are all but everything.
      expect(Math.abs(iterated.values[k]! / value - 1)).toBeLessThan(1e-3);
      expect(cosine(column(iterated.vectors, k), golden.ratio.vectors[k]!)).toBeGreaterThan(1 - 1e-4);
    });
    expect(iterated.traceError).toBeLessThan(1e-4);
    expect(iterated.residual).toBeLessThan(1e-3);
    expect(iterated.route).toBe("products");
  });
});

describe("by iteration alone", () => {
  // Forty inputs move a block of the region and one outside each: input j moves 2/(1 + j) inside and 3·0.7ʲ outside.
  const n = 40;
  const rotation = orthogonal(9, 0, n);
  const inside = Array.from({ length: n }, (_, j) => 2 / (1 + j));
  const outside = Array.from({ length: n }, (_, j) => 3 * 0.7 ** j);
  const blocks = matrix(2 * n, n);
  for (let j = 0; j < n; j++) {
    blocks.data[j * n + j] = inside[j]!;
    blocks.data[(n + j) * n + j] = outside[j]!;
  }
  const map = linear(matmul(blocks, rotation, { transposeB: true }));
  const weights = Array.from({ length: 2 * n }, (_, i) => (i < n ? 1 : 0));
  const point = new Float32Array(n);
  const region = (options = {}) => RegionAt.of(map, point, weights, { ...SMALL, ...options });

  test("keep: the inputs that move the rest by less than the tolerance, those that move the region most first", async () => {
    const { kept, values, vectors, outside: moved } = await region().directions({ outside: "keep", k: 3 });
    // 0.7¹² is above a hundredth, 0.7¹³ is not.
    expect(kept).toBe(n - 13);
    expect([...values]).toEqual([13, 14, 15].map((j) => expect.closeTo(inside[j]!, 5)));
    [13, 14, 15].forEach((j, k) => {
      expect(cosine(column(vectors, k), column(rotation, j))).toBeGreaterThan(1 - 1e-4);
      expect(moved[k]).toBeCloseTo(outside[j]!, 3);
    });
  });

  test("keep: inputs that move nothing at all are counted among those kept, and are no directions", async () => {
    const padded = matrix(2 * n, n + 5);
    const rows = matmul(blocks, rotation, { transposeB: true });
    for (let i = 0; i < 2 * n; i++) {
      padded.data.set(rows.data.subarray(i * n, (i + 1) * n), i * (n + 5));
    }
    const wide = linear(padded);
    for (const options of [SMALL, {}]) {
      const here = RegionAt.of(wide, new Float32Array(n + 5), weights, options);
      const { kept, vectors, products } = await here.directions({ outside: "keep", k: 30 });
      expect([kept, vectors.cols]).toEqual([n + 5 - 13, n - 13]);
      expect(products !== undefined).toBe(options === SMALL);
    }
  });

  test("ratio: the quotients of each input", async () => {
    const trace = outside.reduce((sum, x) => sum + x * x, 0);
    const quotients = inside.map((x, j) => (x * x) / (outside[j]! ** 2 + 1e-3 * trace));
    const best = [...quotients].sort((a, b) => b - a).slice(0, 4);
    const { values, vectors, inside: speeds } = await region().directions({ outside: "ratio", k: 4 });
    best.forEach((value, k) => {
      const j = quotients.indexOf(value);
      expect(Math.abs(values[k]! / value - 1)).toBeLessThan(1e-3);
      expect(cosine(column(vectors, k), column(rotation, j))).toBeGreaterThan(1 - 1e-3);
      expect(speeds[k]).toBeCloseTo(inside[j]!, 2);
    });
  });

  test("speeds and the local basis of the whole, by the same route", async () => {
    const here = region();
    const { inputVectors } = await localBasisAt(map, point, { k: 3 });
    const basis = await here.localBasis(3);
    for (const k of [0, 1, 2]) {
      expect(cosine(column(basis, k), column(inputVectors, k))).toBeGreaterThan(1 - 1e-6);
    }
    const metrics = await regionMetricsAt(map, point, weights);
    const { inside: expected } = regionDirections(metrics, { outside: "ignore", k: 3 });
    const { inside: speeds } = await here.speeds(
      regionDirections(metrics, { outside: "ignore", k: 3 }).vectors,
    );
    speeds.forEach((speed, k) => {
      expect(speed).toBeCloseTo(expected[k]!, 5);
    });
  });

  test("refuses what products do not resolve, and what there is no room for", async () => {
    for (const [options, least] of [
      [{ outside: "keep", tolerance: 1e-3 }, "0.003 at least"],
      [{ outside: "ratio", regularization: 9e-6 }, "0.00001 at least"],
    ] as const) {
      await expect(region().directions({ ...options, k: 1 })).rejects.toMatchObject({
        code: "OUT_OF_RANGE",
        message: expect.stringContaining(least),
      });
    }
    const cramped = region({ memoryBudget: 2 ** 14 });
    await expect(cramped.directions({ outside: "keep", k: 1 })).rejects.toMatchObject({
      code: "MEMORY_BUDGET",
      message: expect.stringMatching(/More than 8 directions move the rest/),
    });
  });

  test("keep: where very many directions move the rest, the whole metrics are taken if they fit", async () => {
    const here = region({ memoryBudget: 8 * 8 * n ** 2 + 1 });
    expect((await here.directions({ outside: "ignore", k: 1 })).products).toBeGreaterThan(0);
    const { products, kept } = await here.directions({ outside: "keep", k: 1 });
    expect([products, kept]).toEqual([undefined, n - 13]);
  });

  test("a region that is everything, and one that nothing moves", async () => {
    const all = RegionAt.of(map, point, Array(2 * n).fill(1), SMALL);
    const everything = await all.directions({ outside: "ratio", k: 1 });
    expect(everything.inside[0]).toBeCloseTo(Math.hypot(inside[0]!, outside[0]!), 3);
    const still = RegionAt.of(linear(matrix(2 * n, n)), point, weights, SMALL);
    for (const rule of ["ignore", "keep", "ratio"] as const) {
      const { values, residual } = await still.directions({ outside: rule, k: 1 });
      expect([values[0], residual]).toEqual([0, 0]);
    }
  });
});

describe("leadingQuotients", () => {
  const n = 30;
  const q = orthogonal(3, 0, n);
  const symmetric = (values: readonly number[]) => {
    const scaled = matrix(
      n,
      n,
      q.data.map((x, at) => x * values[at % n]!),
    );
    return matmul(scaled, q, { transposeB: true });
  };
  const [a, b] = [
    symmetric(Array.from({ length: n }, (_, i) => 5 / (1 + i))),
    symmetric(Array.from({ length: n }, (_, i) => 1 + i)),
  ];
  const times = (of: Matrix, x: Float64Array) => matmul(of, matrix(n, 1, x)).data;
  const search = (options: Partial<QuotientSearch> = {}) =>
    leadingQuotients({
      dim: n,
      k: 3,
      apply: async (x) => [times(a, x), times(b, x)],
      precondition: (r) => r.slice(),
      tolerance: 1e-8,
      capacity: n,
      ...options,
    });
  const expected = [5, 5 / 4, 5 / 9].map((x) => expect.closeTo(x, 6));

  test.each([n, 7])("finds them with room for %i vectors", async (capacity) => {
    const { values, vectors, residuals } = await search({ capacity });
    expect([...values]).toEqual(expected);
    for (const k of [0, 1, 2]) expect(cosine(column(vectors, k), column(q, k))).toBeCloseTo(1, 6);
    expect(Math.max(...residuals)).toBeLessThan(1e-7);
  });

  test("with the inverse of B in fewer steps", async () => {
    const inverse = symmetric(Array.from({ length: n }, (_, i) => 1 / (1 + i)));
    const fast = await search({ precondition: (r) => times(inverse, r) });
    const slow = await search();
    expect([...fast.values]).toEqual(expected);
    expect(fast.steps).toBeLessThan(slow.steps);
  });

  test("of values that occur twice, both; of one dimension, that", async () => {
    const twice = symmetric(Array.from({ length: n }, (_, i) => (i < 2 ? 4 : 1 / (1 + i))));
    const one = symmetric(Array(n).fill(1));
    const { values } = await search({ apply: async (x) => [times(twice, x), times(one, x)] });
    expect([...values]).toEqual([4, 4, 1 / 3].map((x) => expect.closeTo(x, 6)));
    const single = await search({
      dim: 1,
      k: 1,
      apply: async (x) => [x.map((v) => 6 * v), x.map((v) => 2 * v)],
    });
    expect([[...single.values], single.steps]).toEqual([[expect.closeTo(3, 12)], 1]);
  });

  test("products that round end where rounding is all that is left, and the signal stops it", async () => {
    let drawn = 0;
    const noisy = (x: Float64Array) => {
      const noise = normal(1, drawn++, n);
      return x.map((value, i) => value + 1e-6 * noise[i]!);
    };
    const { values, steps } = await search({
      dim: n,
      apply: async (x) => [noisy(times(a, x)), noisy(times(b, x))],
      capacity: 12,
      tolerance: 1e-14,
    });
    [5, 1.25, 5 / 9].forEach((value, k) => {
      expect(values[k]).toBeCloseTo(value, 3);
    });
    expect(steps).toBeLessThan(300);
    await expect(search({ signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
