// LAPACK's own measures of error, below its own threshold, on every backend, kind of spectrum, size and shape.

import { expect, it } from "vitest";
import {
  cholesky,
  eigh,
  eighGeneralized,
  initialize,
  type Matrix,
  matmul,
  matrix,
  qr,
  StreamingQr,
  solve,
  svd,
  transpose,
} from "../src/index.ts";
import { multiplied } from "../src/plain/multiply.ts";
import { onEveryBackend } from "./backends.ts";
import { MODES, spectrum, withEigenvalues, withSingularValues } from "./dlatms.ts";
import { absoluteError, EPS, randomMatrix, scaleColumns } from "./helpers.ts";
import {
  choleskyRatio,
  eighRatio,
  minus,
  norm1,
  orthogonalityRatio,
  qrRatio,
  solveRatio,
  svdRatio,
  THRESHOLD,
} from "./ratios.ts";

const SIZES = [0, 1, 2, 3, 5, 10, 16, 26, 50, 65, 128, 129];
const CONDITION = 1e12;

/** [m, n] with m = n, m > n and m < n. */
function shapes(size: number): (readonly [number, number])[] {
  const less = Math.floor(size / 2);
  return [
    [size, size],
    [size, less],
    [less, size],
  ];
}

function checkSvd(a: Matrix, exact?: Float64Array): void {
  const { rows: m, cols: n } = a;
  const result = svd(a);
  const r = Math.min(m, n);
  expect([result.u.rows, result.u.cols, result.s.length, result.v.rows, result.v.cols]).toEqual([
    m,
    r,
    r,
    n,
    r,
  ]);
  expect(descends(result.s)).toBe(true);
  expect(svdRatio(a, result)).toBeLessThan(THRESHOLD);
  expect(orthogonalityRatio(result.u)).toBeLessThan(THRESHOLD);
  expect(orthogonalityRatio(result.v)).toBeLessThan(THRESHOLD);
  const { s } = svd(a, { vectors: "none" });
  const limit = THRESHOLD * Math.max(m, n) * EPS * (s[0] ?? 0);
  expect(absoluteError(s, result.s)).toBeLessThanOrEqual(limit);
  if (exact) expect(absoluteError(s, exact)).toBeLessThanOrEqual(limit);
}

function descends(values: Float64Array): boolean {
  return values.every((x, i) => i === 0 || x <= values[i - 1]!);
}

function checkEigh(a: Matrix, exact?: Float64Array): void {
  const n = a.rows;
  const result = eigh(a);
  expect([result.values.length, result.vectors.rows, result.vectors.cols]).toEqual([n, n, n]);
  expect(eighRatio(a, result)).toBeLessThan(THRESHOLD);
  expect(orthogonalityRatio(result.vectors)).toBeLessThan(THRESHOLD);
  const { values } = eigh(a, { vectors: false });
  expect(descends(result.values)).toBe(true);
  expect(descends(values)).toBe(true);
  const limit = THRESHOLD * n * EPS * Math.max(0, ...values.map(Math.abs));
  expect(absoluteError(values, result.values)).toBeLessThanOrEqual(limit);
  if (exact) expect(absoluteError(values, exact)).toBeLessThanOrEqual(limit);
}

function checkQr(a: Matrix): void {
  const { rows: m, cols: n } = a;
  const k = Math.min(m, n);
  for (const pivot of [false, true]) {
    for (const mode of ["thin", "full"] as const) {
      const result = qr(a, { mode, pivot });
      const width = mode === "full" ? m : k;
      expect([result.q.rows, result.q.cols, result.r.rows, result.r.cols]).toEqual([m, width, width, n]);
      expect(qrRatio(a, result)).toBeLessThan(THRESHOLD);
      expect(orthogonalityRatio(result.q)).toBeLessThan(THRESHOLD);
      expect(result.r.data.every((x, at) => x === 0 || at % n >= Math.floor(at / n))).toBe(true);
    }
    const thin = qr(a, { pivot });
    const { r, pivots } = qr(a, { mode: "r", pivot });
    expect(pivots).toEqual(thin.pivots);
    expect(norm1(minus(r, thin.r))).toBeLessThanOrEqual(THRESHOLD * m * EPS * norm1(a));
    const diagonal = Array.from({ length: k }, (_, i) => r.data[i * n + i]!);
    expect(Math.min(0, ...diagonal)).toBe(0);
    if (pivot) {
      const slack = THRESHOLD * m * EPS * norm1(a);
      expect(diagonal.every((x, i) => i === 0 || x <= diagonal[i - 1]! + slack)).toBe(true);
    }
  }
}

onEveryBackend("svd", () => {
  it.each(MODES)("mode %i: reconstruction, orthogonality and values", (mode) => {
    for (const size of SIZES) {
      for (const [m, n] of shapes(size)) {
        const s = spectrum(mode, Math.min(m, n), CONDITION);
        checkSvd(withSingularValues(m, n, s), s);
      }
    }
  });

  it("zero, diagonal, ones, rank deficient, near overflow and underflow", () => {
    for (const [m, n] of [...shapes(10), ...shapes(65), [200, 3], [3, 200]] as const) {
      checkSvd(matrix(m, n));
      checkSvd({ rows: m, cols: n, data: new Float64Array(m * n).fill(1) });
      const diagonal = matrix(m, n);
      for (let i = 0; i < Math.min(m, n); i++) diagonal.data[i * n + i] = (i * 7) % 11;
      checkSvd(diagonal);
      const deficient = multiplied(randomMatrix(m, 2, 3), randomMatrix(2, n, 4));
      checkSvd(deficient);
      for (const scale of [1e300, 1e-290]) {
        checkSvd(scaleColumns(randomMatrix(m, n), new Float64Array(n).fill(scale)));
      }
    }
  });

  it("full vectors continue the thin ones to orthogonal matrices", () => {
    for (const accuracy of ["normwise", "relative"] as const) {
      for (const [m, n] of [...shapes(5), ...shapes(50), [7, 0], [0, 7]] as const) {
        const a = randomMatrix(m, n);
        const result = svd(a, { vectors: "full", accuracy });
        expect([result.u.rows, result.u.cols, result.v.rows, result.v.cols]).toEqual([m, m, n, n]);
        expect(svdRatio(a, result)).toBeLessThan(THRESHOLD);
        expect(orthogonalityRatio(result.u)).toBeLessThan(THRESHOLD);
        expect(orthogonalityRatio(result.v)).toBeLessThan(THRESHOLD);
      }
    }
  });

  it("accuracy relative: reconstruction and orthogonality", () => {
    for (const mode of [1, 3, 4] as const) {
      for (const size of [1, 2, 3, 10, 26, 65]) {
        for (const [m, n] of shapes(size)) {
          const a = withSingularValues(m, n, spectrum(mode, Math.min(m, n), CONDITION));
          const result = svd(a, { accuracy: "relative" });
          expect(svdRatio(a, result)).toBeLessThan(THRESHOLD);
          expect(orthogonalityRatio(result.u)).toBeLessThan(THRESHOLD);
          expect(orthogonalityRatio(result.v)).toBeLessThan(THRESHOLD);
        }
      }
    }
  });

  it("subnormal numbers", () => {
    const a = { rows: 12, cols: 9, data: randomMatrix(12, 9).data.map((x) => x * 2 ** -1040) };
    const scaled = { ...a, data: a.data.map((x) => x * 2 ** 1000) };
    expect(svd(a).s).toEqual(svd(scaled).s.map((x) => x * 2 ** -1000));
  });
});

onEveryBackend("eigh", () => {
  it.each(MODES)("mode %i: residual, orthogonality and values", (mode) => {
    for (const n of SIZES) {
      const values = spectrum(mode, n, CONDITION);
      checkEigh(withEigenvalues(values), values);
      const mixed = values.map((x, i) => (i % 3 === 1 ? -x : x));
      checkEigh(withEigenvalues(mixed), mixed.slice().sort().reverse());
    }
  });

  it("zero, diagonal, ones, near overflow and underflow", () => {
    for (const n of [1, 4, 5, 26, 65]) {
      checkEigh(matrix(n, n));
      checkEigh({ rows: n, cols: n, data: new Float64Array(n * n).fill(1) });
      const diagonal = matrix(n, n);
      for (let i = 0; i < n; i++) diagonal.data[i * n + i] = ((i * 7) % 11) - 5;
      checkEigh(diagonal);
      const a = withEigenvalues(spectrum(4, n, 10));
      for (const scale of [1e300, 1e-290]) checkEigh(scaleColumns(a, new Float64Array(n).fill(scale)));
    }
  });

  it("generalised: A·X = B·X·Λ and Xᵀ·B·X = I", () => {
    for (const n of [0, 1, 2, 5, 26, 65]) {
      const a = withEigenvalues(spectrum(6, n, 1));
      const b = withEigenvalues(spectrum(4, n, 100));
      const { values, vectors: x } = eighGeneralized(a, b);
      const bx = multiplied(b, x);
      const scaled = { ...bx, data: bx.data.map((y, at) => y * values[at % n]!) };
      const residual = norm1(minus(multiplied(a, x), scaled));
      expect(residual).toBeLessThanOrEqual(
        THRESHOLD * n * EPS * norm1(x) * (norm1(a) + norm1(b) * (values[0] ?? 0)),
      );
      const g = multiplied(x, bx, true);
      for (let i = 0; i < n; i++) g.data[i * n + i]! -= 1;
      // dsygv loses accuracy with the condition of B, here 100.
      expect(norm1(g)).toBeLessThanOrEqual(100 * THRESHOLD * n * EPS);
    }
  });
});

onEveryBackend("qr, cholesky and solve", () => {
  it.each(MODES)("mode %i: qr", (mode) => {
    for (const size of SIZES.filter((n) => n !== 128)) {
      for (const [m, n] of shapes(size)) {
        checkQr(withSingularValues(m, n, spectrum(mode, Math.min(m, n), CONDITION)));
      }
    }
  });

  it.each(MODES)("mode %i: cholesky and solve", (mode) => {
    for (const n of SIZES) {
      const a = withEigenvalues(spectrum(mode, n, 1e6));
      const l = cholesky(a);
      expect(choleskyRatio(a, l)).toBeLessThan(THRESHOLD);
      expect(l.data.every((x, at) => (at % n < at / n ? true : at % (n + 1) === 0 ? x > 0 : x === 0))).toBe(
        true,
      );
      const general = withSingularValues(n, n, spectrum(mode, n, 1e6));
      for (const columns of [0, 1, 3]) {
        const b = randomMatrix(n, columns, 9);
        expect(solveRatio(a, solve(a, b, { structure: "positive" }), b)).toBeLessThan(THRESHOLD);
        expect(solveRatio(general, solve(general, b), b)).toBeLessThan(THRESHOLD);
        expect(solveRatio(l, solve(l, b, { structure: "lower" }), b)).toBeLessThan(THRESHOLD);
        const upper = transpose(l);
        expect(solveRatio(upper, solve(upper, b, { structure: "upper" }), b)).toBeLessThan(THRESHOLD);
      }
    }
  });

  it("streaming: R of all chunks is R of the whole", () => {
    for (const [m, n] of [
      [0, 3],
      [2, 5],
      [40, 7],
      [1200, 16],
    ] as const) {
      const a = randomMatrix(m, n);
      const stream = new StreamingQr(n);
      for (let first = 0, step = 1; first < m; first += step, step = 3 * step + 1) {
        const end = Math.min(first + step, m);
        stream.append(matrix(end - first, n, a.data.subarray(first * n, end * n)));
      }
      const { r, rows } = stream.result();
      expect(rows).toBe(m);
      expect(norm1(minus(multiplied(r, r, true), multiplied(a, a, true)))).toBeLessThanOrEqual(
        THRESHOLD * Math.max(m, n) * EPS * norm1(a) ** 2,
      );
    }
  });

  it("products: all transposes, shapes and outputs", () => {
    for (const [m, n, k] of [
      [0, 2, 3],
      [2, 0, 3],
      [2, 3, 0],
      [1, 1, 1],
      [5, 7, 3],
      [33, 65, 129],
      [130, 4, 300],
    ] as const) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = transposeA ? randomMatrix(k, m) : randomMatrix(m, k);
          const b = transposeB ? randomMatrix(n, k, 2) : randomMatrix(k, n, 2);
          const out = { rows: m, cols: n, data: new Float64Array(m * n).fill(Number.NaN) };
          const result = matmul(a, b, { transposeA, transposeB, out });
          expect(result).toBe(out);
          const exact = multiplied(a, b, transposeA, transposeB);
          expect(norm1(minus(result, exact))).toBeLessThanOrEqual((k + 1) * EPS * norm1(a) * norm1(b) * 2);
        }
      }
    }
  });
});

// "js" has the bits of "wasm" (determinism.test.ts), and "typescript" would take ten seconds.
it.each(["wasm", "wasm-relaxed"] as const)("512, %s: svd, eigh and qr", async (backend) => {
  await initialize({ backend });
  const s = spectrum(3, 512, CONDITION);
  const a = withSingularValues(512, 512, s);
  checkSvd(a, s);
  const factors = qr(a);
  expect(qrRatio(a, factors)).toBeLessThan(THRESHOLD);
  expect(orthogonalityRatio(factors.q)).toBeLessThan(THRESHOLD);
  checkEigh(withEigenvalues(s), s);
});
