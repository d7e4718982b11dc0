// One source of codes: sample j of a seed is the same point in every command, also in a space behind a mapping network.

import { readFileSync } from "node:fs";
import { jacobian, samplePoints } from "@vielbein/core";
import { warpagePair } from "@vielbein/core/tangent-spaces";
import { svd } from "@vielbein/linalg";
import { readNpy, readNpz, writeNpy } from "@vielbein/linalg/npy";
import { encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { styled } from "./models.ts";
import { scratch, sharedCase, vielbein } from "./run.ts";

const path = scratch("styled.onnx", encodeModel(styled()));
const W = 6;
let mapping: OnnxMap;
/** Codes 0 … 11 of w, `[12, 6]`: what samples of z become there. */
let codes: Float32Array;
let file: string;

beforeAll(async () => {
  mapping = await OnnxMap.create(styled(), new NodeRuntime({ threads: 1 }), { to: "w" });
  codes = new Float32Array(12 * W);
  for (let j = 0; j < 12; j++) codes.set(await mapping.evaluate(sample(j), 1), j * W);
  file = scratch("codes.npy", writeNpy({ shape: [12, W], data: codes }));
});
afterAll(() => mapping.dispose());

const sample = (j: number) => samplePoints({ name: "z", dim: 4, shape: [4] }, 0, j, 1);
const code = (j: number) => Array.from(codes.slice(j * W, (j + 1) * W));
const json = async (command: string, ...options: string[]) => {
  const { code, stdout, stderr } = await vielbein(command, path, "--quiet", "--json", ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};
const arrays = async (command: string, ...options: string[]) => {
  const out = scratch(`${command}-${options.length}.npz`);
  await json(command, "--out", out, ...options);
  const { provenance: _, ...rest } = readNpz(readFileSync(out));
  return rest;
};
const fromW = ["--from", "w", "--to", "image"];
const drawn = { seed: 0, prior: { kind: "normal" }, drawnIn: "z" };

describe("codes of w are what samples of z become there", () => {
  it("basis: points, singular values and provenance, whatever the number of samples", async () => {
    const { points, from, provenance } = await json("basis", ...fromW, "--samples", "9");
    expect(points.map(({ point }: { point: number[] }) => point)).toEqual(
      Array.from({ length: 9 }, (_, j) => code(j)),
    );
    expect(provenance.points).toEqual({ ...drawn, first: 0, count: 9 });
    expect(from).not.toHaveProperty("prior");
    const map = await OnnxMap.create(styled(), new NodeRuntime({ threads: 1 }), { from: "w" });
    const expected = svd(await jacobian(map, codes.slice(0, W))).s;
    points[0].singularValues.forEach((s: number, i: number) => {
      expect(s / expected[i]!).toBeCloseTo(1, 6);
    });
    await map.dispose();
    const { stdout } = await vielbein("basis", path, ...fromW);
    expect(stdout).toContain("seed 0, z → w");
  });

  it.each([
    ["dimension", "--samples", "4", "--to", "hidden", "image"],
    ["metric", "--samples", "4", "--to", "image"],
    ["metric", "--samples", "4", "--to", "hidden", "image"],
    ["basis", "--samples", "4", "--to", "image"],
  ])("%s %s %s %s %s: as with --points", async (command, ...options) => {
    const four = scratch("four.npy", writeNpy({ shape: [4, W], data: codes.slice(0, 4 * W) }));
    const sampled = await arrays(command, "--from", "w", ...options);
    expect(await arrays(command, "--from", "w", ...options, "--points", four)).toEqual(sampled);
  });

  it.each([
    ["warpage", "--to", "image", "--untrained", "2", "--pca-samples", "100"],
    ["distortion", "--to", "hidden", "image", "--k", "2", "--untrained", "2"],
  ])("%s: pair i is codes 3i and 3i + 1, for untrained networks too", async (command, ...options) => {
    const rows = [0, 1, 3, 4, 6, 7].flatMap(code);
    const pairs = scratch("pairs.npy", writeNpy({ shape: [6, W], data: Float32Array.from(rows) }));
    const all = ["--from", "w", "--pairs", "3", ...options];
    expect(await arrays(command, ...all, "--points", pairs)).toEqual(await arrays(command, ...all));
    const { provenance } = await json(command, ...all);
    expect(provenance.points).toEqual({ ...drawn, first: 0, count: 9 });
    // The direction is drawn in the space itself.
    expect(warpagePair({ name: "w", dim: W, shape: [W] }, 0, 0).direction).toHaveLength(W);
  });

  it("traverse, geodesic, ppl, pca: the same", async () => {
    const out = scratch("sheet.svg");
    expect((await json("traverse", ...fromW, "--sample", "3", "--out", out)).point).toEqual(code(3));
    const ways = await arrays("geodesic", ...fromW, "--sample", "2", "--sample", "5", "--segments", "2");
    expect(Array.from(ways.straight_line!.data.slice(0, W) as Float32Array)).toEqual(code(2));
    const paths = (points: string[]) => arrays("ppl", ...fromW, "--pairs", "4", ...points);
    expect(await paths(["--points", file])).toEqual(await paths([]));
    const components = (points: string[]) => json("pca", ...fromW, "--samples", "12", ...points);
    expect((await components(["--points", file])).stdev).toEqual((await components([])).stdev);
  });

  it("invert: the starts", async () => {
    const target = scratch("target.npy", writeNpy({ shape: [48], data: new Float32Array(48).fill(0.1) }));
    const starts = (points: string[]) =>
      json("invert", ...fromW, "--target", target, "--candidates", "12", "--steps", "2", ...points);
    expect((await starts(["--points", file])).searches).toEqual((await starts([])).searches);
  });

  it("the sample", async () => {
    const { stdout } = await vielbein("basis", "sample", "--from", "w", "--k", "2", "--json");
    const [{ point, singularValues }] = JSON.parse(stdout).points;
    // By PyTorch in float64.
    expect(singularValues[0]).toBeCloseTo(24.17, 3);
    expect(singularValues[1]).toBeCloseTo(13.536, 3);
    const known = sharedCase("w_of_z0.npy");
    if (known) expect(Array.from(readNpy(known).data as Float32Array)).toEqual(point);
  });

  it("--prior is that of the input", async () => {
    const { provenance } = await json("basis", ...fromW, "--prior", "uniform:0,1");
    expect(provenance.points).toMatchObject({ drawnIn: "z", prior: { kind: "uniform", low: 0, high: 1 } });
    expect(provenance.from).not.toHaveProperty("prior");
  });
});

describe("a space that no input leads to", () => {
  it.each([
    "basis",
    "dimension",
    "warpage",
    "distortion",
    "metric",
    "pca",
    "traverse",
    "geodesic",
    "ppl",
    "axes",
  ])("%s asks for --points", async (command) => {
    const constant = ["--from", "constant", "--set", "z=0.5,-0.2,1,0.3"];
    const { code, stderr } = await vielbein(command, path, ...constant);
    expect(code).toBe(65);
    expect(stderr).toMatch(/"constant" has no prior.*--points/);
    const one = scratch(
      "constants.npy",
      writeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 3, 1, 2) }),
    );
    const options = [
      "--points",
      one,
      "--out",
      scratch(outOf(command)),
      ...(command === "axes" ? ["--axes", "0-2"] : []),
    ];
    expect((await vielbein(command, path, ...constant, ...options)).code).toBe(0);
  });
});

function outOf(command: string): string {
  if (command === "pca") return "constant.safetensors";
  return command === "traverse" || command === "axes" ? `${command}.svg` : `${command}-constant.npz`;
}
