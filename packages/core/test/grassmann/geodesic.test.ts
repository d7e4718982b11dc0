import { gram, matmul, matrix } from "@vielbein/linalg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  grassmannDistance,
  grassmannExp,
  grassmannLog,
  parallelTransport,
  subspaceAngles,
} from "../../src/grassmann/index.ts";
import { frame, innerProduct, maxDifference, pairWithAngles, tangentAt } from "./frames.ts";

const geodesic = (a: Parameters<typeof subspaceAngles>[0], b: typeof a) =>
  grassmannDistance(subspaceAngles(a, b), "geodesic");
const norm = (a: ReturnType<typeof matrix>) => Math.hypot(...a.data);
const scaled = (a: ReturnType<typeof matrix>, t: number) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((x) => t * x),
  );

describe("exponential and logarithm", () => {
  it("log∘exp is the identity within the injectivity radius, from 1e-8 to π/2 (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 10 }),
        fc.nat(1e6),
        fc.constantFrom(1e-8, 1e-4, 0.1, 1, 1.5),
        (n, seed, length) => {
          const k = 1 + (seed % (n - 1));
          const y = frame(n, k, seed);
          const tangent = tangentAt(y, length, seed + 1);
          const end = grassmannExp(y, tangent);
          expect(gram(end).data.every((x, i) => Math.abs(x - +(i % (k + 1) === 0)) < 1e-13)).toBe(true);
          expect(geodesic(y, end)).toBeCloseTo(length, 12);
          expect(maxDifference(grassmannLog(y, end).data, tangent.data)).toBeLessThan(1e-13);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("exp∘log arrives, with the arc length, also where an angle is π/2 and YᵀZ is singular", () => {
    for (const angles of [
      [0, 1e-9, 0.4],
      [0.2, 1.1, Math.PI / 2],
      [Math.PI / 2, Math.PI / 2, Math.PI / 2],
      [1e-8, 1e-8, 1e-8],
    ]) {
      const [y, z] = pairWithAngles(angles, 9, 3);
      const log = grassmannLog(y, z);
      expect(geodesic(grassmannExp(y, log), z)).toBeLessThan(1e-14);
      expect(norm(log)).toBeCloseTo(Math.hypot(...angles), 14);
      expect(norm(matmul(y, log, { transposeA: true }))).toBeLessThan(1e-15);
    }
  });

  it("a geodesic has constant speed and is its own reverse", () => {
    const y = frame(8, 3, 5);
    const tangent = tangentAt(y, 1.2, 6);
    const end = grassmannExp(y, tangent);
    const middle = grassmannExp(y, scaled(tangent, 0.5));
    expect(geodesic(y, middle)).toBeCloseTo(0.6, 13);
    expect(geodesic(middle, end)).toBeCloseTo(0.6, 13);
    expect(geodesic(grassmannExp(end, scaled(grassmannLog(end, y), 0.5)), middle)).toBeLessThan(1e-13);
  });

  it("refuses frames that are not orthonormal or do not fit", () => {
    const y = frame(5, 2, 1);
    expect(() => grassmannLog(scaled(y, 2), y)).toThrow(/must be orthonormal/);
    expect(() => grassmannExp(y, frame(5, 3, 1))).toThrow(/\[5, 2\] and \[5, 3\]/);
  });
});

describe("parallel transport", () => {
  it("keeps inner products, lands in the tangent space, and comes back (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(1e6), (n, seed) => {
        const k = 1 + (seed % (n - 1));
        const y = frame(n, k, seed);
        const along = tangentAt(y, 1.1, seed + 1);
        const [a, b] = [tangentAt(y, 1, seed + 2), tangentAt(y, 2, seed + 3)];
        const moved = [a, b].map((v) => parallelTransport(y, along, v));
        expect(innerProduct(moved[0]!, moved[1]!)).toBeCloseTo(innerProduct(a, b), 12);
        const end = grassmannExp(y, along);
        expect(norm(matmul(end, moved[0]!, { transposeA: true }))).toBeLessThan(1e-13);
        const velocity = parallelTransport(y, along, along);
        expect(
          maxDifference(
            velocity.data,
            grassmannLog(end, y).data.map((x) => -x),
          ),
        ).toBeLessThan(1e-12);
        expect(
          maxDifference(parallelTransport(end, scaled(velocity, -1), moved[0]!).data, a.data),
        ).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it("on the sphere (k = 1) is the rotation in the plane of the arc", () => {
    const y = matrix(3, 1, [1, 0, 0]);
    const quarter = matrix(3, 1, [0, Math.PI / 2, 0]);
    expect(
      maxDifference(parallelTransport(y, quarter, matrix(3, 1, [0, 1, 1])).data, [-1, 0, 1]),
    ).toBeLessThan(1e-15);
  });
});
