// The search for leading eigenvectors by itself, of matrices whose singular values are known, and what it is made of.

import { gram, type Matrix, matmul, matrix, normal, orthogonal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import {
  LeadingSubspaces,
  type SubspaceSearch,
  type WantedSubspace,
} from "../../src/jacobian/leading-subspace.ts";
import {
  combinations,
  combined,
  decomposeInPlace,
  length,
  subtractInPlace,
  unitBeyond,
} from "../../src/jacobian/long-vectors.ts";

const column = ({ rows, cols, data }: Matrix, j: number) =>
  Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]!);

/** U·diag(σ), U orthogonal: its right singular vectors are the axes. */
function scaled(sigma: readonly number[], rows = sigma.length): Matrix {
  const u = orthogonal(5, 0, rows);
  return matrix(
    rows,
    sigma.length,
    Array.from({ length: rows * sigma.length }, (_, at) => {
      const [i, j] = [Math.floor(at / sigma.length), at % sigma.length];
      return u.data[i * rows + j]! * sigma[j]!;
    }),
  );
}

/** The searches that are wanted, one after the other; what the last one found. */
async function search(
  a: Matrix,
  { k = 2, tolerance = 1e-8, capacity = a.cols, ...options }: Partial<SubspaceSearch & WantedSubspace>,
  before: readonly WantedSubspace[] = [],
) {
  let asked = 0;
  const times = (x: ArrayLike<number>, transposeA: boolean) =>
    matmul(a, matrix(x.length, 1, Float64Array.from(x)), { transposeA }).data;
  const subspaces = new LeadingSubspaces({
    dim: a.cols,
    forth: async (x) => {
      asked++;
      expect(length(x)).toBeCloseTo(1, 12);
      return times(x, false);
    },
    back: async (y) => times(y, true),
    of: "triplets",
    ...options,
  });
  for (const wanted of before) await subspaces.find(wanted);
  return { ...(await subspaces.find({ k, tolerance, capacity })), asked };
}

describe("leadingSubspace", () => {
  const sigma = Array.from({ length: 30 }, (_, i) => 0.6 ** i);
  const a = scaled(sigma, 40);

  test("a search goes on from where the one before ended, and takes no more products than one by itself", async () => {
    const alone = await search(a, { k: 12, tolerance: 1e-4 });
    const first = await search(a, { k: 4, tolerance: 1e-2 });
    const both = await search(a, { k: 12, tolerance: 1e-4 }, [{ k: 4, tolerance: 1e-2, capacity: 30 }]);
    expect(both.asked).toBeLessThan(alone.asked + first.asked / 2);
    for (const [i, value] of both.values.entries()) expect(Math.abs(value - sigma[i]!)).toBeLessThan(1e-4);
    expect(both.products).toBe(2 * both.asked);
  });

  test.each(["triplets", "pairs"] as const)(
    "values, vectors and what the products made of them: %s",
    async (of) => {
      const { values, vectors, images, returned, products, asked } = await search(a, { of, k: 3 });
      expect(products).toBe(2 * asked);
      expect([...values]).toEqual([1, 0.6, 0.36].map((x) => expect.closeTo(x, 8)));
      for (const k of [0, 1, 2]) {
        const v = column(vectors, k);
        expect(Math.abs(v[k]!)).toBeCloseTo(1, 8);
        const back = column(returned, k);
        back.forEach((x, i) => {
          expect(x).toBeCloseTo(sigma[i]! ** 2 * v[i]!, 10);
        });
      }
      const g = gram(vectors);
      g.data.forEach((x, at) => {
        expect(x).toBeCloseTo(at % 4 === 0 ? 1 : 0, 12);
      });
      if (of === "pairs") expect(images).toBeUndefined();
      else {
        const expected = matmul(a, vectors).data;
        images!.data.forEach((x, at) => {
          expect(x).toBeCloseTo(expected[at]!, 6);
        });
      }
    },
  );

  test.each([1e-2, 1e-4, 1e-8])(
    "the tolerance %f bounds what is left, relative to the first",
    async (tolerance) => {
      const slow = scaled(Array.from({ length: 60 }, (_, i) => 7 / (1 + 0.2 * i)));
      const { values, vectors, returned } = await search(slow, { k: 3, tolerance });
      for (const k of [0, 1, 2]) {
        const left = subtractInPlace(column(returned, k), column(vectors, k), values[k]! ** 2);
        expect(length(left) / values[k]!).toBeLessThanOrEqual(tolerance * values[0]! * (1 + 1e-9));
      }
    },
  );

  test("a looser tolerance takes fewer products, also of pairs", async () => {
    const slow = scaled(Array.from({ length: 60 }, (_, i) => 7 / (1 + 0.2 * i)));
    for (const of of ["triplets", "pairs"] as const) {
      const [loose, tight] = [
        await search(slow, { of, tolerance: 1e-2 }),
        await search(slow, { of, tolerance: 1e-9 }),
      ];
      expect(loose.products).toBeLessThan(tight.products);
    }
  });

  test("restarts in a basis with the least room find the same", async () => {
    const slow = scaled(Array.from({ length: 40 }, (_, i) => 1 / (1 + 0.3 * i)));
    const { values, asked } = await search(slow, { k: 2, capacity: 5 });
    expect([...values]).toEqual([1, 1 / 1.3].map((x) => expect.closeTo(x, 7)));
    expect(asked).toBeGreaterThan(5);
  });

  test("of one dimension, and of all there are", async () => {
    const one = await search(scaled([3]), { k: 1, capacity: 4 });
    expect([[...one.values], one.products]).toEqual([[expect.closeTo(3, 12)], 2]);
    const all = await search(scaled([3, 2, 1]), { k: 3, capacity: 6 });
    expect([[...all.values], all.products]).toEqual([[3, 2, 1].map((x) => expect.closeTo(x, 12)), 6]);
  });

  test("stops when told to", async () => {
    await expect(search(a, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe("long vectors", () => {
  const [e1, e2] = [Float64Array.of(1, 0, 0), Float64Array.of(0, 1, 0)];

  test("lengths, differences and combinations by hand", () => {
    expect(length([3, 4] as unknown as Float64Array)).toBe(5);
    expect([...subtractInPlace(Float64Array.of(5, 7), Float64Array.of(1, 2), 3)]).toEqual([2, 1]);
    const coefficients = matrix(2, 2, [1, 2, 3, 4]);
    const vectors = [Float64Array.of(1, 0), Float64Array.of(10, 100)];
    expect([...combined(vectors, coefficients, 0)]).toEqual([31, 300]);
    expect([...combined(vectors, coefficients, 1)]).toEqual([42, 400]);
    expect(combinations(vectors, coefficients, 2)).toEqual(matrix(2, 2, [31, 42, 300, 400]));
    expect(combinations(vectors, coefficients, 1)).toEqual(matrix(2, 1, [31, 300]));
  });

  test("what lies beyond a basis has length 1 and is orthogonal to it; in its span nothing does", () => {
    expect([...unitBeyond(Float64Array.of(3, 4, 12), [e1, e2])!]).toEqual([0, 0, 1]);
    expect([...unitBeyond(Float64Array.of(3, 0, -4), [e2])!]).toEqual(
      [0.6, 0, -0.8].map((x) => expect.closeTo(x, 15)),
    );
    expect(unitBeyond(Float64Array.of(3, 4, 0), [e1, e2])).toBeUndefined();
    expect(unitBeyond(Float64Array.of(0, 0, 0), [])).toBeUndefined();
    // A billionth beside is beyond, a hundred-billionth of a unit vector is rounding.
    expect([...unitBeyond(Float64Array.of(1, 0, 1e-9), [e1, e2])!]).toEqual(
      [0, 0, 1].map((x) => expect.closeTo(x, 6)),
    );
  });

  test("decomposeInPlace: A = U·diag(s)·turnᵀ, descending, U orthonormal", () => {
    const a = matrix(7, 3, normal(8, 0, 21));
    const u = matrix(7, 3, a.data.slice());
    const { s, turn } = decomposeInPlace(u);
    expect([...s]).toEqual([...s].sort((x, y) => y - x));
    const lengths = matrix(
      7,
      3,
      u.data.map((x, at) => x * s[at % 3]!),
    );
    matmul(lengths, turn, { transposeB: true }).data.forEach((x, at) => {
      expect(x).toBeCloseTo(a.data[at]!, 12);
    });
    gram(u).data.forEach((x, at) => {
      expect(x).toBeCloseTo(at % 4 === 0 ? 1 : 0, 12);
    });
  });

  test("decomposeInPlace: where a value vanishes U is orthonormal all the same", () => {
    const u = matrix(4, 2, [1, 2, 0, 0, 0, 0, 0, 0]);
    const { s } = decomposeInPlace(u);
    expect([...s]).toEqual([Math.sqrt(5), 0].map((x) => expect.closeTo(x, 12)));
    gram(u).data.forEach((x, at) => {
      expect(x).toBeCloseTo(at % 3 === 0 ? 1 : 0, 12);
    });
  });
});
