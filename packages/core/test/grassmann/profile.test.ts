import { matmul, matrix, normal } from "@vielbein/linalg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  distanceProfile,
  GRASSMANN_DISTANCES,
  grassmannDistances,
  haarProfile,
  subspaceAngles,
} from "../../src/grassmann/index.ts";
import { build, frame, leading, pairWithAngles } from "./frames.ts";

describe("distanceProfile", () => {
  it("is the distance of every leading pair, for all distances (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.nat(1e6),
        fc.constantFrom(0, 1e-9, 1e-3, 10),
        (n, seed, noise) => {
          const kMax = 1 + (seed % n);
          const a = frame(n, kMax, seed);
          // Noise 0 and 1e-9: the sines decide; 10: the cosines.
          const shift = normal(seed + 1, 0, n * kMax);
          const b = build(n, kMax, (i, j) => a.data[i * kMax + j]! + noise * shift[i * kMax + j]!);
          const profile = distanceProfile(a, b);
          for (let k = 1; k <= kMax; k++) {
            const direct = grassmannDistances(subspaceAngles(leading(a, k), leading(b, k)));
            for (const name of GRASSMANN_DISTANCES) {
              const scale = Math.max(1, direct[name] ** 2);
              expect(Math.abs(profile[name][k - 1]! - direct[name]), `${name}, k = ${k}`).toBeLessThan(
                1e-11 * scale,
              );
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("has small angles to their last digits beside large ones", () => {
    for (const angles of [
      [1e-8, 2e-8],
      [1e-8, 1.5],
      [1e-12, 0.7, Math.PI / 2],
    ]) {
      const [a, b] = pairWithAngles(angles, 10, 7);
      const last = distanceProfile(a, b, angles.length, { distances: ["geodesic"] }).geodesic.at(-1)!;
      expect(Math.abs(last / Math.hypot(...angles) - 1)).toBeLessThan(1e-7);
      expect(Math.abs(last - Math.hypot(...angles))).toBeLessThan(1e-14);
    }
  });

  it("does not depend on the lengths of the columns, nor on what they share with those before", () => {
    const a = matrix(9, 3, normal(1, 0, 27));
    const b = matrix(9, 3, normal(1, 1, 27));
    const triangle = matrix(3, 3, [2, -1, 5, 0, -3, 0.5, 0, 0, 0.1]);
    const [plain, mixed] = [distanceProfile(a, b), distanceProfile(matmul(a, triangle), b)];
    for (const name of GRASSMANN_DISTANCES) {
      for (let k = 0; k < 3; k++) expect(mixed[name][k]).toBeCloseTo(plain[name][k]!, 11);
    }
  });

  it("of all dimensions is 0: every frame of R^n spans it", () => {
    const profile = distanceProfile(frame(6, 6, 1), frame(6, 6, 2), 6, {
      distances: ["geodesic", "chordal"],
    });
    expect(Object.keys(profile)).toEqual(["geodesic", "chordal"]);
    expect(profile.geodesic[5]).toBeLessThan(1e-14);
    expect(profile.geodesic[4]).toBeGreaterThan(0.01);
  });

  it("refuses dependent columns, too many dimensions and different spaces", () => {
    const a = frame(6, 3, 1);
    const repeated = build(6, 3, (i, j) => a.data[i * 3 + (j === 2 ? 0 : j)]!);
    expect(() => distanceProfile(a, repeated)).toThrow(/column 2 in the span/);
    const nothing = build(6, 3, (i, j) => (j === 0 ? 0 : a.data[i * 3 + j]!));
    expect(() => distanceProfile(nothing, a)).toThrow(/u1.* column 0 in the span/);
    expect(() => distanceProfile(a, nothing)).toThrow(/u2.* column 0 in the span/);
    expect(() => distanceProfile(a, a, 4)).toThrow(/4 independent directions are needed, got a \[6, 3\]/);
    expect(() => distanceProfile(a, frame(7, 3, 1))).toThrow(/6 and 7 rows/);
    expect(() => distanceProfile(a, a, 0)).toThrow(/positive integer/);
  });
});

describe("haarProfile", () => {
  it("in R^512 has the geodesic means 1.535 … 9.245 to 0.3 %", () => {
    const expected = new Map([
      [1, 1.535],
      [5, 3.328],
      [10, 4.597],
      [20, 6.286],
      [30, 7.49],
      [40, 8.448],
      [50, 9.245],
    ]);
    const samples = 200;
    const mean = new Float64Array(50);
    for (let i = 0; i < samples; i++) {
      const { geodesic } = haarProfile(1, i, 512, 50, { distances: ["geodesic"] });
      for (let k = 0; k < 50; k++) mean[k]! += geodesic[k]! / samples;
    }
    for (const [k, value] of expected)
      expect(Math.abs(mean[k - 1]! / value - 1), `k = ${k}`).toBeLessThan(0.003);
  });

  it("is a function of seed and index", () => {
    expect(haarProfile(3, 4, 20, 5)).toEqual(haarProfile(3, 4, 20, 5));
    expect(haarProfile(3, 5, 20, 5)).not.toEqual(haarProfile(3, 4, 20, 5));
  });
});
