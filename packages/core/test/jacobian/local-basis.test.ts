import { type Matrix, matmul, matrix, normal, transpose } from "@vielbein/linalg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { functionMap, jacobian, localBasis, localBasisAt, type Space } from "../../src/index.ts";

function space(name: string, dim: number): Space {
  return { name, dim, shape: [dim] };
}

/** x ↦ tanh(Ax), seeded. */
function network(m: number, n: number, seed: number) {
  const a = matrix(m, n, normal(seed, 0, m * n));
  return functionMap({
    from: space("z", n),
    to: space("y", m),
    evaluate: (x) => matmul(a, matrix(n, 1, x)).data.map(Math.tanh),
  });
}

function maxDifference(a: Matrix, b: Matrix): number {
  return a.data.reduce((max, x, i) => Math.max(max, Math.abs(x - b.data[i]!)), 0);
}

describe("localBasis", () => {
  it("of a diagonal linear map: the axes, by falling scale", async () => {
    const scales = [0.5, 3, 2];
    const map = functionMap({
      from: space("x", 3),
      to: space("y", 3),
      evaluate: (x) => x.map((v, i) => v * scales[i]!),
      jvp: (_x, t) => t.map((v, i) => v * scales[i]!),
    });
    const [basis] = await localBasis(map, Float32Array.of(1, 1, 1));
    expect(Array.from(basis!.singularValues)).toEqual([3, 2, 0.5]);
    expect(Array.from(basis!.inputVectors.data, (x) => x + 0)).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
    expect(Array.from(basis!.value)).toEqual([0.5, 3, 2]);
  });

  it("reconstructs the Jacobian, with orthonormal vectors on both sides (property)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(1000),
        async (m, n, seed) => {
          const map = network(m, n, seed);
          const x = Float32Array.from(normal(seed + 1, 0, n));
          const j = await jacobian(map, x);
          const { singularValues: s, inputVectors: v, outputVectors: u } = await localBasisAt(map, x);
          const us = matrix(
            m,
            s.length,
            u.data.map((value, i) => value * s[i % s.length]!),
          );
          expect(maxDifference(matmul(us, transpose(v)), j)).toBeLessThan(1e-12);
          for (const q of [u, v]) {
            const gram = matmul(transpose(q), q);
            gram.data.forEach((value, i) => {
              expect(Math.abs(value - (i % (q.cols + 1) === 0 ? 1 : 0))).toBeLessThan(1e-12);
            });
          }
          expect(Array.from(s)).toEqual(Array.from(s).sort((a, b) => b - a));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("fixes the signs: the largest entry of every output vector is positive", async () => {
    const { outputVectors: u } = await localBasisAt(network(7, 5, 3), Float32Array.from(normal(4, 0, 5)));
    for (let k = 0; k < u.cols; k++) {
      const column = Array.from({ length: u.rows }, (_, i) => u.data[i * u.cols + k]!);
      const largest = column.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best));
      expect(largest).toBeGreaterThan(0);
    }
  });

  it("moves the output by tσ along u when the input moves by t along v, to second order", async () => {
    const map = network(6, 4, 8);
    const x = Float32Array.from(normal(9, 0, 4));
    const { singularValues: s, inputVectors: v, outputVectors: u, value } = await localBasisAt(map, x);
    const remainder = async (t: number): Promise<number> => {
      const moved = await map.evaluate(
        x.map((c, i) => c + t * v.data[i * 4]!),
        1,
      );
      return Math.hypot(...moved.map((y, i) => y - value[i]! - t * s[0]! * u.data[i * 4]!));
    };
    const slope = Math.log2((await remainder(0.1)) / (await remainder(0.05)));
    expect(slope).toBeGreaterThan(1.8);
    expect(slope).toBeLessThan(2.6);
  });

  it("keeps the leading directions when k is given", async () => {
    const map = network(6, 4, 8);
    const x = Float32Array.from(normal(9, 0, 4));
    const full = await localBasisAt(map, x);
    const two = await localBasisAt(map, x, { k: 2 });
    expect(two.singularValues).toEqual(full.singularValues.slice(0, 2));
    expect([two.inputVectors.cols, two.outputVectors.cols]).toEqual([2, 2]);
    expect(two.inputVectors.data[3]).toBe(full.inputVectors.data[5]);
  });

  it("is the same point by point as all at once", async () => {
    const map = network(3, 4, 1);
    const points = Float32Array.from(normal(2, 0, 12));
    const all = await localBasis(map, points);
    expect(all).toHaveLength(3);
    expect(await localBasisAt(map, points.slice(4, 8))).toEqual(all[1]);
  });

  it("refuses ranks out of range and points of the wrong size", async () => {
    const map = network(3, 4, 1);
    await expect(localBasis(map, new Float32Array(4), { k: 4 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(localBasis(map, new Float32Array(5))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(localBasis(map, new Float32Array(0))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  });
});
