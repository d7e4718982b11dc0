// Fréchet means beside pymanopt and geomstats on the same points; of a linear map, whose local bases all agree.

import { readFileSync } from "node:fs";
import { matmul, matrix, normal } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { frechetBasis, karcherMean, matchDirections, subspaceAngles } from "../../src/grassmann/index.ts";
import { functionMap, tangentBasis } from "../../src/index.ts";
import { maxDifference } from "./frames.ts";

interface Golden {
  readonly shape: readonly [number, number];
  readonly bases: readonly (readonly number[])[];
  /** Projectors on the mean. */
  readonly pymanopt: readonly number[];
  readonly geomstats: readonly number[];
  readonly basis: readonly number[];
}

const goldens: Golden[] = JSON.parse(readFileSync(new URL("frechet-means.json", import.meta.url), "utf8"));

describe.each(goldens.map((golden, i) => [i, golden] as const))("case %i", (_, golden) => {
  const [n, k] = golden.shape;
  const bases = golden.bases.map((basis) => matrix(n, k, basis));

  test("the mean subspace is that of geomstats, and of pymanopt as far as its line search gets", () => {
    const { mean, converged, unique } = karcherMean(bases, { iterations: 500 });
    expect([converged, unique]).toEqual([true, true]);
    const projector = matmul(mean, mean, { transposeB: true }).data;
    expect(maxDifference(projector, golden.geomstats)).toBeLessThan(1e-8);
    expect(maxDifference(projector, golden.pymanopt)).toBeLessThan(2e-6);
  });

  test("the basis in it is that of the mean rotation of geomstats", () => {
    const { basis, rotation } = frechetBasis(bases, { iterations: 500 });
    expect(rotation.converged).toBe(true);
    // Order and signs are those of one of the bases.
    const expected = matrix(n, k, golden.basis);
    for (const { cosine } of matchDirections(expected, basis)) {
      expect(1 - Math.abs(cosine)).toBeLessThan(1e-14);
    }
  });
});

test("local bases of a linear map all agree: the mean is each of them, whatever the points", async () => {
  const [m, n, k] = [9, 6, 3];
  const a = normal(2, 0, m * n);
  const map = functionMap({
    from: { name: "z", dim: n, shape: [n] },
    to: { name: "y", dim: m, shape: [m] },
    evaluate: (z) => Array.from({ length: m }, (_, i) => z.reduce((sum, x, j) => sum + a[i * n + j]! * x, 0)),
    jvp: (_, t) => Array.from({ length: m }, (_, i) => t.reduce((sum, x, j) => sum + a[i * n + j]! * x, 0)),
  });
  const bases = [];
  for (const seed of [3, 4, 5, 6]) {
    const point = Float32Array.from(normal(seed, 0, n));
    bases.push((await tangentBasis(map, point, k)).vectors);
  }
  const { basis, agreement, subspace } = frechetBasis(bases);
  expect(Math.min(...agreement)).toBeGreaterThan(1 - 1e-10);
  expect(subspace.radius).toBeLessThan(1e-5);
  for (const one of bases) expect(Math.max(...subspaceAngles(basis, one))).toBeLessThan(1e-5);
});
