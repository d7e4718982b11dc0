import { expect, it } from "vitest";
import {
  leastSquares,
  matmul,
  matrix,
  norm,
  orthogonal,
  orthonormalize,
  pinv,
  polar,
  principalAngles,
  rank,
  svd,
  tallSkinnyQR,
  tallSvd,
  transpose,
  unitColumns,
} from "../src/index.ts";
import { multiplied } from "../src/plain/multiply.ts";
import { onEveryBackend } from "./backends.ts";
import { spectrum, withSingularValues } from "./dlatms.ts";
import {
  absoluteError,
  build,
  distance,
  EPS,
  expectError,
  orthogonality,
  randomMatrix,
  relativeError,
} from "./helpers.ts";

onEveryBackend("subspaces", () => {
  it("principal angles come back from 1e-10 to π/2, whatever the bases", () => {
    const angles = [
      0,
      1e-13,
      1e-10,
      1e-8,
      1e-6,
      1e-2,
      0.5,
      Math.PI / 4,
      1.2,
      Math.PI / 2 - 1e-9,
      Math.PI / 2,
    ];
    const p = angles.length;
    const frame = orthogonal(1, 0, 40, 2 * p);
    const column = (j: number) => Float64Array.from({ length: 40 }, (_, i) => frame.data[i * 2 * p + j]!);
    const first = build(40, p, (i, j) => column(j)[i]!);
    const second = build(
      40,
      p,
      (i, j) => Math.cos(angles[j]!) * column(j)[i]! + Math.sin(angles[j]!) * column(p + j)[i]!,
    );
    const found = principalAngles(first, second);
    expect(absoluteError(found, angles)).toBeLessThan(20 * EPS);
    // Other bases of the same spans, well conditioned: a few digits less.
    const mixed = principalAngles(
      multiplied(first, randomMatrix(p, p, 3)),
      multiplied(second, randomMatrix(p, p, 4)),
    );
    expect(absoluteError(mixed, angles)).toBeLessThan(1e-12);
    // A subspace of fewer dimensions.
    const part = build(40, 3, (i, j) => column(j)[i]!);
    expect(absoluteError(principalAngles(part, second), angles.slice(0, 3))).toBeLessThan(20 * EPS);
    expect(principalAngles(second, part)).toEqual(principalAngles(part, second));
    expect(principalAngles(matrix(5, 0), matrix(5, 2))).toEqual(new Float64Array(0));
    expectError(() => principalAngles(matrix(5, 1), matrix(4, 1)), "SHAPE_MISMATCH", /got 5 and 4/);
  });

  it("orthonormalize spans the columns, and finds their rank", () => {
    const a = multiplied(randomMatrix(30, 4, 1), randomMatrix(4, 9, 2));
    const q = orthonormalize(a);
    expect([q.rows, q.cols]).toEqual([30, 4]);
    expect(orthogonality(q)).toBeLessThan(20 * EPS);
    expect(distance(matmul(q, matmul(q, a, { transposeA: true })), a)).toBeLessThan(1e-13);
    expect(orthonormalize(matrix(4, 3)).cols).toBe(0);
  });

  it("orthonormalize and principalAngles do not depend on the lengths of the columns", () => {
    const a = matrix(4, 3, [1, 0, 0, 0, 1e-20, 0, 0, 0, 1e-40, 0, 0, 0]);
    expect(orthonormalize(a).cols).toBe(3);
    expect(principalAngles(a, a)).toEqual(new Float64Array(3));
    const b = build(4, 2, (i, j) => [1e300, 1e-310][j]! * [0, 1, 1, 2][(i + j) % 4]!);
    expect(orthonormalize(b).cols).toBe(2);
    expect(absoluteError(principalAngles(b, b), [0, 0])).toBeLessThan(1e-13);
  });

  it("unitColumns: of length 1 whatever it was, zeros aside", () => {
    const unit = unitColumns(matrix(2, 4, [3e200, 3e-320, 0, -5, 4e200, 4e-320, 0, 0]));
    expect(absoluteError(unit.data, [0.6, 0.6, 0, -1, 0.8, 0.8, 0, 0])).toBeLessThan(1e-3);
    for (const unit of [1e-200, 1, 1e200]) expect(norm([3 * unit, 4 * unit]) / unit).toBeCloseTo(5, 14);
    expect(norm([])).toBe(0);
    expect(norm([1, Number.NaN])).toBeNaN();
    expect(norm([Infinity, 1, -Infinity])).toBe(Infinity);
  });

  it("tallSvd of fewer rows than columns, the first of them dependent", async () => {
    const a = matrix(2, 5, [1, 2, 0, 0, 0, 0, 0, 3, 0, -1]);
    const { s, v } = await tallSvd([a]);
    expect(absoluteError(s, [Math.sqrt(10), Math.sqrt(5)])).toBeLessThan(1e-14);
    expect([v.rows, v.cols]).toEqual([5, 2]);
    expect(orthogonality(v)).toBeLessThan(20 * EPS);
  });

  it("polar: A = U·P with orthonormal U and semidefinite P", () => {
    for (const [m, n] of [
      [6, 6],
      [20, 7],
      [4, 9],
    ] as const) {
      const a = randomMatrix(m, n);
      const { u, p } = polar(a);
      expect(distance(matmul(u, p), a)).toBeLessThan(300 * EPS);
      expect(orthogonality(m >= n ? u : transpose(u))).toBeLessThan(50 * EPS);
      expect(p).toEqual(transpose(p));
      expect(Math.min(...svd(p).s)).toBeGreaterThanOrEqual(0);
    }
  });

  it("orthogonal: a function of seed and index, uniform over directions", () => {
    const q = orthogonal(3, 5, 12);
    expect(orthogonality(q)).toBeLessThan(20 * EPS);
    expect(orthogonal(3, 5, 12)).toEqual(q);
    expect(orthogonal(3, 6, 12)).not.toEqual(q);
    expect(orthogonality(orthogonal(3, 5, 12, 4))).toBeLessThan(20 * EPS);
    // Haar: E[q₁₁] = 0, E[q₁₁²] = 1/n, E[trace²] = 1; the third fails without the signs of R.
    let [sum, square, trace] = [0, 0, 0];
    const samples = 3000;
    for (let i = 0; i < samples; i++) {
      const { data } = orthogonal(1, i, 3);
      sum += data[0]!;
      square += data[0]! ** 2;
      trace += (data[0]! + data[4]! + data[8]!) ** 2;
    }
    expect(Math.abs(sum / samples)).toBeLessThan(4 / Math.sqrt(3 * samples));
    expect(Math.abs(square / samples - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / samples));
    expect(Math.abs(trace / samples - 1)).toBeLessThan(4 * Math.sqrt(2 / samples));
    expectError(() => orthogonal(1, 0, 3, 4), "INVALID_ARGUMENT", /from 0 to 3, got 4/);
  });

  it("least squares: full rank, rank deficient, underdetermined", () => {
    const b = randomMatrix(20, 2, 8);
    for (const a of [
      randomMatrix(20, 6),
      randomMatrix(20, 30),
      multiplied(randomMatrix(20, 3, 1), randomMatrix(3, 7, 2)),
      matrix(20, 4),
      matrix(20, 0),
    ]) {
      const { x, rank: found, residuals } = leastSquares(a, b);
      expect([x.rows, x.cols]).toEqual([a.cols, 2]);
      expect(found).toBe(rank(a));
      const fit = matmul(a, x);
      const gap = matrix(
        20,
        2,
        b.data.map((y, i) => y - fit.data[i]!),
      );
      expect(
        absoluteError(matmul(a, gap, { transposeA: true }).data, new Float64Array(a.cols * 2)),
      ).toBeLessThan(1e-12);
      for (let j = 0; j < 2; j++) {
        const norm = Math.hypot(...Array.from({ length: 20 }, (_, i) => gap.data[i * 2 + j]!));
        expect(Math.abs(residuals[j]! - norm)).toBeLessThan(1e-13);
      }
      // The solution of smallest norm: that of the pseudoinverse.
      if (a.cols > 0) expect(distance(x, matmul(pinv(a), b))).toBeLessThan(1e-12);
    }
    expectError(() => leastSquares(matrix(2, 2), matrix(3, 1)), "SHAPE_MISMATCH", /got 2 and 3/);
    expectError(() => pinv(matrix(2, 2), { tolerance: 1 }), "INVALID_ARGUMENT", /below 1, got 1/);
  });

  it("pinv: the four equations of Penrose", () => {
    const a = multiplied(randomMatrix(9, 3, 1), randomMatrix(3, 5, 2));
    const x = pinv(a);
    const [ax, xa] = [matmul(a, x), matmul(x, a)];
    expect(distance(matmul(ax, a), a)).toBeLessThan(1e-13);
    expect(distance(matmul(xa, x), x)).toBeLessThan(1e-13);
    expect(distance(ax, transpose(ax))).toBeLessThan(1e-13);
    expect(distance(xa, transpose(xa))).toBeLessThan(1e-13);
    expect(rank(a)).toBe(3);
    expect(rank(withSingularValues(8, 8, spectrum(3, 8, 1e8)), { tolerance: 1e-4 })).toBe(4);
  });

  it("tall matrices: singular values in chunks, by R and by the Gram matrix", async () => {
    const s = spectrum(3, 12, 1e4);
    const a = withSingularValues(1000, 12, s);
    async function* chunks(size: number) {
      for (let first = 0; first < 1000; first += size) {
        const end = Math.min(first + size, 1000);
        yield matrix(end - first, 12, a.data.subarray(first * 12, end * 12));
      }
    }
    const whole = svd(a);
    for (const size of [1, 300, 1000]) {
      const result = await tallSvd(chunks(size));
      expect(result.rows).toBe(1000);
      expect(absoluteError(result.s, s)).toBeLessThan(1e-14);
      expect(
        absoluteError(
          matmul(result.v, whole.v, { transposeA: true }).data.map(Math.abs),
          build(12, 12, (i, j) => +(i === j)).data,
        ),
      ).toBeLessThan(1e-9);
    }
    const byGram = await tallSvd(chunks(300), { method: "gram", sign: "canonical" });
    expect(relativeError(byGram.s, s)).toBeLessThan(1e-7);
    const few = await tallSvd([matrix(2, 5, randomMatrix(2, 5).data)]);
    expect(relativeError(few.s, svd(randomMatrix(2, 5)).s)).toBeLessThan(1e-13);
    expect([few.v.rows, few.v.cols]).toEqual([5, 2]);
  });

  it("tall matrices: refuses what would be wrong", async () => {
    const graded = withSingularValues(50, 6, spectrum(3, 6, 1e9));
    await expect(tallSvd([graded], { method: "gram" })).rejects.toThrow(/Use method "tsqr"/);
    expect(absoluteError((await tallSvd([graded])).s, spectrum(3, 6, 1e9))).toBeLessThan(1e-14);
    await expect(tallSkinnyQR([])).rejects.toThrow(/at least one chunk/);
    await expect(tallSkinnyQR([matrix(1, 2), matrix(1, 3)])).rejects.toThrow(/2 columns of the first, got 3/);
    await expect(tallSvd([matrix(1, 1, [Number.NaN])])).rejects.toThrow(/finite/);
  });
});
