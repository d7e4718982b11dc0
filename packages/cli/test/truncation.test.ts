// --truncation: ψ toward the mean of w behind a mapping network, in values and derivatives; else a scaled prior.

import { readFileSync } from "node:fs";
import { jacobian, samplePoints } from "@vielbein/core";
import { matmul, svd } from "@vielbein/linalg";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel, mappedCode, OnnxMap, prepare } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { floats, generator, generatorBytes, int64s, model, node, styled } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("styled.onnx", encodeModel(styled()));
const plain = scratch("generator.onnx", generatorBytes);
const runtime = new NodeRuntime({ threads: 1 });
const [W, PSI] = [6, 0.6];
let mapping: OnnxMap;
let synthesis: OnnxMap;
let mean: Float64Array;

beforeAll(async () => {
  mapping = await OnnxMap.create(styled(), runtime, { to: "w" });
  synthesis = await OnnxMap.create(styled(), runtime, { from: "w" });
  mean = await meanOf(mapping);
});
afterAll(async () => {
  await mapping.dispose();
  await synthesis.dispose();
});

/** Over 10,000 samples of seed 0. */
async function meanOf(map: OnnxMap): Promise<Float64Array> {
  const values = await map.evaluate(samplePoints(map.from, 0, 0, 10_000), 10_000);
  const sum = new Float64Array(map.to.dim);
  values.forEach((x, i) => {
    sum[i % map.to.dim]! += x;
  });
  return sum.map((x) => x / 10_000);
}

const truncated = (w: Float32Array) => Float32Array.from(w, (x, i) => mean[i]! + PSI * (x - mean[i]!));
const sample = (j: number) => samplePoints(mapping.from, 0, j, 1);
const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein(...argv, "--quiet", "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 5) => {
  expect(actual).toHaveLength(expected.length);
  Array.from(actual).forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i]!, digits);
  });
};
const psi = ["--truncation", String(PSI)];

describe("behind a mapping network", () => {
  it("pulls codes of w toward the mean of w, and says so", async () => {
    const { points, provenance } = await json("basis", path, "--from", "w", "--samples", "2", ...psi);
    close(points[1].point, truncated(await mapping.evaluate(sample(1), 1)));
    expect(provenance.truncation).toEqual({
      psi: PSI,
      space: "w",
      toward: "mean of samples",
      samples: 10_000,
    });
    expect(provenance.points).toMatchObject({ drawnIn: "z" });
    const { s } = svd(await jacobian(synthesis, Float32Array.from(points[1].point)));
    close(points[1].singularValues, s);
    const { stdout } = await vielbein("basis", path, "--from", "w", ...psi);
    expect(stdout).toContain("seed 0, z → w, ψ = 0.6 toward the mean of w");
  });

  it("from z values and derivatives are those of the truncated generator", async () => {
    const out = scratch("truncated.npz");
    const { points } = await json("basis", path, ...psi, "--out", out);
    close(points[0].point, sample(0));
    const w = truncated(await mapping.evaluate(sample(0), 1));
    close(readNpz(readFileSync(out)).values!.data as Float32Array, await synthesis.evaluate(w, 1));
    const chained = matmul(await jacobian(synthesis, w), await jacobian(mapping, sample(0)));
    close(
      points[0].singularValues.slice(0, 3),
      svd(chained)
        .s.slice(0, 3)
        .map((s) => PSI * s),
    );
  });

  it("ψ = 1 changes nothing, ψ = 0 leaves the mean; the seed does not move it", async () => {
    const codes = async (...more: string[]) =>
      (await json("basis", path, "--from", "w", "--samples", "2", ...more)).points.map(
        ({ point }: { point: number[] }) => point,
      );
    const [first, second] = await codes("--truncation", "0");
    close(first, mean);
    close(second, mean);
    close((await codes("--truncation", "0", "--seed", "7"))[0], mean);
    const [all, none] = [await codes("--truncation", "1"), await codes()];
    close(all.flat(), none.flat());
  });

  it.each([
    ["dimension", "--samples", "2", "--to", "hidden", "image"],
    ["metric", "--samples", "2"],
    ["warpage", "--pairs", "2", "--untrained", "0", "--pca-samples", "20"],
    ["distortion", "--pairs", "2", "--untrained", "0", "--k", "2"],
    ["ppl", "--pairs", "2"],
    ["pca", "--samples", "10"],
    ["geodesic", "--segments", "2", "--steps", "1"],
    ["traverse", "--directions", "0", "--out", scratch("truncated.svg")],
    ["axes", "--axes", "0", "--out", scratch("truncated.svg")],
  ])("%s: provenance says so", async (command, ...options) => {
    const { provenance } = await json(command, path, "--from", "w", ...options, ...psi);
    expect(provenance.truncation).toMatchObject({ psi: PSI, space: "w" });
  });

  it("refuses what would change nothing", async () => {
    const points = scratch("w.npy", writeNpy({ shape: [1, W], data: new Float32Array(W) }));
    const refusals: [string[], RegExp][] = [
      [["--from", "w", "--points", points], /--points are taken as they are/],
      [["--to", "mapped"], /it is done in "w", and no --to lies behind it/],
    ];
    for (const [options, message] of refusals) {
      const { code, stderr } = await vielbein("basis", path, ...options, ...psi);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    }
    const z = scratch("z.npy", writeNpy({ shape: [4], data: sample(0) }));
    const [given, drawn] = [
      await json("basis", path, "--points", z, ...psi),
      await json("basis", path, ...psi),
    ];
    expect(given.points[0].singularValues).toEqual(drawn.points[0].singularValues);
  });
});

describe("without a mapping network", () => {
  it("samples of the input are scaled about the mean of their prior", async () => {
    const z = { name: "z", dim: 4, shape: [4] };
    const { points, provenance } = await json("basis", plain, ...psi);
    close(
      points[0].point,
      samplePoints(z, 0, 0, 1).map((x) => PSI * x),
    );
    expect(provenance.truncation).toEqual({
      psi: PSI,
      space: "z",
      toward: "mean of the prior",
      distribution: "scaled normal",
    });
    const { stdout } = await vielbein("basis", plain, ...psi);
    expect(stdout).toContain("seed 0, z scaled by 0.6 (scaled normal)");
    const uniform = { ...z, prior: { kind: "uniform", low: 1, high: 3 } } as const;
    const box = await json("basis", plain, "--prior", "uniform:1,3", ...psi);
    close(
      box.points[0].point,
      samplePoints(uniform, 0, 0, 1).map((x) => 2 + PSI * (x - 2)),
    );
    expect(box.provenance.truncation).toMatchObject({ distribution: "scaled uniform" });
  });

  it("codes of a space further in are pulled toward their mean", async () => {
    const hidden = await OnnxMap.create(generator(), runtime, { to: "hidden" });
    const centre = await meanOf(hidden);
    const code = await hidden.evaluate(samplePoints(hidden.from, 0, 0, 1), 1);
    const { points } = await json("basis", plain, "--from", "hidden", ...psi);
    close(
      points[0].point,
      Array.from(code, (x, i) => centre[i]! + PSI * (x - centre[i]!)),
    );
    await hidden.dispose();
  });

  it("is refused where the input is normalised", async () => {
    const normalised = model({
      nodes: [
        node("Mul", ["z", "z"], ["squares"]),
        node("ReduceMean", ["squares"], ["mean"], { axes: { type: "ints", value: [1] } }),
        node("Sqrt", ["mean"], ["length"]),
        node("Div", ["z", "length"], ["unit"]),
        node("Gemm", ["unit", "w"], ["flat"]),
        node("Reshape", ["flat", "shape"], ["image"]),
      ],
      initializers: [floats("w", [4, 48]), int64s("shape", [-1, 3, 4, 4])],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
      outputs: [{ name: "image", dataType: DataType.FLOAT }],
    });
    const file = scratch("normalised.onnx", encodeModel(normalised));
    const { code, stderr } = await vielbein("basis", file, ...psi);
    expect(code).toBe(2);
    expect(stderr).toMatch(/would change nothing: the model normalises "z".*--from/);
  });
});

it.each([
  ["a style-based generator", styled(), "w"],
  ["one without mapping network", generator(), undefined],
])("mappedCode: %s", async (_, graph, expected) => {
  expect(mappedCode(await prepare(graph, runtime))).toBe(expected);
});

it("the sample's mapping network ends at w", async () => {
  const { provenance } = await json("basis", "sample", "--k", "1", ...psi);
  expect(provenance.truncation).toMatchObject({ space: "w", psi: PSI });
});

it.each(["-0.1", "2.5", "x", "", "NaN"])("--truncation %j is a usage error", async (text) => {
  const { code, stderr } = await vielbein("basis", plain, "--truncation", text);
  expect([code, stderr]).toEqual([2, expect.stringContaining("Expected a number from 0 to 2.")]);
});
