import { readFileSync } from "node:fs";
import { readNpz } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);

const json = async (file: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein("distortion", file, "--quiet", "--json", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("vielbein distortion", () => {
  it("prints the means, their ratio with an interval, and both nulls, for every layer", async () => {
    const { layers, provenance } = await json(path, "--every-layer", "--pairs", "6", "--k", "2");
    expect(layers.map(({ to }: { to: { name: string } }) => to.name)).toEqual(["hidden", "image"]);
    for (const layer of layers) {
      expect(layer.distortion).toBeCloseTo(layer.iRand / layer.iLocal, 12);
      expect(layer.interval[0]).toBeLessThan(layer.distortion);
      expect(layer.interval[1]).toBeGreaterThan(layer.distortion);
      expect(layer).toMatchObject({ k: 2, pairs: 6, excluded: 0 });
      expect(layer.haar).toMatchObject({ k: 2 });
      expect(layer.iRand).toBeLessThan(layer.haar.mean);
      const { untrained } = layer;
      expect(
        untrained.networks.map(({ seed, pairs }: { seed: number; pairs: number }) => [seed, pairs]),
      ).toEqual([
        [0, 2],
        [1, 2],
        [2, 2],
      ]);
      const meanOverNetworks = untrained.networks.reduce(
        (sum: number, n: { iRand: number }) => sum + n.iRand / 3,
        0,
      );
      expect(untrained.iRand).toBeCloseTo(meanOverNetworks, 12);
    }
    expect(provenance).toMatchObject({
      method: "distortion",
      options: { layers: ["hidden", "image"], epsilon: 0.1, sameNorm: false, k: 2, pairs: 6, untrained: 3 },
    });
  });

  it("agrees with the distances of warpage, whose pairs it shares", async () => {
    const { layers } = await json(path, "--pairs", "4", "--k", "3", "--epsilon", "0.5", "--untrained", "0");
    const { stdout } = await vielbein(
      "warpage",
      path,
      ...["--pairs", "4", "--k", "3", "--epsilon", "0.5", "--untrained", "0", "--json", "--quiet"],
    );
    const warpage = JSON.parse(stdout);
    expect(layers[0].iRand).toBeCloseTo(warpage.randomPairs.normalizedGeodesic.mean[2], 6);
    expect(layers[0].iLocal).toBeCloseTo(warpage.nearPairs[0].normalizedGeodesic.mean[2], 6);
    expect(layers[0].untrained).toBeNull();
  });

  it("falls as neighbours move apart", async () => {
    const of = async (epsilon: string) =>
      (await json(path, "--pairs", "6", "--k", "2", "--epsilon", epsilon, "--untrained", "0")).layers[0];
    const [small, large] = [await of("0.01"), await of("0.3")];
    expect(small.iRand).toBe(large.iRand);
    expect(small.distortion).toBeGreaterThan(5 * large.distortion);
  });

  it("says why there is none: an affine map, and no local dimension", async () => {
    const affine = await json(path, "--from", "hidden", "--to", "flat", "--k", "2", "--pairs", "3");
    expect(affine.layers[0]).toMatchObject({ distortion: null, interval: null, problem: "affine" });
    const turn = model({
      nodes: [node("Transpose", ["z"], ["y"], { perm: { type: "ints", value: [0, 2, 1] } })],
      inputs: [{ name: "z", dataType: 1, shape: ["n", 2, 3] }],
      outputs: [{ name: "y", dataType: 1 }],
    });
    const file = scratch("turn.onnx", encodeModel(turn));
    const plot = scratch("none.svg");
    const flat = await vielbein("distortion", file, "--pairs", "3", "--plot", plot);
    expect(flat.stderr).toContain("there is no Distortion to plot");
    expect(flat.code).toBe(0);
    expect(flat.stdout).toContain("no local dimension (flat spectra): give --k");
    expect(flat.stderr).toContain("without the untrained null: No floating-point weight matrix");
    const { layers } = await json(file, "--pairs", "3", "--untrained", "0");
    expect(layers[0]).toMatchObject({
      distortion: null,
      iRand: null,
      problem: "flat",
      k: null,
      haar: null,
      excluded: 3,
    });
  });

  it("keeps every pair and goes on with --resume", async () => {
    const [out, again] = [scratch("distortion.npz"), scratch("distortion-again.npz")];
    const command = ["distortion", path, "--every-layer", "--pairs", "3", "--k", "2", "--untrained", "2"];
    await vielbein(...command, "--out", out);
    const file = readNpz(readFileSync(out));
    expect(file.random!.shape).toEqual([6]);
    expect(Array.from(file.layer!.data as Float64Array)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(Array.from(file.untrained_near_k!.data as Float64Array)).toEqual([2, 2, 2, 2, 2, 2]);
    await vielbein(...command, "--out", again, "--resume");
    expect(readFileSync(again).equals(readFileSync(out))).toBe(true);
    const other = await vielbein(...command, "--epsilon", "0.2", "--out", out, "--resume");
    expect([other.code, other.stderr.includes("options.epsilon is 0.1, now it is 0.2")]).toEqual([2, true]);
  });

  it("prints a table and draws a plot", async () => {
    const plot = scratch("distortion.svg");
    const { stdout } = await vielbein(
      "distortion",
      path,
      "--every-layer",
      "--pairs",
      "4",
      "--k",
      "2",
      "--plot",
      plot,
    );
    expect(stdout).toContain("ε = 0.1, k = 2, 4 pairs");
    expect(stdout).toMatch(/layer +dim +k +I_rand +\(Haar\) +I_local +D +95 % +untrained D +networks/);
    expect(readFileSync(plot, "utf8")).toContain("Distortion");
  });
});

it("weights redrawn under one seed are the same at every layer", async () => {
  // The untrained null of a linear layer: its distances do not depend on the points.
  const linear = model({
    nodes: [node("Gemm", ["z", "w"], ["a"]), node("Identity", ["a"], ["b"])],
    initializers: [floats("w", [5, 5])],
    inputs: [{ name: "z", dataType: 1, shape: ["n", 5] }],
    outputs: [{ name: "b", dataType: 1 }],
  });
  const file = scratch("linear.onnx", encodeModel(linear));
  const out = scratch("linear.npz");
  await vielbein("dimension", file, "--to", "a", "b", "--samples", "1", "--untrained", "1", "--out", out);
  const values = readNpz(readFileSync(out)).untrained_singular_values!.data as Float64Array;
  expect(values.slice(0, 5)).toEqual(values.slice(5));
});
