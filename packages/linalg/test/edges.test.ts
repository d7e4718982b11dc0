// Arguments that are refused, by a typed error each; and matrices at the edges of float64.

import { describe, expect, it, test } from "vitest";
import {
  type BlockOperator,
  canonicalSigns,
  cholesky,
  columnsAt,
  eigh,
  eighGeneralized,
  eighStack,
  eigsh,
  fromRows,
  fromStack,
  gram,
  identity,
  LinalgError,
  type LinalgErrorCode,
  leadingColumns,
  leastSquares,
  type Matrix,
  matmul,
  matrix,
  normal,
  orthogonal,
  orthonormalize,
  pinv,
  polar,
  principalAngles,
  qr,
  rank,
  StreamingQr,
  solve,
  svd,
  svdStack,
  svds,
  tallSkinnyQR,
  tallSvd,
  transpose,
  uniform,
  unitColumns,
} from "../src/index.ts";
import { onEveryBackend } from "./backends.ts";
import { absoluteError, build, orthogonality } from "./helpers.ts";

const square = matrix(3, 3, [4, 1, 0, 1, 3, 1, 0, 1, 2]);
const withEntry = (x: number): Matrix => matrix(3, 3, [4, 1, 0, 1, x, 1, 0, 1, 2]);
const stackOf = (...data: number[]) => ({ count: 1, rows: 2, cols: 2, data: Float64Array.from(data) });

async function codeOf(call: () => unknown): Promise<LinalgErrorCode | "none"> {
  try {
    await call();
    return "none";
  } catch (error) {
    if (error instanceof LinalgError) return error.code;
    throw error;
  }
}

onEveryBackend("NaN and infinities", () => {
  const takers: Record<string, (a: Matrix) => unknown> = {
    svd: (a) => svd(a),
    eigh: (a) => eigh(a),
    "eighGeneralized, a": (a) => eighGeneralized(a, square),
    "eighGeneralized, b": (a) => eighGeneralized(square, a),
    qr: (a) => qr(a),
    cholesky: (a) => cholesky(a),
    "solve, a": (a) => solve(a, square),
    "solve, b": (a) => solve(square, a),
    "leastSquares, a": (a) => leastSquares(a, square),
    "leastSquares, b": (a) => leastSquares(square, a),
    pinv: (a) => pinv(a),
    rank: (a) => rank(a),
    polar: (a) => polar(a),
    orthonormalize: (a) => orthonormalize(a),
    unitColumns: (a) => unitColumns(a),
    "principalAngles, a": (a) => principalAngles(a, square),
    "principalAngles, b": (a) => principalAngles(square, a),
    svdStack: ({ data }) => svdStack({ count: 1, rows: 3, cols: 3, data }),
    eighStack: ({ data }) => eighStack({ count: 1, rows: 3, cols: 3, data }),
    tallSvd: (a) => tallSvd([a]),
    "tallSvd, gram": (a) => tallSvd([square, a], { method: "gram" }),
    tallSkinnyQR: (a) => tallSkinnyQR([a]),
    StreamingQr: (a) => new StreamingQr(3).append(a),
    eigsh: (a) => eigsh(a, 1),
    svds: (a) => svds(a, 1),
    "an operator's product": (a) => eigsh({ rows: 3, cols: 3, apply: (x) => matmul(a, x) }, 1),
  };
  it.each(Object.keys(takers))("%s", async (name) => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect([wrong, await codeOf(() => takers[name]!(withEntry(wrong)))]).toEqual([wrong, "NOT_FINITE"]);
    }
  });
});

describe("shapes and numbers out of range", () => {
  const short: Matrix = { rows: 2, cols: 2, data: new Float64Array(3) };
  const negative: Matrix = { rows: -1, cols: -2, data: new Float64Array(2) };
  const broken: Matrix = { rows: 1.5, cols: 2, data: new Float64Array(3) };
  test.each([
    ["svd", svd],
    ["eigh", eigh],
    ["qr", qr],
    ["gram", gram],
    ["transpose", transpose],
    ["polar", polar],
    ["rank", rank],
    ["unitColumns", unitColumns],
  ] as [string, (a: Matrix) => unknown][])("%s of a matrix that is none", async (_, take) => {
    expect(await codeOf(() => take(short))).toBe("SHAPE_MISMATCH");
    expect(await codeOf(() => take(negative))).toMatch(/INVALID_ARGUMENT|SHAPE_MISMATCH/);
    expect(await codeOf(() => take(broken))).toMatch(/INVALID_ARGUMENT|SHAPE_MISMATCH/);
  });

  const bad = { any: "other" as "any" };
  const calls: [string, () => unknown, LinalgErrorCode][] = [
    ["matrix(-1, 1)", () => matrix(-1, 1), "INVALID_ARGUMENT"],
    ["matrix(NaN, 1)", () => matrix(Number.NaN, 1), "INVALID_ARGUMENT"],
    ["identity(1.5)", () => identity(1.5), "INVALID_ARGUMENT"],
    ["fromRows", () => fromRows([[1], [1, 2]]), "SHAPE_MISMATCH"],
    ...[-1, 4, 1.5, Number.NaN].map((count): [string, () => unknown, LinalgErrorCode] => [
      `leadingColumns(${count})`,
      () => leadingColumns(square, count),
      "INVALID_ARGUMENT",
    ]),
    ...[-1, 3, 0.5, Number.NaN].map((number): [string, () => unknown, LinalgErrorCode] => [
      `columnsAt(${number})`,
      () => columnsAt(square, [0, number]),
      "INVALID_ARGUMENT",
    ]),
    ...[-1, 1, 0.5, Number.NaN].map((index): [string, () => unknown, LinalgErrorCode] => [
      `fromStack(${index})`,
      () => fromStack(stackOf(1, 2, 3, 4), index),
      "INVALID_ARGUMENT",
    ]),
    [
      "stack of negative sides",
      () => svdStack({ ...stackOf(1, 2, 3, 4), rows: -2, cols: -2 }),
      "INVALID_ARGUMENT",
    ],
    [
      "stack of half a row",
      () => svdStack({ ...stackOf(1), count: 2, rows: 0.5, cols: 1 }),
      "INVALID_ARGUMENT",
    ],
    ["stack of NaN matrices", () => eighStack({ ...stackOf(1), count: Number.NaN }), "INVALID_ARGUMENT"],
    ["stack that is not square", () => eighStack({ ...stackOf(1, 2), rows: 1 }), "SHAPE_MISMATCH"],
    ["svd: sign", () => svd(square, { sign: bad.any }), "INVALID_ARGUMENT"],
    ["eigh: sign", () => eigh(square, { sign: bad.any }), "INVALID_ARGUMENT"],
    ["eighGeneralized: sign", () => eighGeneralized(square, square, { sign: bad.any }), "INVALID_ARGUMENT"],
    ["eighGeneralized: order", () => eighGeneralized(square, identity(2)), "SHAPE_MISMATCH"],
    ["qr: mode", () => qr(square, { mode: "q" as "r" }), "INVALID_ARGUMENT"],
    ["solve: rows", () => solve(square, matrix(2, 1)), "SHAPE_MISMATCH"],
    ["solve: structure", () => solve(square, square, { structure: "band" as "lower" }), "INVALID_ARGUMENT"],
    ["leastSquares: rows", () => leastSquares(square, matrix(2, 1)), "SHAPE_MISMATCH"],
    ["principalAngles: rows", () => principalAngles(square, matrix(2, 1)), "SHAPE_MISMATCH"],
    ["canonicalSigns: columns", () => canonicalSigns(square, matrix(3, 2)), "SHAPE_MISMATCH"],
    ...[-0.1, 1, Number.NaN].flatMap((tolerance): [string, () => unknown, LinalgErrorCode][] => [
      [`rank: tolerance ${tolerance}`, () => rank(square, { tolerance }), "INVALID_ARGUMENT"],
      [`pinv: tolerance ${tolerance}`, () => pinv(square, { tolerance }), "INVALID_ARGUMENT"],
      [`eigsh: tolerance ${tolerance}`, () => eigsh(square, 1, { tolerance }), "INVALID_ARGUMENT"],
      [`svds: tolerance ${tolerance}`, () => svds(square, 1, { tolerance }), "INVALID_ARGUMENT"],
    ]),
    ...[0, 4, -1, 1.5, Number.NaN].flatMap((k): [string, () => unknown, LinalgErrorCode][] => [
      [`eigsh: k = ${k}`, () => eigsh(square, k), "INVALID_ARGUMENT"],
      [`svds: k = ${k}`, () => svds(square, k), "INVALID_ARGUMENT"],
    ]),
    ...[0, -1, 1.5, Number.NaN].flatMap((count): [string, () => unknown, LinalgErrorCode][] => [
      [`eigsh: blockSize ${count}`, () => eigsh(square, 1, { blockSize: count }), "INVALID_ARGUMENT"],
      [`eigsh: iterations ${count}`, () => eigsh(square, 1, { iterations: count }), "INVALID_ARGUMENT"],
      [`eigsh: maxBasis ${count}`, () => eigsh(square, 1, { maxBasis: count }), "INVALID_ARGUMENT"],
      [`svds: blockSize ${count}`, () => svds(square, 1, { blockSize: count }), "INVALID_ARGUMENT"],
      [`svds: iterations ${count}`, () => svds(square, 1, { iterations: count }), "INVALID_ARGUMENT"],
      [`svds: maxBasis ${count}`, () => svds(square, 1, { maxBasis: count }), "INVALID_ARGUMENT"],
    ]),
    [
      "svds: −1 power iterations",
      () => svds(square, 1, { method: "randomized", iterations: -1 }),
      "INVALID_ARGUMENT",
    ],
    ["eigsh: not square", () => eigsh(matrix(2, 3), 1), "SHAPE_MISMATCH"],
    ["eigsh: which", () => eigsh(square, 1, { which: "middle" as "largest" }), "INVALID_ARGUMENT"],
    ["svds: method", () => svds(square, 1, { method: "power" as "randomized" }), "INVALID_ARGUMENT"],
    ["tallSvd: no chunk", () => tallSvd([]), "INVALID_ARGUMENT"],
    ["tallSvd: columns", () => tallSvd([square, matrix(1, 2)]), "SHAPE_MISMATCH"],
    ["StreamingQr(−1)", () => new StreamingQr(-1), "INVALID_ARGUMENT"],
    ["orthogonal: k > n", () => orthogonal(0, 0, 2, 3), "INVALID_ARGUMENT"],
    ["orthogonal: n", () => orthogonal(0, 0, 1.5, 1), "INVALID_ARGUMENT"],
    ["orthogonal: seed", () => orthogonal(-1, 0, 2), "INVALID_ARGUMENT"],
    ["normal: length", () => normal(0, 0, -1), "INVALID_ARGUMENT"],
    ["normal: index", () => normal(0, 0.5, 1), "INVALID_ARGUMENT"],
    ["uniform: ends", () => uniform(0, 0, 1, { low: 1, high: 1 }), "INVALID_ARGUMENT"],
  ];
  test.each(calls)("%s", async (_, call, code) => {
    expect(await codeOf(call)).toBe(code);
  });
});

describe("preconditioners", () => {
  const spread = build(12, 12, (i, j) => (i === j ? (i + 1) ** 2 : 0));
  test.each([
    ["too few columns", (r: Matrix) => matrix(r.rows, r.cols - 1), "SHAPE_MISMATCH"],
    ["too many columns", (r: Matrix) => matrix(r.rows, r.cols + 1), "SHAPE_MISMATCH"],
    ["too few rows", (r: Matrix) => matrix(r.rows - 1, r.cols), "SHAPE_MISMATCH"],
    ["transposed", (r: Matrix) => transpose(r), "SHAPE_MISMATCH"],
    ["NaN", (r: Matrix) => build(r.rows, r.cols, () => Number.NaN), "NOT_FINITE"],
  ] as const)("%s", async (_, preconditioner, code) => {
    expect(await codeOf(() => eigsh(spread, 2, { preconditioner }))).toBe(code);
  });

  it("change nothing but the way", async () => {
    const inverse = (r: Matrix) => build(r.rows, r.cols, (i, j) => r.data[i * r.cols + j]! / (i + 1) ** 2);
    const { values } = await eigsh(spread, 2, { preconditioner: inverse, which: "smallest" });
    expect(absoluteError(values, [1, 4])).toBeLessThan(1e-8);
  });
});

onEveryBackend("matrices that are not quite symmetric", () => {
  // Of largest entry 3: differences up to 3e-8 pass for rounding.
  const bent = (n: number, gap: number): Matrix =>
    build(n, n, (i, j) => (i === j ? 3 - i / n : i < j ? 0.5 + gap : 0.5));

  it.each([2, 3, 4, 5, 9])("order %i: the lower triangle counts, beyond 1e-8 they are refused", async (n) => {
    const exact = eigh(bent(n, 0)).values;
    expect(eigh(bent(n, 2.9e-8)).values).toEqual(exact);
    expect(eigh(bent(n, -2.9e-8), { vectors: false }).values).toEqual(
      eigh(bent(n, 0), { vectors: false }).values,
    );
    const stack = { count: 1, rows: n, cols: n };
    expect(eighStack({ ...stack, data: bent(n, 2.9e-8).data }).values).toEqual(
      eighStack({ ...stack, data: bent(n, 0).data }).values,
    );
    const positive = (gap: number) =>
      build(n, n, (i, j) => (i === j ? 9 : 0) + bent(n, gap).data[i * n + j]!);
    expect(cholesky(positive(1e-8)).data).toEqual(cholesky(positive(0)).data);
    for (const gap of [3.1e-8, -3.1e-8, 0.1]) {
      expect(await codeOf(() => solve(bent(n, gap), identity(n), { structure: "positive" }))).toBe(
        "INVALID_ARGUMENT",
      );
      expect(await codeOf(() => eigh(bent(n, gap)))).toBe("INVALID_ARGUMENT");
      expect(await codeOf(() => eighStack({ ...stack, data: bent(n, gap).data }))).toBe("INVALID_ARGUMENT");
    }
  });
});

onEveryBackend("the edges of float64", () => {
  it("svd, eigh and qr of the largest and of the smallest number", () => {
    for (const x of [Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 0]) {
      expect(svd(matrix(1, 1, [x])).s[0]).toBe(Math.abs(x));
      expect(svdStack({ count: 1, rows: 1, cols: 1, data: Float64Array.of(x) }).s[0]).toBe(Math.abs(x));
      expect(eigh(matrix(1, 1, [x])).values[0]).toBe(x);
      expect(qr(matrix(1, 1, [x])).r.data[0]).toBe(Math.abs(x));
    }
    expect(svd(matrix(2, 1, [Number.MAX_VALUE, 1])).s[0]).toBe(Number.MAX_VALUE);
  });

  it("results that leave the range are refused, not infinite", async () => {
    const full = build(4, 4, () => 1e308);
    const column = matrix(2, 1, [1.7e308, 1.7e308]);
    const [tiny, huge] = [matrix(1, 1, [1e-300]), matrix(1, 1, [1e300])];
    const calls: (() => unknown)[] = [
      () => svd(full),
      () => eigh(full),
      () => qr(column),
      () => solve(tiny, huge),
      () => solve(tiny, huge, { structure: "lower" }),
      () => solve(tiny, huge, { structure: "positive" }),
      () => leastSquares(tiny, huge),
      () => pinv(matrix(1, 1, [5e-324])),
      () => tallSvd([column]),
      () => eigsh(full, 1),
      () => svds(full, 1),
    ];
    for (const call of calls)
      expect([String(call), await codeOf(call)]).toEqual([String(call), "NOT_FINITE"]);
  });

  it("empty matrices have empty results", () => {
    for (const [m, n] of [
      [0, 0],
      [3, 0],
      [0, 3],
    ] as const) {
      const empty = matrix(m, n);
      expect(svd(empty).s).toHaveLength(0);
      expect(qr(empty).r.data).toHaveLength(0);
      expect(rank(empty)).toBe(0);
      expect(orthonormalize(empty).cols).toBe(0);
    }
    expect(eigh(matrix(0, 0)).values).toHaveLength(0);
    expect(cholesky(matrix(0, 0)).data).toHaveLength(0);
  });
});

describe("the unit of a matrix that is known by products", () => {
  const n = 40;
  const values = Float64Array.from({ length: n }, (_, i) => 1 + i / 10);
  const q = orthogonal(3, 0, n);
  const dense = (unit: number): Matrix => {
    const scaled = build(n, n, (i, j) => q.data[i * n + j]! * values[j]!);
    const { data } = matmul(scaled, q, { transposeB: true });
    return build(n, n, (i, j) => ((data[i * n + j]! + data[j * n + i]!) / 2) * unit);
  };
  const operator = (unit: number): BlockOperator & { applyTranspose: BlockOperator["apply"] } => {
    const a = dense(unit);
    return { rows: n, cols: n, apply: (x) => matmul(a, x), applyTranspose: (x) => matmul(a, x) };
  };
  const relative = (found: Float64Array, unit: number) =>
    absoluteError(
      found.map((x) => x / unit),
      [4.9, 4.8, 4.7],
    );

  test.each([1e-300, 1e-200, 1e-100, 1, 1e100, 1e200, 1e300])("%d changes nothing", async (unit) => {
    for (const a of [dense(unit), operator(unit)]) {
      for (const method of ["lanczos", "lobpcg"] as const) {
        const { values: found, vectors, residuals } = await eigsh(a, 3, { method, tolerance: 1e-9 });
        expect(relative(found, unit), method).toBeLessThan(1e-9);
        expect(orthogonality(vectors)).toBeLessThan(1e-12);
        expect(Math.max(...residuals) / unit).toBeLessThan(1e-8);
      }
      const { s } = await svds(a, 3);
      expect(relative(s, unit)).toBeLessThan(1e-9);
    }
    for (const method of ["tsqr", "gram"] as const) {
      const { s } = await tallSvd([dense(unit)], { method });
      expect(relative(s.slice(0, 3), unit), method).toBeLessThan(1e-9);
    }
  });

  it("an iteration that ends too early has values in the unit of A", async () => {
    const error = await eigsh(dense(1e200), 3, { method: "lobpcg", iterations: 1 }).catch((e: unknown) => e);
    const { partial } = error as { partial: { values: Float64Array; residuals: Float64Array } };
    expect(partial.values[0]! / 1e200).toBeGreaterThan(1);
    expect(partial.residuals[0]! / 1e200).toBeGreaterThan(1e-6);
  });
});
