import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsAt, fromRows, gram, identity, type Matrix, matmul, matrix, transpose } from "../src/index.ts";
import { build, distance, EPS, expectError, randomMatrix } from "./helpers.ts";

const shapes = fc.tuple(fc.nat(40), fc.nat(40), fc.nat(40));

function naiveProduct(a: Matrix, b: Matrix): Matrix {
  return build(a.rows, b.cols, (i, j) => {
    let sum = 0;
    for (let k = 0; k < a.cols; k++) sum += a.data[i * a.cols + k]! * b.data[k * b.cols + j]!;
    return sum;
  });
}

describe("constructors", () => {
  it("uses a Float64Array as it is and widens other arrays", () => {
    const data = new Float64Array([1, 2, 3, 4, 5, 6]);
    expect(matrix(2, 3, data).data).toBe(data);
    expect(matrix(1, 2, new Float32Array([0.5, 0.1])).data).toEqual(
      new Float64Array([0.5, Math.fround(0.1)]),
    );
    expect(matrix(2, 2).data).toEqual(new Float64Array(4));
    expect(fromRows([[1, 2], new Float32Array([3, 4])]).data).toEqual(new Float64Array([1, 2, 3, 4]));
    expect(fromRows([])).toEqual(matrix(0, 0));
    expect(identity(2)).toEqual(
      fromRows([
        [1, 0],
        [0, 1],
      ]),
    );
  });

  it("rejects bad shapes by name and number", () => {
    expectError(() => matrix(2, 3, [1]), "SHAPE_MISMATCH", /\[2, 3\].* 6 numbers, got 1/);
    expectError(() => matrix(-1, 3), "INVALID_ARGUMENT", /rows .* got -1/);
    expectError(() => matrix(1, 0.5), "INVALID_ARGUMENT", /cols .* got 0.5/);
    expectError(() => fromRows([[1, 2], [3]]), "SHAPE_MISMATCH", /got 1 in row 1/);
    expectError(() => matmul(matrix(2, 3), matrix(2, 3)), "SHAPE_MISMATCH", /\[2, 3\] times \[2, 3\]/);
    expectError(() => gram({ rows: 2, cols: 2, data: new Float64Array(3) }), "SHAPE_MISMATCH", /got 3/);
  });
});

describe("matmul", () => {
  it("agrees with the definition, whatever is transposed", () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), fc.boolean(), ([m, k, n], transposeA, transposeB) => {
        const a = randomMatrix(m, k, 1);
        const b = randomMatrix(k, n, 2);
        const product = matmul(transposeA ? transpose(a) : a, transposeB ? transpose(b) : b, {
          transposeA,
          transposeB,
        });
        expect(distance(product, naiveProduct(a, b))).toBeLessThan(100 * k * EPS + 1e-300);
      }),
    );
  });

  it("crosses the borders of its blocks", () => {
    for (const [m, k, n] of [
      [65, 257, 5],
      [129, 513, 66],
      [1, 600, 1],
    ] as const) {
      const a = randomMatrix(m, k, 3);
      const b = randomMatrix(k, n, 4);
      expect(distance(matmul(a, b), naiveProduct(a, b))).toBeLessThan(100 * k * EPS);
    }
  });

  it("has the identity as its unit and (AB)ᵀ = BᵀAᵀ", () => {
    const a = randomMatrix(17, 9);
    const b = randomMatrix(9, 13, 2);
    expect(matmul(a, identity(9))).toEqual(a);
    expect(transpose(matmul(a, b))).toEqual(matmul(b, a, { transposeA: true, transposeB: true }));
  });
});

describe("gram", () => {
  it("is AᵀA and exactly symmetric", () => {
    for (const [m, n] of [
      [0, 3],
      [3, 0],
      [7, 5],
      [300, 70],
      [5, 33],
    ] as const) {
      const a = randomMatrix(m, n);
      const g = gram(a);
      expect(transpose(g)).toEqual(g);
      expect(distance(g, matmul(a, a, { transposeA: true }))).toBeLessThan(100 * m * EPS + 1e-300);
    }
  });
});

it("transpose is an involution that swaps the indices", () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(40), (m, n) => {
      const a = randomMatrix(m, n);
      const t = transpose(a);
      expect([t.rows, t.cols]).toEqual([n, m]);
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) expect(t.data[j * m + i]).toBe(a.data[i * n + j]);
      expect(transpose(t)).toEqual(a);
    }),
    { numRuns: 20 },
  );
});

it("columns by their numbers, in the order asked for", () => {
  const a = fromRows([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(columnsAt(a, [2, 0, 2])).toEqual(
    fromRows([
      [3, 1, 3],
      [6, 4, 6],
    ]),
  );
  expect(columnsAt(a, [])).toEqual(matrix(2, 0));
});
