// --set: values of inputs beside the code.

import { readFileSync } from "node:fs";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { conditionalModel } from "../../explorer/test/conditional.ts";
import { floats, model, node } from "./models.ts";
import { scratch, shared, sharedCase, vielbein } from "./run.ts";

const path = scratch("conditional.onnx", conditionalModel);
const matrix = scratch("matrix.npy", writeNpy({ shape: [2, 2], data: new Float64Array(4) }));
const rest = ["--from", "z", "--set", "noise=all:0"];
const basis = async (...set: string[]) => {
  const { code, stdout, stderr } = await vielbein(
    "basis",
    path,
    "--quiet",
    "--json",
    ...rest,
    ...set.flatMap((x) => ["--set", x]),
  );
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("--set", () => {
  it("takes all numbers, a one-hot vector, one number for all, or an array; the provenance says which", async () => {
    const file = scratch("condition.npy", writeNpy({ shape: [1, 3], data: Float64Array.of(0, 1, 0) }));
    const [numbers, onehot, array] = [
      await basis("label=3", "condition=0,1,0"),
      await basis("label=3", "condition=onehot:1"),
      await basis("label=3", `condition=${file}`),
    ];
    expect(onehot.points).toEqual(numbers.points);
    expect(array.points).toEqual(numbers.points);
    const all = await basis("label=3", "condition=all:0.5");
    expect(all.points).toEqual((await basis("label=3", "condition=0.5,0.5,0.5")).points);
    expect(all.points).not.toEqual(numbers.points);
    expect(onehot.provenance.options.set).toEqual({ noise: "all:0", label: "3", condition: "onehot:1" });
    expect(array.provenance.options.set.condition).toMatchObject({ file: "condition.npy" });
  });

  it.each<[readonly string[], number, RegExp]>([
    [["label=2.5"], 65, /"label" holds int64: it takes integers in its range, got 2.5/],
    [["condition=1"], 65, /takes 3 values.*condition=onehot:1 .*condition=all:1/],
    [["condition=onehot:3"], 65, /classes 0 to 2/],
    [["labels=3"], 65, /no such input\. Its inputs: label, z, condition, noise/],
    [["label=1", "label=2"], 2, /"label" is set twice/],
    [["label="], 2, /NAME=onehot:INDEX/],
    [["=1"], 2, /NAME=onehot:INDEX/],
    [["label=x"], 2, /NAME=FILE.npy/],
    [["condition=NaN,0,0"], 2, /Expected NAME/],
    [["condition=1e39,0,0"], 65, /finite numbers of float32, got 1e\+39/],
    [["label=all:0x10"], 2, /Expected NAME/],
    [["label=9223372036854775808"], 65, /integers in its range, got 9223372036854775808\./],
    [
      ["label=0", `condition=${matrix}`],
      65,
      /has shape \[1,3\], got an array of shape \[2,2\]\. Give one of that/,
    ],
    [
      ["label=0", "condition=all:0", "z=all:0"],
      65,
      /"z" is where the map starts, and is given a fixed value/,
    ],
    [["condition=absent.npy"], 66, /cannot read "absent.npy"/],
  ])("refuses %j", async (set, exit, message) => {
    const { code, stderr } = await vielbein("basis", path, ...rest, ...set.flatMap((x) => ["--set", x]));
    expect(code).toBe(exit);
    expect(stderr).toMatch(message);
  });

  it("leaves an input to start from", async () => {
    const all = ["label=0", "condition=all:0", "noise=all:0", "z=all:0"].flatMap((x) => ["--set", x]);
    const { code, stderr } = await vielbein("basis", path, ...all);
    expect([code, stderr]).toEqual([
      65,
      expect.stringContaining("Every input of the model is set (label, z, condition, noise)"),
    ]);
  });

  it("another value is another run for --resume", async () => {
    const out = scratch("resumed.npz");
    const run = (label: string, ...more: string[]) =>
      vielbein(
        "basis",
        path,
        ...rest,
        "--set",
        "condition=all:0",
        "--set",
        `label=${label}`,
        "--out",
        out,
        ...more,
      );
    await run("1");
    const { code, stderr } = await run("2", "--resume");
    expect(code).toBe(2);
    expect(stderr).toContain('its options.set.label is "1", now it is "2"');
    expect(readNpz(readFileSync(out))).toHaveProperty("points");
  });

  it("a bool is 0 or 1", async () => {
    const switched = model({
      nodes: [node("Where", ["on", "x", "half"], ["y"])],
      initializers: [floats("half", [1, 2])],
      inputs: [
        { name: "x", dataType: DataType.FLOAT, shape: [1, 2] },
        { name: "on", dataType: DataType.BOOL, shape: [1, 2] },
      ],
      outputs: [{ name: "y", dataType: DataType.FLOAT }],
    });
    const file = scratch("switched.onnx", encodeModel(switched));
    const { stdout } = await vielbein("basis", file, "--set", "on=1,0", "--json");
    expect(JSON.parse(stdout).points[0].singularValues).toEqual([1, 0]);
    expect((await vielbein("basis", file, "--set", "on=2,0")).stderr).toContain("it takes 0 or 1, got 2");
  });

  it("a class and a truncation as inputs", async () => {
    if (!sharedCase("cond.onnx")) return;
    const cond = [
      `${shared}/cases/cond.onnx`,
      "--points",
      `${shared}/cases/z16.npy`,
      "--set",
      "truncation=0.5",
      "--json",
    ];
    const { stdout } = await vielbein("basis", ...cond, "--set", "y=onehot:3");
    expect(JSON.parse(stdout).points[0].singularValues[0]).toBeCloseTo(0.62824, 5);
    const { code, stderr } = await vielbein("basis", ...cond, "--set", "y=3");
    expect(code).toBe(65);
    expect(stderr).toMatch(/takes 10 values.*y=onehot:3 for a class/);
  });
});

describe("a model of integers", () => {
  const file = scratch(
    "words.onnx",
    encodeModel(
      model({
        nodes: [node("Gather", ["table", "words"], ["e"]), node("Tanh", ["e"], ["y"])],
        initializers: [floats("table", [5, 3])],
        inputs: [{ name: "words", dataType: DataType.INT64, shape: [1, 2] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 2, 3] }],
      }),
    ),
  );

  it("starts from the embedding; set, they are the one point", async () => {
    const { code, stdout, stderr } = await vielbein("basis", file, "--set", "words=0,3", "--json");
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /input "words" holds int64: the map starts from "e".*\n"e" is determined by the inputs that are set/,
    );
    const { points, provenance } = JSON.parse(stdout);
    const table = new Float32Array(floats("table", [5, 3]).raw.slice().buffer);
    expect(points[0].point).toEqual([...table.subarray(0, 3), ...table.subarray(9, 12)]);
    // The derivative of tanh.
    const slopes = Float64Array.from(points[0].point as number[], (x) => 1 - Math.tanh(x) ** 2)
      .sort()
      .reverse();
    for (const [i, slope] of slopes.entries()) expect(points[0].singularValues[i]).toBeCloseTo(slope, 6);
    expect(provenance.points).toMatchObject({ file: "inputs that are set", count: 1 });
    const out = scratch("words.png");
    const options = ["--set", "words=0,3", "--sample", "3", "--layout", "hw", "--out", out];
    expect((await vielbein("traverse", file, ...options)).code).toBe(0);
  });

  it.each([
    ["warpage", "a pair"],
    ["ppl", "a pair"],
    ["geodesic", "a path"],
  ])("%s takes two codes, and set inputs leave one", async (command) => {
    const { code, stderr } = await vielbein(command, file, "--set", "words=0,3");
    expect([code, stderr]).toEqual([65, expect.stringMatching(/takes two codes.*--points/)]);
  });

  it("not set, the points are asked for", async () => {
    const { code, stderr } = await vielbein("basis", file);
    expect([code, stderr]).toEqual([65, expect.stringMatching(/"e" has no prior.*--set words=….*--points/)]);
  });

  it("chosen by the code: points behind the choice are what samples become there", async () => {
    const chosen = scratch(
      "chosen.onnx",
      encodeModel(
        model({
          nodes: [
            node("ArgMax", ["z"], ["words"], {
              axis: { type: "int", value: -1 },
              keepdims: { type: "int", value: 0 },
            }),
            node("Gather", ["table", "words"], ["e"]),
            node("Tanh", ["e"], ["y"]),
          ],
          initializers: [floats("table", [5, 3])],
          inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [1, 2, 5] }],
          outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [1, 2, 3] }],
        }),
      ),
    );
    const refused = await vielbein("basis", chosen);
    expect([refused.code, refused.stderr]).toEqual([65, expect.stringMatching(/start behind it, at "e"/)]);
    const { stdout } = await vielbein("basis", chosen, "--from", "e", "--json");
    const table = new Float32Array(floats("table", [5, 3]).raw.slice().buffer);
    const rows = [0, 3, 6, 9, 12].map((start) => String(table.subarray(start, start + 3)));
    const { point } = JSON.parse(stdout).points[0];
    expect(rows).toContain(String(Float32Array.from(point.slice(0, 3))));
    expect(rows).toContain(String(Float32Array.from(point.slice(3))));
  });
});
