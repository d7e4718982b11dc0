import { existsSync, readFileSync } from "node:fs";
import { matmul, matrix, normal, orthogonal } from "@vielbein/linalg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frobenius } from "../../src/grassmann/frames.ts";
import {
  distanceProfile,
  GRASSMANN_DISTANCES,
  type GrassmannDistanceName,
  grassmannDistance,
  grassmannDistances,
  grassmannLog,
  matchDirections,
  subspaceAngles,
  subspaceOverlap,
} from "../../src/grassmann/index.ts";
import { build, frame, leading, maxDifference, pairWithAngles } from "./frames.ts";

const anyAngles = fc.array(fc.double({ min: 0, max: Math.PI / 2, noNaN: true }), {
  minLength: 1,
  maxLength: 8,
});

describe("grassmannDistances", () => {
  it("has the values of the formulas at θ = (0.1, 0.3, 0.7)", () => {
    const expected: Record<GrassmannDistanceName, number> = {
      geodesic: 0.7681146,
      normalizedGeodesic: 0.4434712,
      asimov: 0.7,
      binetCauchy: 0.6866043,
      chordal: 0.7157621,
      projectionFrobenius: 1.0122404,
      fubiniStudy: 0.7568081,
      martin: 0.7984808,
      procrustes: 0.7547412,
      projection: 0.6442177,
      spectral: 0.6857956,
    };
    const found = grassmannDistances([0.1, 0.3, 0.7]);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const name of GRASSMANN_DISTANCES) {
      expect(Math.abs(found[name] - expected[name]), name).toBeLessThan(5.1e-8);
    }
  });

  it("are ordered as the inequalities between them say (property)", () => {
    fc.assert(
      fc.property(anyAngles, (angles) => {
        const d = grassmannDistances(angles);
        const chains: GrassmannDistanceName[][] = [
          ["binetCauchy", "chordal", "procrustes", "geodesic", "martin"],
          ["projection", "spectral", "asimov", "geodesic"],
          ["binetCauchy", "fubiniStudy", "geodesic"],
        ];
        for (const chain of chains) {
          for (let i = 1; i < chain.length; i++) {
            expect(d[chain[i - 1]!]).toBeLessThanOrEqual(d[chain[i]!] * (1 + 1e-12) + 1e-150);
          }
        }
        expect(d.projectionFrobenius).toBeCloseTo(Math.SQRT2 * d.chordal, 12);
      }),
    );
  });

  it("keep their digits where all angles are tiny: all but the 2-norms equal √Σθ²", () => {
    const angles = [3e-9, 4e-9];
    const d = grassmannDistances(angles);
    for (const name of [
      "geodesic",
      "binetCauchy",
      "chordal",
      "fubiniStudy",
      "martin",
      "procrustes",
    ] as const) {
      expect(Math.abs(d[name] / 5e-9 - 1), name).toBeLessThan(1e-12);
    }
    for (const name of ["asimov", "projection", "spectral"] as const) {
      expect(Math.abs(d[name] / 4e-9 - 1), name).toBeLessThan(1e-12);
    }
  });

  it("keep their digits below the root of the smallest number", () => {
    for (const unit of [1e-100, 1e-160, 1e-200, 1e-300]) {
      const d = grassmannDistances([3 * unit, 4 * unit]);
      for (const name of GRASSMANN_DISTANCES) {
        const others: Partial<Record<GrassmannDistanceName, number>> = {
          asimov: 4,
          projection: 4,
          spectral: 4,
          normalizedGeodesic: 5 / Math.SQRT2,
          projectionFrobenius: 5 * Math.SQRT2,
        };
        expect(d[name] / unit / (others[name] ?? 5), name).toBeCloseTo(1, 12);
      }
    }
    expect(Object.values(grassmannDistances([0, 0]))).toEqual(GRASSMANN_DISTANCES.map(() => 0));
  });

  it("saturate or diverge at a right angle", () => {
    const d = grassmannDistances([0.2, Math.PI / 2]);
    expect(d.martin).toBe(Number.POSITIVE_INFINITY);
    expect([d.binetCauchy, d.projection]).toEqual([1, 1]);
    expect(d.fubiniStudy).toBeCloseTo(Math.PI / 2, 14);
  });

  it("refuses what is no angle, and no name of a distance", () => {
    for (const angles of [[], [-0.1], [1.6], [Number.NaN]]) {
      expect(() => grassmannDistances(angles)).toThrow(/from 0 to π\/2/);
    }
    expect(() => grassmannDistance([0], "euclid" as GrassmannDistanceName)).toThrow(
      /must be one of geodesic/,
    );
  });
});

describe("subspaces", () => {
  const distances = (a: Parameters<typeof subspaceAngles>[0], b: typeof a) =>
    grassmannDistances(subspaceAngles(a, b));

  it("angles come back from 1e-8 to π/2", () => {
    const angles = [0, 1e-8, 1e-4, 0.3, 1, Math.PI / 2 - 1e-8, Math.PI / 2];
    const [a, b] = pairWithAngles(angles, 30, 4);
    expect(maxDifference(subspaceAngles(a, b), angles)).toBeLessThan(1e-14);
  });

  it("every distance is symmetric, 0 between two bases of one span, and unmoved by a common rotation (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(1e6), (n, seed) => {
        const k = 1 + (seed % Math.min(4, n - 1));
        const [a, b] = [frame(n, k, seed), frame(n, k, seed + 1)];
        const rotation = frame(n, n, seed + 2);
        const there = distances(a, b);
        const turned = distances(matmul(rotation, a), matmul(rotation, b));
        const same = distances(a, matmul(a, frame(k, k, seed + 3)));
        for (const name of GRASSMANN_DISTANCES) {
          const scale = 1 + there[name] ** 2;
          expect(Math.abs(distances(b, a)[name] - there[name]), name).toBeLessThan(1e-12 * scale);
          expect(Math.abs(turned[name] - there[name]), name).toBeLessThan(1e-10 * scale);
          expect(same[name], name).toBeLessThan(1e-13);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("the triangle inequality holds for all but Martin's (property)", () => {
    let broken = 0;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.nat(1e6), (n, seed) => {
        const k = 1 + (seed % (n - 1));
        const [a, b, c] = [frame(n, k, seed), frame(n, k, seed + 1), frame(n, k, seed + 2)];
        const [ab, bc, ac] = [distances(a, b), distances(b, c), distances(a, c)];
        for (const name of GRASSMANN_DISTANCES) {
          const slack = ab[name] + bc[name] - ac[name];
          if (name !== "martin") expect(slack, name).toBeGreaterThan(-1e-12);
          else if (slack < -1e-6) broken++;
        }
      }),
      { seed: 1, numRuns: 300 },
    );
    // Else this test could not tell them apart.
    expect(broken).toBeGreaterThan(0);
  });

  it("of different dimensions: 0 for a subspace, unless right angles are added for what is missing", () => {
    const whole = frame(12, 5, 1);
    const part = leading(whole, 3);
    expect(grassmannDistance(subspaceAngles(part, whole), "geodesic")).toBeLessThan(1e-14);
    const padded = subspaceAngles(part, whole, { unequal: "padded" });
    expect(padded).toHaveLength(5);
    expect(grassmannDistance(padded, "geodesic")).toBeCloseTo((Math.SQRT2 * Math.PI) / 2, 13);
    expect(grassmannDistance(padded, "chordal")).toBeCloseTo(Math.SQRT2, 13);
  });

  it("do not depend on the lengths of the columns (property)", () => {
    const lengths = fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(lengths, lengths, (first, second) => {
        const [a, b] = pairWithAngles([1e-3, 0.4, 1.2], 9, 5);
        const scaledBy = (m: typeof a, exponents: number[]) =>
          matrix(
            m.rows,
            m.cols,
            m.data.map((x, at) => x * 10 ** exponents[at % m.cols]!),
          );
        const [p, q] = [scaledBy(a, first), scaledBy(b, second)];
        expect(maxDifference(subspaceAngles(p, q), [1e-3, 0.4, 1.2])).toBeLessThan(1e-13);
        expect(subspaceOverlap(p, q)).toBeCloseTo(subspaceOverlap(a, b), 12);
        expect(matchDirections(p, q)).toEqual(
          matchDirections(a, b).map((match) => ({ ...match, cosine: expect.closeTo(match.cosine, 12) })),
        );
        expect(distanceProfile(p, q, 3, { distances: ["geodesic"] }).geodesic[2]).toBeCloseTo(
          distanceProfile(a, b, 3, { distances: ["geodesic"] }).geodesic[2]!,
          12,
        );
      }),
      { numRuns: 30, seed: 2 },
    );
    // Columns of length 1, 1e-20 and 1e-40 span three dimensions.
    const axes = matrix(4, 3, [1, 0, 0, 0, 1e-20, 0, 0, 0, 1e-40, 0, 0, 0]);
    expect(Array.from(subspaceAngles(axes, axes))).toEqual([0, 0, 0]);
    expect(subspaceOverlap(axes, axes)).toBeCloseTo(1, 12);
  });

  it("angles far below the root of the smallest number", () => {
    const a = matrix(3, 1, [1, 0, 0]);
    for (const angle of [1e-100, 1e-170, 1e-250]) {
      const b = matrix(3, 1, [1, angle, 0]);
      expect(subspaceAngles(a, b)[0]! / angle).toBeCloseTo(1, 12);
      expect(grassmannDistance(subspaceAngles(a, b), "geodesic") / angle).toBeCloseTo(1, 12);
      expect(distanceProfile(a, b, 1, { distances: ["chordal"] }).chordal[0]! / angle).toBeCloseTo(1, 12);
      expect(frobenius(grassmannLog(a, b)) / angle).toBeCloseTo(1, 12);
    }
  });

  it("padded right angles are those that the ranks want, not the numbers of columns", () => {
    const twice = matrix(4, 2, [1, 1, 0, 0, 0, 0, 0, 0]);
    const plane = matrix(4, 2, [1, 0, 0, 1, 0, 0, 0, 0]);
    expect(Array.from(subspaceAngles(twice, plane, { unequal: "padded" }))).toEqual([0, Math.PI / 2]);
    expect(subspaceAngles(twice, twice, { unequal: "padded" })).toHaveLength(1);
    expect(() => subspaceAngles(plane, plane, { unequal: "no" as "padded" })).toThrow(
      /must be "containment"/,
    );
  });

  it("a float32 basis has no distance from itself, though its columns are orthonormal to 1e-7 only", () => {
    for (const k of [1, 10, 50]) {
      const exact = frame(512, k, 3);
      const rounded = matrix(512, k, Float32Array.from(exact.data));
      expect(grassmannDistance(subspaceAngles(rounded, rounded), "geodesic")).toBeLessThan(1e-13);
      expect(grassmannDistance(subspaceAngles(rounded, exact), "geodesic")).toBeLessThan(1e-6 * Math.sqrt(k));
    }
  });

  it("agrees with scipy.linalg.subspace_angles", () => {
    const golden = new URL("subspace-angles.json", import.meta.url);
    expect(existsSync(golden)).toBe(true);
    for (const { n, k, l, a, b, angles } of JSON.parse(readFileSync(golden, "utf8"))) {
      const found = subspaceAngles(matrix(n, k, a), matrix(n, l, b));
      expect(maxDifference(found, angles)).toBeLessThan(1e-13);
    }
  });

  it("overlap: 1 for a part, 0 across, k/n on average for uniform ones", () => {
    const axes = frame(10, 10, 2);
    const columns = (first: number, count: number) =>
      build(10, count, (i, j) => axes.data[i * 10 + first + j]!);
    expect(subspaceOverlap(columns(0, 3), columns(0, 5))).toBeCloseTo(1, 13);
    expect(subspaceOverlap(columns(0, 3), columns(3, 5))).toBeLessThan(1e-28);
    let mean = 0;
    const samples = 200;
    for (let i = 0; i < samples; i++) {
      mean += subspaceOverlap(orthogonal(1, 2 * i, 40, 6), orthogonal(1, 2 * i + 1, 40, 6)) / samples;
    }
    expect(Math.abs(mean - 6 / 40)).toBeLessThan(0.005);
    expect(() => subspaceOverlap(matrix(3, 1), matrix(3, 1))).toThrow(/a length above 0, got zeros only/);
  });
});

describe("matchDirections", () => {
  it("undoes a permutation with signs, also of part of the set (property)", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        (order, flips) => {
          const a = frame(20, 7, 5);
          const b = build(20, order.length, (i, j) => (flips[j] ? -2 : 2) * a.data[i * 7 + order[j]!]!);
          for (const { first, second, cosine } of matchDirections(a, b)) {
            expect(first).toBe(order[second]);
            expect(cosine).toBeCloseTo(flips[second] ? -1 : 1, 12);
          }
          expect(matchDirections(b, a).map((m) => m.second)).toEqual(order);
        },
      ),
    );
  });

  it("has the largest total of all one-to-one matchings (property)", () => {
    const permutations = (items: number[]): number[][] =>
      items.length === 0
        ? [[]]
        : items.flatMap((x) => permutations(items.filter((y) => y !== x)).map((rest) => [x, ...rest]));
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), (seed, k) => {
        const a = matrix(6, k, normal(seed, 0, 6 * k));
        const b = matrix(6, 5, normal(seed, 1, 30));
        const unit = (m: typeof a, j: number) => {
          const column = Array.from({ length: 6 }, (_, i) => m.data[i * m.cols + j]!);
          const norm = Math.hypot(...column);
          return column.map((x) => x / norm);
        };
        const cos = (i: number, j: number) =>
          Math.abs(unit(a, i).reduce((sum, x, at) => sum + x * unit(b, j)[at]!, 0));
        const totals = permutations([0, 1, 2, 3, 4]).map((p) =>
          p.slice(0, k).reduce((sum, j, i) => sum + cos(i, j), 0),
        );
        const found = matchDirections(a, b);
        expect(new Set(found.map((m) => m.second)).size).toBe(k);
        const total = found.reduce((sum, m) => sum + Math.abs(m.cosine), 0);
        expect(total).toBeCloseTo(Math.max(...totals), 12);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses zero columns and other spaces", () => {
    expect(() => matchDirections(frame(4, 2, 1), matrix(4, 2))).toThrow(/column 0 of zeros/);
    expect(() => matchDirections(frame(4, 2, 1), frame(5, 2, 1))).toThrow(/4 and 5 rows/);
  });
});
