import { matmul, matrix, normal, orthogonal, svd } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import {
  type DistanceProfile,
  distanceProfile,
  grassmannDistance,
  subspaceAngles,
} from "../src/grassmann/index.ts";
import { functionMap, jacobian, localBasisAt, tangentBasis } from "../src/index.ts";
import { leadingDecomposition } from "../src/jacobian/leading-decomposition.ts";
import {
  defaultDirections,
  summarizeProfiles,
  warpagePair,
  warpageSample,
} from "../src/tangent-spaces/index.ts";
import { leading, maxDifference } from "./grassmann/frames.ts";
import { mappingNetwork } from "./mapping-network.ts";

const space = (name: string, dim: number) => ({ name, dim, shape: [dim] });
const distances = ["geodesic"] as const;

/** x ↦ tanh(Ax), seeded. */
function network(m: number, n: number, seed: number) {
  const a = matrix(m, n, normal(seed, 0, m * n));
  return functionMap({
    from: space("z", n),
    to: space("y", m),
    evaluate: (x) => matmul(a, matrix(n, 1, x)).data.map(Math.tanh),
  });
}

const geodesic = (a: Parameters<typeof subspaceAngles>[0], b: typeof a) =>
  grassmannDistance(subspaceAngles(a, b), "geodesic");

describe("tangentBasis", () => {
  it("has the leading output vectors of the local basis", async () => {
    const map = network(9, 7, 1);
    const x = Float32Array.from(normal(2, 0, 7));
    const whole = await localBasisAt(map, x);
    const { vectors, singularValues } = await tangentBasis(map, x, 3);
    expect(singularValues).toEqual(whole.singularValues.slice(0, 3));
    for (let k = 1; k <= 3; k++) {
      expect(geodesic(leading(vectors, k), leading(whole.outputVectors, k))).toBeLessThan(1e-12);
    }
    await expect(tangentBasis(map, x, 8)).rejects.toThrow(/from 1 to 7/);
  });

  it("by iteration is within 1e-8 of the whole decomposition for every k, and also where values coincide", async () => {
    const mapping = mappingNetwork(400, 8, 1);
    const trained = await jacobian(mapping, warpagePair(mapping.from, 1, 0).point);
    for (const a of [trained, matrix(420, 390, normal(3, 0, 420 * 390))]) {
      const { u, s } = svd(a);
      const { u: vectors, s: singularValues } = await leadingDecomposition(a, 30);
      expect(maxDifference(singularValues, s.slice(0, 30))).toBeLessThan(1e-12 * s[0]!);
      for (let k = 1; k <= 30; k++) {
        expect(geodesic(leading(vectors, k), leading(u, k)), `k = ${k}`).toBeLessThan(1e-8);
      }
    }
    const { s: singularValues, u: vectors } = await leadingDecomposition(orthogonal(1, 0, 400), 20);
    expect(maxDifference(singularValues, new Float64Array(20).fill(1))).toBeLessThan(1e-12);
    expect([vectors.rows, vectors.cols]).toEqual([400, 20]);
  });
});

describe("warpage", () => {
  it("of a linear map is 0 everywhere: its tangent space is one", async () => {
    const a = matrix(8, 5, normal(1, 0, 40));
    const map = functionMap({
      from: space("x", 5),
      to: space("y", 8),
      evaluate: (x) => matmul(a, matrix(5, 1, x)).data,
      jvp: (_, t) => matmul(a, matrix(5, 1, t)).data,
    });
    const { randomPair, nearPairs, references } = await warpageSample(map, warpagePair(map.from, 1, 0), {
      references: { own: svd(a).u, other: orthogonal(1, 0, 8, 2) },
    });
    for (const profile of [randomPair, ...nearPairs]) {
      expect(Math.max(...profile.geodesic)).toBeLessThan(1e-14);
      expect(profile.geodesic).toHaveLength(5);
    }
    expect(Math.max(...references.own!.geodesic)).toBeLessThan(1e-5);
    expect(references.other!.geodesic).toHaveLength(2);
    expect(references.other!.geodesic[1]).toBeGreaterThan(0.1);
  });

  it("is the distances of the local bases, of every k, with one Jacobian for each point", async () => {
    const map = network(9, 6, 4);
    let products = 0;
    const counted = {
      ...map,
      jvp: (...args: Parameters<typeof map.jvp>) => {
        products += args[2];
        return map.jvp(...args);
      },
    };
    const pair = warpagePair(map.from, 7, 3);
    const sample = await warpageSample(counted, pair, { epsilons: [0.1, 0.5] });
    expect(products).toBe(4 * 6);
    const near = pair.point.map((x, i) => x + 0.5 * pair.direction[i]!);
    const [here, there, beside] = await Promise.all(
      [pair.point, pair.other, near].map(async (x) => (await localBasisAt(map, x)).outputVectors),
    );
    const agree = (found: DistanceProfile, expected: DistanceProfile) =>
      expect(maxDifference(found.geodesic, expected.geodesic)).toBeLessThan(1e-6);
    agree(sample.randomPair, distanceProfile(here!, there!));
    agree(sample.nearPairs[1]!, distanceProfile(here!, beside!));
  });

  it("neighbours keep the length of the point if asked", async () => {
    const pair = warpagePair(space("x", 4), 1, 0);
    const seen: number[] = [];
    const map = functionMap({
      from: space("x", 4),
      to: space("y", 4),
      evaluate: (x) => x,
      jvp: (x, t) => {
        seen.push(Math.hypot(...x));
        return t;
      },
    });
    await warpageSample(map, pair, { k: 2, epsilons: [0.5], sameNorm: true });
    const [own, , near] = [seen[0]!, seen[4]!, seen[8]!];
    expect(near).toBeCloseTo(own, 6);
    seen.length = 0;
    await warpageSample(map, pair, { k: 2, epsilons: [0.5] });
    expect(Math.abs(seen[8]! - own)).toBeGreaterThan(1e-3);
  });

  it("pairs are functions of seed and index, with unit directions", () => {
    const z = space("z", 6);
    const pair = warpagePair(z, 3, 5);
    expect(warpagePair(z, 3, 5)).toEqual(pair);
    expect(Math.hypot(...pair.direction)).toBeCloseTo(1, 14);
    expect(pair.other).not.toEqual(pair.point);
    expect(warpagePair(z, 3, 6).point).not.toEqual(pair.other);
  });

  it("counts the directions above the rounding of the engine", async () => {
    const scales = [1, 0.1, 1e-3, 1e-8];
    const map = functionMap({
      from: space("x", 4),
      to: space("y", 4),
      evaluate: (x) => x.map((v, i) => v * scales[i]!),
      jvp: (_, t) => t.map((v, i) => v * scales[i]!),
    });
    expect((await warpageSample(map, warpagePair(map.from, 1, 0))).resolved).toBe(3);
    expect(defaultDirections(map)).toBe(4);
  });

  it("refuses what does not fit", async () => {
    const map = network(5, 4, 1);
    const pair = warpagePair(map.from, 1, 0);
    await expect(warpageSample(map, pair, { k: 5 })).rejects.toThrow(/from 1 to 4/);
    await expect(warpageSample(map, pair, { epsilons: [0] })).rejects.toThrow(
      /every ε must be positive, got 0/,
    );
    const references = { pca: orthogonal(1, 0, 4, 2) };
    await expect(warpageSample(map, pair, { references })).rejects.toThrow(/"pca" lie in a space of 4/);
  });

  it("summaries: mean and standard deviation for every k", () => {
    const { mean, std } = summarizeProfiles([Float64Array.of(1, 2), Float64Array.of(3, 2)]);
    expect([Array.from(mean), Array.from(std)]).toEqual([
      [2, 2],
      [Math.SQRT2, 0],
    ]);
    expect(Array.from(summarizeProfiles([Float64Array.of(1)]).std)).toEqual([0]);
  });

  it("of an untrained StyleGAN2 mapping network (8 × 512): the known curves, near ≪ random < uniform", async () => {
    const map = mappingNetwork(512, 8, 1);
    const samples = [];
    for (let i = 0; i < 6; i++)
      samples.push(await warpageSample(map, warpagePair(map.from, 1, i), { distances }));
    // Independent of this code: NumPy, 30 pairs of another network; within three standard errors of these 6 pairs.
    const random = summarizeProfiles(samples.map((s) => s.randomPair.geodesic));
    const near = summarizeProfiles(samples.map((s) => s.nearPairs[0]!.geodesic));
    for (const [k, far, close] of [
      [1, 1.43, 0.11],
      [5, 2.99, 0.33],
      [10, 4.01, 0.46],
      [20, 5.35, 0.63],
      [30, 6.27, 0.74],
      [40, 6.97, 0.81],
      [50, 7.57, 0.87],
    ] as const) {
      for (const [{ mean, std }, value] of [
        [random, far],
        [near, close],
      ] as const) {
        expect(Math.abs(mean[k - 1]! - value), `k = ${k}, ${value}`).toBeLessThan(
          (3 * std[k - 1]!) / Math.sqrt(6),
        );
      }
      expect(random.mean[k - 1]).toBeGreaterThan(5 * near.mean[k - 1]!);
    }
    expect(random.mean[49]).toBeLessThan(9.2);
  });
});
