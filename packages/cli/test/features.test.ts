// The form in which pictures are given to features: --resize, and one channel for three.

import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { generator, generatorBytes, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const features = (name: string, shape: (number | string)[]) =>
  scratch(
    `${name}.onnx`,
    encodeModel(
      model({
        nodes: [node("Identity", ["pixels"], ["features"])],
        inputs: [{ name: "pixels", dataType: DataType.FLOAT, shape }],
        outputs: [{ name: "features", dataType: DataType.FLOAT, shape }],
      }),
    ),
  );
const metric = async (...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein("metric", ...argv, "--samples", "2", "--json");
  expect([code, stderr.includes("vielbein:")]).toEqual([0, false]);
  return { ...JSON.parse(stdout), stderr };
};
const eigenvalues = ({ points }: { points: { eigenvalues: number[] }[] }) =>
  points.flatMap((point) => point.eigenvalues);
const path = scratch("generator.onnx", generatorBytes);
const raw = ["--feature-range", "signed"];

describe("--resize", () => {
  it("gives features means of what their pixels cover: the metric of a generator that pools", async () => {
    const shape = {
      kernel_shape: { type: "ints", value: [2, 2] },
      strides: { type: "ints", value: [2, 2] },
    } as const;
    const pooled = scratch(
      "pooled.onnx",
      encodeModel(generator([node("AveragePool", ["image"], ["small"], shape)], "small")),
    );
    const expected = await metric(pooled);
    const small = features("small", ["n", 3, 4, 4]);
    const found = await metric(path, "--distance", small, "--resize", "4", ...raw);
    const [values, exact] = [eigenvalues(found), eigenvalues(expected)];
    for (const [i, value] of exact.entries()) expect(values[i]).toBeCloseTo(value, 5);
    expect(found.provenance.options.resize).toEqual({ from: [8, 8], to: [4, 4] });
    const { stdout } = await vielbein("metric", path, "--distance", small, "--resize", "4", "--samples", "1");
    expect(stdout).toMatch(/features of 4 × 4 pixels/);
  });

  it("a layout that is given holds, though the shape fits as it is", async () => {
    const axes = { perm: { type: "ints", value: [0, 2, 3, 1] } } as const;
    const last = scratch(
      "last.onnx",
      encodeModel(generator([node("Transpose", ["image"], ["last"], axes)], "last")),
    );
    const eight = features("eight", ["n", 8, 8, "c"]);
    const asItIs = await metric(last, "--distance", eight, ...raw);
    expect(asItIs.provenance.options.layout).toBeUndefined();
    const open = features("channels", ["n", "c", "h", "w"]);
    const turned = await metric(last, "--distance", open, "--layout", "hwc", ...raw);
    expect(turned.provenance.to.shape).toEqual([3, 8, 8]);
    expect(turned.provenance.options.layout).toBe("hwc:8,8,3");
  });

  it("takes two sides, and larger ones", async () => {
    const wide = features("wide", ["n", 3, 4, 12]);
    const { provenance } = await metric(path, "--distance", wide, "--resize", "4,12", ...raw);
    expect(provenance.to.shape).toEqual([3, 4, 12]);
    const open = features("open", ["n", 3, "h", "w"]);
    const larger = await metric(path, "--distance", open, "--resize", "16", ...raw);
    expect(larger.provenance.to.shape).toEqual([3, 16, 16]);
  });

  it.each<[string[], number, RegExp]>([
    [["--resize", "4"], 2, /pictures are resized for features, and none are named/],
    [["--layout", "chw"], 2, /--layout: it says how features see the output, and none are named/],
    [["--image-range", "0,1"], 2, /--image-range: it says how features see the output, and none are named/],
    [["--distance", "SMALL"], 65, /takes \[n?,?3,4,4\].*--resize 4\./],
    [["--distance", "SMALL", "--resize", "5"], 65, /--resize 5,5.*--resize 4\./],
    [["--distance", "SMALL", "--resize", "4x4"], 2, /SIDE or HEIGHT,WIDTH/],
    [["--distance", "SMALL", "--resize", "0"], 2, /SIDE or HEIGHT,WIDTH/],
    [["--distance", "SMALL", "--resize", "1,2,3"], 2, /SIDE or HEIGHT,WIDTH/],
  ])("refuses %j", async (options, status, message) => {
    const small = features("small", ["n", 3, 4, 4]);
    const argv = options.map((option) => (option === "SMALL" ? small : option));
    const { code, stderr } = await vielbein("metric", path, ...argv);
    expect([code, stderr]).toEqual([status, expect.stringMatching(message)]);
  });
});

it("one channel is all three of features of colours, which is said", async () => {
  const axes = { axes: { type: "ints", value: [1] }, keepdims: { type: "int", value: 1 } } as const;
  const grey = scratch(
    "grey.onnx",
    encodeModel(generator([node("ReduceMean", ["image"], ["grey"], axes)], "grey")),
  );
  const expected = await metric(grey);
  const found = await metric(grey, "--distance", features("colour", ["n", 3, 8, 8]), ...raw);
  expect(found.stderr).toMatch(/the one channel of "grey" is all three/);
  expect(found.provenance.options.copies).toBe(3);
  const values = eigenvalues(found);
  for (const [i, value] of eigenvalues(expected).entries()) expect(values[i]! / value).toBeCloseTo(3, 4);
});
