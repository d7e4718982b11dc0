import { describe, expect, it } from "vitest";
import {
  ConvergenceError,
  eigh,
  eigsh,
  type LinearOperator,
  type Matrix,
  matmul,
  matrix,
  type PartialEigh,
  type PartialSvd,
  svd,
  svds,
  transpose,
} from "../src/index.ts";
import { multiplied } from "../src/plain/multiply.ts";
import { spectrum, withEigenvalues, withSingularValues } from "./dlatms.ts";
import { absoluteError, build, EPS, orthogonality, randomMatrix, relativeError } from "./helpers.ts";
import { minus } from "./ratios.ts";

/** A, through asynchronous products that count their calls. */
function operatorOf(a: Matrix, calls: number[] = []): LinearOperator {
  return {
    rows: a.rows,
    cols: a.cols,
    async apply(x) {
      calls.push(x.cols);
      return matmul(a, x);
    },
    async applyTranspose(y) {
      calls.push(y.cols);
      return matmul(a, y, { transposeA: true });
    },
  };
}

function columnNorms({ rows, cols, data }: Matrix): Float64Array {
  return Float64Array.from({ length: cols }, (_, j) =>
    Math.hypot(...Array.from({ length: rows }, (_, i) => data[i * cols + j]!)),
  );
}

const times = (a: Matrix, d: Float64Array): Matrix => ({
  ...a,
  data: a.data.map((x, at) => x * d[at % a.cols]!),
});

/** The residuals that `svds` should have reported. */
function svdResiduals(a: Matrix, { u, s, v }: PartialSvd): Float64Array {
  const right = columnNorms(minus(multiplied(a, v), times(u, s)));
  const left = columnNorms(minus(multiplied(a, u, true), times(v, s)));
  return right.map((x, i) => Math.hypot(x, left[i]!));
}

function checkSvds(a: Matrix, result: PartialSvd, k: number): void {
  expect([result.u.rows, result.u.cols, result.s.length, result.v.rows, result.v.cols]).toEqual([
    a.rows,
    k,
    k,
    a.cols,
    k,
  ]);
  expect(orthogonality(result.u)).toBeLessThan(1e-13);
  expect(orthogonality(result.v)).toBeLessThan(1e-13);
  const scale = svd(a, { vectors: "none" }).s[0]!;
  expect(absoluteError(result.residuals, svdResiduals(a, result))).toBeLessThan(1e-13 * (scale || 1));
}

describe("svds, block Krylov", () => {
  const s = spectrum(3, 120, 1e6);
  const a = withSingularValues(150, 120, s);

  it.each([1, 2, 10, 40, 119, 120])(
    "finds the %i largest values of a slowly decaying spectrum",
    async (k) => {
      for (const [problem, exact] of [
        [a, s],
        [transpose(a), s],
      ] as const) {
        const result = await svds(problem, k);
        checkSvds(problem, result, k);
        expect(Math.max(...result.residuals)).toBeLessThanOrEqual(1e-8 * s[0]!);
        // Where all of the space is used, small values are accurate to eps·‖A‖ only.
        expect(absoluteError(result.s, exact.subarray(0, k))).toBeLessThan(1e-14);
        if (k <= 40) expect(relativeError(result.s, exact.subarray(0, k))).toBeLessThan(1e-12);
      }
    },
  );

  it("takes asynchronous operators, in blocks, and repeats itself", async () => {
    const calls: number[] = [];
    const result = await svds(operatorOf(a, calls), 5, { blockSize: 7 });
    expect(new Set(calls)).toEqual(new Set([7]));
    expect(calls.reduce((sum, x) => sum + x)).toBe(result.products);
    checkSvds(a, result, 5);
    expect(relativeError(result.s, s.subarray(0, 5))).toBeLessThan(1e-12);
    expect((await svds(operatorOf(a), 5, { blockSize: 7 })).u).toEqual(result.u);
    const other = await svds(a, 5, { seed: 2 });
    expect(relativeError(other.s, s.subarray(0, 5))).toBeLessThan(1e-12);
  });

  it("has the options that are documented where none are given", async () => {
    const documented = { blockSize: 8, tolerance: 1e-8, seed: 0, maxBasis: 1.5 * 4 + 12 * 8 };
    expect(await svds(a, 4)).toEqual(await svds(a, 4, documented));
    const calls: number[] = [];
    await svds(operatorOf(a, calls), 4);
    expect(new Set(calls)).toEqual(new Set([8]));
  });

  it("restarts where the basis is short, and reaches any tolerance", async () => {
    const result = await svds(a, 4, { blockSize: 2, maxBasis: 12, tolerance: 1e-12 });
    checkSvds(a, result, 4);
    expect(Math.max(...result.residuals)).toBeLessThanOrEqual(1e-12 * s[0]!);
    expect(relativeError(result.s, s.subarray(0, 4))).toBeLessThan(1e-13);
  });

  it("handles low rank, zeros, repeated values and tiny matrices", async () => {
    const low = multiplied(randomMatrix(30, 3, 1), randomMatrix(3, 20, 2));
    const exact = svd(low).s;
    const result = await svds(low, 6);
    checkSvds(low, result, 6);
    expect(absoluteError(result.s, exact.subarray(0, 6))).toBeLessThan(1e-12);
    const zero = await svds(matrix(8, 5), 3);
    expect(zero.s).toEqual(new Float64Array(3));
    checkSvds(matrix(8, 5), zero, 3);
    const repeated = withSingularValues(
      40,
      40,
      new Float64Array(40).map((_, i) => (i < 9 ? 2 : 1)),
    );
    expect(relativeError((await svds(repeated, 9)).s, new Float64Array(9).fill(2))).toBeLessThan(1e-13);
    const small = await svds(repeated, 12, { blockSize: 2 });
    expect(relativeError(small.s, [...new Array<number>(9).fill(2), 1, 1, 1])).toBeLessThan(1e-13);
    expect((await svds(matrix(1, 1, [-3]), 1)).s[0]).toBe(3);
    expect((await svds(matrix(3, 1, [2, 0, 0]), 1)).s[0]).toBe(2);
  });

  it("says so when it does not converge, with what it has", async () => {
    const flat = withSingularValues(150, 120, spectrum(4, 120, 2));
    const error = await svds(flat, 10, { iterations: 3 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConvergenceError);
    const { code, message, partial } = error as ConvergenceError<PartialSvd>;
    expect(code).toBe("NO_CONVERGENCE");
    expect(message).toMatch(/of 10 residuals fell below 1e-8 .* in 3 blocks of 8/);
    checkSvds(flat, partial, 10);
    expect(partial.iterations).toBe(3);
  });

  it("randomised: what the power iterations give, with true residuals", async () => {
    const result = await svds(operatorOf(a), 10, { method: "randomized", iterations: 4 });
    checkSvds(a, result, 10);
    expect(relativeError(result.s, s.subarray(0, 10))).toBeLessThan(1e-2);
    await expect(svds(a, 10, { method: "randomized", tolerance: 1e-12 })).rejects.toThrow(ConvergenceError);
    const low = multiplied(randomMatrix(30, 3, 1), randomMatrix(3, 20, 2));
    const exact = await svds(low, 5, { method: "randomized", tolerance: 1e-12, sign: "canonical" });
    expect(relativeError(exact.s.subarray(0, 3), svd(low).s.subarray(0, 3))).toBeLessThan(1e-13);
  });

  it("checks its arguments, what products return, and the signal", async () => {
    await expect(svds(a, 0)).rejects.toThrow(/k must be an integer from 1 to 120, got 0/);
    await expect(svds(a, 121)).rejects.toThrow(/got 121/);
    await expect(svds(a, 3, { tolerance: 2 })).rejects.toThrow(/tolerance/);
    await expect(svds(a, 3, { maxBasis: 3 })).rejects.toThrow(/maxBasis/);
    await expect(svds(matrix(2, 2, [1, Number.NaN, 0, 0]), 1)).rejects.toThrow(/row 0, column 1/);
    const wrong = { ...operatorOf(a), apply: () => matrix(2, 2) };
    await expect(svds(wrong, 3)).rejects.toThrow(/apply must return a \[150, 8\] matrix, got \[2, 2\]/);
    const bad = {
      ...operatorOf(a),
      applyTranspose: (y: Matrix) => matrix(120, y.cols, new Float64Array(120 * y.cols).fill(Number.NaN)),
    };
    await expect(svds(bad, 3)).rejects.toThrow(/result of applyTranspose: every entry must be finite/);
    await expect(svds(a, 3, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe("eigsh", () => {
  const grid = 20;
  const n = grid * grid;
  /** The 5-point Laplacian of a grid, whose eigenvalues are sums of two of a line, most of them double. */
  const laplacian = {
    rows: n,
    cols: n,
    apply: (x: Matrix): Matrix =>
      build(n, x.cols, (at, q) => {
        const [i, j] = [Math.floor(at / grid), at % grid];
        let sum = 4 * x.data[at * x.cols + q]!;
        if (i > 0) sum -= x.data[(at - grid) * x.cols + q]!;
        if (i < grid - 1) sum -= x.data[(at + grid) * x.cols + q]!;
        if (j > 0) sum -= x.data[(at - 1) * x.cols + q]!;
        if (j < grid - 1) sum -= x.data[(at + 1) * x.cols + q]!;
        return sum;
      }),
  };
  const line = Array.from({ length: grid }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (grid + 1)));
  const exact = line.flatMap((x) => line.map((y) => x + y)).sort((x, y) => y - x);

  function checkEigsh(apply: (x: Matrix) => Matrix, result: PartialEigh, k: number, norm: number): void {
    expect(result.values.length).toBe(k);
    expect(result.vectors.cols).toBe(k);
    expect(orthogonality(result.vectors)).toBeLessThan(1e-12);
    const residuals = columnNorms(minus(apply(result.vectors), times(result.vectors, result.values)));
    expect(absoluteError(result.residuals, residuals)).toBeLessThan(1e-12 * norm);
  }

  it("lanczos ends in an invariant subspace, however small the space is beside its basis", async () => {
    const { products, values } = await eigsh(matrix(300, 300), 2);
    expect(values).toEqual(new Float64Array(2));
    expect(products).toBeLessThan(10);
    const low = withEigenvalues(Float64Array.from({ length: 80 }, (_, i) => (i < 3 ? 3 - i : 0)));
    expect((await eigsh(low, 3)).products).toBeLessThan(20);
  });

  it("has the options that are documented where none are given", async () => {
    const lanczos = { which: "largest", method: "lanczos", tolerance: 1e-10, blockSize: 2, seed: 0 } as const;
    expect(await eigsh(laplacian, 9)).toEqual(await eigsh(laplacian, 9, { ...lanczos, maxBasis: 60 }));
    const lobpcg = { method: "lobpcg" } as const;
    const documented = { ...lobpcg, tolerance: 1e-10, blockSize: 9 + 3, seed: 0 };
    expect(await eigsh(laplacian, 9, lobpcg)).toEqual(await eigsh(laplacian, 9, documented));
  });

  for (const method of ["lanczos", "lobpcg"] as const) {
    for (const which of ["largest", "smallest"] as const) {
      it(`${method}: the 9 ${which} of a Laplacian, double ones too`, async () => {
        const result = await eigsh(laplacian, 9, { method, which });
        checkEigsh(laplacian.apply, result, 9, 8);
        const wanted = which === "largest" ? exact : exact.toReversed();
        expect(Math.max(...result.residuals)).toBeLessThanOrEqual(8e-10);
        expect(absoluteError(result.values, wanted.slice(0, 9))).toBeLessThan(1e-12);
      });
    }

    it(`${method}: indefinite, clustered, repeated and complete spectra`, async () => {
      const values = Float64Array.from({ length: 40 }, (_, i) => (i < 4 ? 5 : i < 20 ? 1 - i / 100 : -3 - i));
      const a = withEigenvalues(values);
      const sorted = values.slice().sort().reverse();
      const largest = await eigsh(a, 6, { method });
      expect(absoluteError(largest.values, sorted.subarray(0, 6))).toBeLessThan(1e-12);
      checkEigsh((x) => multiplied(a, x), largest, 6, 43);
      const smallest = await eigsh(a, 3, { method, which: "smallest", sign: "canonical" });
      expect(absoluteError(smallest.values, sorted.toReversed().slice(0, 3))).toBeLessThan(1e-12);
      const small = withEigenvalues(Float64Array.of(2, 1, -1));
      for (const k of [1, 3]) {
        const result = await eigsh(small, k, { method });
        expect(absoluteError(result.values, [2, 1, -1].slice(0, k))).toBeLessThan(1e-14);
      }
      const sixfold = withEigenvalues(Float64Array.from({ length: 30 }, (_, i) => (i < 6 ? 2 : 1)));
      const doubled = await eigsh(sixfold, 7, { method });
      expect(absoluteError(doubled.values, [2, 2, 2, 2, 2, 2, 1])).toBeLessThan(1e-13);
      const identity = await eigsh(withEigenvalues(new Float64Array(12).fill(1)), 5, { method });
      expect(absoluteError(identity.values, new Float64Array(5).fill(1))).toBeLessThan(1e-14);
      expect((await eigsh(matrix(6, 6), 2, { method })).values).toEqual(new Float64Array(2));
    });

    if (method === "lanczos") {
      it("ends before its basis is full where the spectrum falls", async () => {
        const falling = withEigenvalues(Float64Array.from({ length: 200 }, (_, i) => 0.5 ** i));
        const { products, values } = await eigsh(falling, 3, { method, tolerance: 1e-6 });
        expect(products).toBeLessThan(30);
        expect(absoluteError(values, [1, 0.5, 0.25])).toBeLessThan(1e-11);
      });
    }

    it(`${method}: says so when it does not converge`, async () => {
      const error = await eigsh(laplacian, 9, { method, which: "smallest", iterations: 1 }).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(ConvergenceError);
      const { partial } = error as ConvergenceError<PartialEigh>;
      checkEigsh(laplacian.apply, partial, 9, 8);
    });
  }

  it("a preconditioner saves products", async () => {
    const scaled = build(n, n, (i, j) => (i === j ? 1 + i * i : Math.abs(i - j) === 1 ? 0.5 : 0));
    const jacobi = (r: Matrix): Matrix => build(n, r.cols, (i, j) => r.data[i * r.cols + j]! / (1 + i * i));
    const options = { which: "smallest", tolerance: 1e-13 } as const;
    const plain = await eigsh(scaled, 4, { ...options, method: "lobpcg", iterations: 5000 }).catch(
      (e) => e.partial,
    );
    const helped = await eigsh(scaled, 4, { ...options, preconditioner: async (r) => jacobi(r) });
    expect(helped.products).toBeLessThan(plain.products / 4);
    const reference = eigh(scaled, { vectors: false }).values.slice(-4).reverse();
    expect(absoluteError(helped.values, reference)).toBeLessThan(n * n * 8 * EPS * 10);
  });

  it("checks its arguments", async () => {
    await expect(eigsh(matrix(2, 3), 1)).rejects.toThrow(/square, got \[2, 3\]/);
    await expect(eigsh(matrix(2, 2), 3)).rejects.toThrow(/from 1 to 2, got 3/);
    await expect(eigsh(matrix(2, 2), 1, { method: "lanczos", preconditioner: (r) => r })).rejects.toThrow(
      /lobpcg/,
    );
    const wrong = eigsh(laplacian, 2, { preconditioner: () => matrix(1, 1) });
    await expect(wrong).rejects.toThrow(/preconditioner must return/);
  });
});
