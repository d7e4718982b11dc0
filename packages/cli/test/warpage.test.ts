import { readFileSync } from "node:fs";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);
const json = async (...options: string[]) => {
  const { code, stdout, stderr } = await vielbein(
    "warpage",
    path,
    "--quiet",
    "--json",
    "--pca-samples",
    "200",
    ...options,
  );
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("vielbein warpage", () => {
  it("prints mean and deviation for every k, of random and near pairs and of the nulls, with provenance", async () => {
    const result = await json("--pairs", "4", "--epsilon", "0.01,0.1");
    expect(result.k).toEqual([1, 2, 3, 4]);
    expect(result.pairs).toBe(4);
    expect(result.nearPairs.map((near: { epsilon: number }) => near.epsilon)).toEqual([0.01, 0.1]);
    const all = [result.randomPairs, ...result.nearPairs, result.haar, result.untrained.randomPairs];
    for (const comparison of all) {
      for (const metric of ["geodesic", "normalizedGeodesic", "projection"]) {
        expect(comparison[metric].mean).toHaveLength(4);
        expect(comparison[metric].std).toHaveLength(4);
      }
      comparison.geodesic.mean.forEach((value: number, i: number) => {
        expect(comparison.normalizedGeodesic.mean[i]).toBeCloseTo(value / Math.sqrt(i + 1), 12);
      });
    }
    const [small, large] = [0, 1].map((at) => result.nearPairs[at].geodesic.mean[3]);
    expect(small).toBeLessThan(large);
    expect(large).toBeLessThan(result.randomPairs.geodesic.mean[3]);
    expect(result.randomPairs.geodesic.mean[3]).toBeLessThan(result.haar.geodesic.mean[3]);
    expect(result.provenance).toMatchObject({
      method: "warpage",
      points: { seed: 0, count: 12 },
      options: { k: 4, epsilons: [0.01, 0.1], sameNorm: false, untrained: 3, pcaSamples: 200 },
    });
    expect(result.toSefa).toBeNull();
  });

  it("compares with global directions: principal components, and SeFa where an affine map reads the space", async () => {
    const { toPca, toSefa, haar, randomPairs } = await json(
      "--to",
      "hidden",
      "--pairs",
      "10",
      "--untrained",
      "0",
    );
    // The code is Gaussian and the layer nearly linear: one basis suits all places.
    expect(toPca.geodesic.mean[3]).toBeLessThan(randomPairs.geodesic.mean[3]);
    expect(toSefa.geodesic.mean).toHaveLength(4);
    // Random weights know nothing of the layers before.
    expect(Math.abs(toSefa.geodesic.mean[3] / haar.geodesic.mean[3] - 1)).toBeLessThan(0.2);
    expect((await json("--to", "hidden", "--pairs", "1", "--pca-samples", "0")).toPca).toBeNull();
  });

  it("says at which tensor there are no directions of SeFa, and what to change", async () => {
    const bent = scratch(
      "bent.onnx",
      encodeModel(
        model({
          nodes: [
            node("Gemm", ["z", "A"], ["h"]),
            node("Tanh", ["h"], ["t"]),
            node("Gemm", ["t", "B"], ["y"]),
          ],
          initializers: [floats("A", [3, 8]), floats("B", [8, 20])],
          inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
          outputs: [{ name: "y", dataType: DataType.FLOAT }],
        }),
      ),
    );
    const argv = ["warpage", bent, "--to", "h", "--pairs", "2", "--pca-samples", "0"];
    const { code, stderr } = await vielbein(...argv);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        'not compared with SeFa: no layer reads "h" by weights that are constant. End at a tensor (--to) that',
      ),
    ]);
  });

  it("compares with the Fréchet basis where its samples are asked for", async () => {
    const common = ["--to", "hidden", "--pairs", "10", "--untrained", "0"];
    const { toFrechet, toPca, randomPairs, provenance } = await json(...common, "--frechet-samples", "12");
    const of = (profile: typeof toFrechet) => profile.geodesic.mean[3];
    expect(of(toFrechet)).toBeLessThan(of(randomPairs));
    // It minimises what principal components do not.
    expect(of(toFrechet)).toBeLessThan(1.2 * of(toPca));
    expect(provenance.options.frechetSamples).toBe(12);
    const without = await json(...common);
    expect([without.toFrechet, without.provenance.options.frechetSamples]).toEqual([null, undefined]);
    const { stdout } = await vielbein("warpage", path, ...common, "--frechet-samples", "2");
    expect(stdout).toContain("to the Fréchet basis");
  });

  it("keeps every pair in --out, the same whatever their number, and goes on with --resume", async () => {
    const rows = async (n: string) => {
      const out = scratch(`warpage-${n}.npz`);
      await vielbein("warpage", path, "--pairs", n, "--untrained", "2", "--pca-samples", "0", "--out", out);
      return readNpz(readFileSync(out));
    };
    const [three, two] = [await rows("3"), await rows("2")];
    expect(three.random_geodesic!.shape).toEqual([3, 4]);
    expect(three.near_normalized_geodesic!.shape).toEqual([3, 1, 4]);
    expect(three.untrained_near_projection!.shape).toEqual([3, 1, 4]);
    for (const name of ["random_geodesic", "near_geodesic", "haar_projection", "untrained_random_geodesic"]) {
      expect(two[name]!.data).toEqual(three[name]!.data.slice(0, 8));
    }
    const parts = scratch("warpage-parts.npz");
    for (const n of ["1", "3"]) {
      await vielbein(
        "warpage",
        path,
        ...["--pairs", n, "--untrained", "2", "--pca-samples", "0", "--out", parts, "--resume"],
      );
    }
    const { provenance: _, ...columns } = three;
    expect(readNpz(readFileSync(parts))).toMatchObject(columns);
  });

  it("takes pairs of rows of --points: the distance of a point from itself is 0", async () => {
    const one = Float32Array.of(0.3, -1, 0.5, 2);
    const points = scratch(
      "same.npy",
      writeNpy({ shape: [3, 4], data: Float32Array.of(...one, ...one, ...one) }),
    );
    const result = await json("--points", points, "--untrained", "0");
    expect(result.pairs).toBe(1);
    expect(Math.max(...result.randomPairs.geodesic.mean)).toBeLessThan(1e-13);
    expect(result.nearPairs[0].geodesic.mean[3]).toBeGreaterThan(1e-4);
    expect(result.untrained).toBeNull();
  });

  it("prints a table and draws the curves", async () => {
    const plot = scratch("warpage.svg");
    const { stdout, stderr } = await vielbein("warpage", path, "--pairs", "3", "--k", "3", "--plot", plot);
    expect(stdout).toContain("z [4] → image [3, 8, 8]");
    for (const name of ["uniform (Haar)", "random pairs", "untrained, random", "near ε = 0.1"]) {
      expect(stdout).toContain(name);
      expect(readFileSync(plot, "utf8")).toContain(name);
    }
    expect(stdout).toMatch(/k=1 +k=2 +k=3\n/);
    // Under every k a mean and its deviation.
    const cell = String.raw`\d\.\d{3} ±\d\.\d{3}`;
    expect(stdout).toMatch(new RegExp(` ${cell} +${cell} +${cell}\\n`));
    expect(stderr).toContain(`wrote ${plot}`);
  });

  it("does without the untrained null where there are no weights to redraw", async () => {
    const bare = scratch(
      "bare.onnx",
      encodeModel(
        model({
          nodes: [node("Tanh", ["z"], ["y"])],
          inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
          outputs: [{ name: "y", dataType: DataType.FLOAT }],
        }),
      ),
    );
    const { code, stdout, stderr } = await vielbein("warpage", bare, "--pairs", "2", "--json");
    expect([code, JSON.parse(stdout).untrained]).toEqual([0, null]);
    expect(stderr).toContain("without the untrained null");
  });

  it("refuses what does not fit", async () => {
    const failure = async (...options: string[]) => {
      const { code, stderr } = await vielbein("warpage", path, ...options);
      return [code, stderr];
    };
    expect(await failure("--k", "0")).toEqual([2, expect.stringMatching(/integer of at least 1/)]);
    expect(await failure("--epsilon", "0.1,0")).toEqual([2, expect.stringMatching(/positive number/)]);
    expect(await failure("--plot", "x.pdf")).toEqual([2, expect.stringMatching(/\.svg or \.png/)]);
    const single = scratch("single.npy", writeNpy({ shape: [4], data: new Float32Array(4) }));
    expect(await failure("--points", single)).toEqual([65, expect.stringMatching(/a pair takes two/)]);
  });
});
