// What files leave open, fix or draw at random: --shape, batches of several points, --noise-seed; and maps that do not move.

import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, int64s, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein(...argv, "--json");
  expect([code, stderr.includes("vielbein:")]).toEqual([0, false]);
  return { document: JSON.parse(stdout), stderr };
};

describe("--shape", () => {
  const open = model({
    nodes: [node("Conv", ["z", "K"], ["y"])],
    initializers: [floats("K", [3, 2, 1, 1])],
    inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 2, "h", "w"] }],
    outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["n", 3, "h", "w"] }],
  });
  const path = scratch("open.onnx", encodeModel(open));

  it.each([["z=2,3,4"], ["z=1,2,3,4"], ["h=3,w=4"]])("%s", async (shape) => {
    const { document } = await json("basis", path, "--shape", shape);
    expect(document.provenance.from.shape).toEqual([2, 3, 4]);
    expect(document.provenance.to.shape).toEqual([3, 3, 4]);
    const entries = shape.startsWith("z") ? { z: shape.slice(2).split(",").map(Number) } : { h: [3], w: [4] };
    expect(document.provenance.options.shape).toEqual(entries);
  });

  it("is repeatable", async () => {
    const once = await json("basis", path, "--shape", "h=3,w=4");
    const twice = await json("basis", path, "--shape", "h=3", "--shape", "w=4");
    expect(twice.document).toEqual(once.document);
  });

  it("left out, the message says what to give; inspect prints all but the derivative", async () => {
    const { code, stderr } = await vielbein("basis", path);
    expect([code, stderr]).toEqual([
      65,
      expect.stringMatching(/z" has shape \[n, 2, h, w\].*--shape h=…,w=…/),
    ]);
    const report = await vielbein("inspect", path);
    expect(report.code).toBe(0);
    expect(report.stdout).toMatch(/Conv ×1[\s\S]*not available: .*--shape h=…,w=…/);
  });

  it.each<[string, number, RegExp]>([
    ["z=2,3", 65, /"z" has shape \[n, 2, h, w\], got 2,3/],
    ["q=2", 65, /neither an input nor an open axis/],
    ["2,3", 2, /Expected INPUT=EXTENT/],
    ["z=", 2, /Expected INPUT=EXTENT/],
    ["z=2,x", 2, /Expected INPUT=EXTENT/],
    ["z=0,3,4", 2, /Expected INPUT=EXTENT/],
    ["z=-1", 2, /Expected INPUT=EXTENT/],
    ["z=1e3", 2, /Expected INPUT=EXTENT/],
    ["h=3,h=4", 2, /"h" is given a shape twice/],
  ])("refuses %s", async (shape, code, message) => {
    const result = await vielbein("basis", path, "--shape", shape);
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(message)]);
  });
});

describe("a fixed batch", () => {
  const fixed = (nodes: ReturnType<typeof node>[]) =>
    encodeModel(
      model({
        nodes: [node("Gemm", ["z", "W"], ["h"]), ...nodes],
        initializers: [floats("W", [3, 16]), int64s("s", [8, 1, 4, 4])],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: [8, 3] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: [8, 1, 4, 4] }],
      }),
    );

  it("is taken apart into its points, and that is said", async () => {
    const path = scratch("fixed.onnx", fixed([node("Reshape", ["h", "s"], ["y"])]));
    const { document, stderr } = await json("basis", path);
    expect(stderr).toMatch(/a batch of 8 is fixed, whose points do not influence one another/);
    expect(document.provenance.from.shape).toEqual([3]);
    expect(document.provenance.to.shape).toEqual([1, 4, 4]);
    expect(document.provenance.options.batch).toEqual({ extent: 8, way: "opened", evidence: "graph" });
    // Commands that never open a map too.
    expect((await vielbein("sefa", path)).stderr).toMatch(/a batch of 8/);
    const { spaces } = (await json("inspect", path)).document;
    expect(spaces.map(({ dim }: { dim: number }) => dim)).toEqual([3, 16, 16]);
  });

  it("of points that influence one another is one code, and that is said", async () => {
    const path = scratch(
      "coupled.onnx",
      fixed([
        node("ReduceMean", ["h"], ["m"]),
        node("Sub", ["h", "m"], ["c"]),
        node("Reshape", ["c", "s"], ["y"]),
      ]),
    );
    const { document, stderr } = await json("basis", path);
    expect(stderr).toMatch(/first axis, of 8, is taken as a part of the code/);
    expect(document.provenance.from.dim).toBe(24);
    expect(document.provenance.options.batch).toEqual({ extent: 8, way: "coupled" });
  });
});

describe("noise", () => {
  const path = scratch(
    "noise.onnx",
    encodeModel(
      model({
        nodes: [node("RandomNormalLike", ["z"], ["e"]), node("Mul", ["z", "e"], ["y"])],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["n", 4] }],
      }),
    ),
  );

  it("is frozen, which is said, and drawn again with another seed", async () => {
    const plain = await json("basis", path);
    expect(plain.stderr).toMatch(
      /drawn at random by the model, and frozen: e \(--noise-seed takes another\)\n/,
    );
    const [first, same] = [
      await json("basis", path, "--noise-seed", "1"),
      await json("basis", path, "--noise-seed", "1"),
    ];
    expect(first.document).toEqual(same.document);
    expect(first.document.points[0].singularValues).not.toEqual(plain.document.points[0].singularValues);
    expect(first.document.provenance.options.noiseSeed).toBe(1);
  });

  it("metric and dimension take the mean metric over several draws", async () => {
    const one = async (seed: number) =>
      (await json("metric", path, "--samples", "2", "--noise-seed", String(seed))).document.points;
    const single = [await one(0), await one(1), await one(2)];
    const trace = (points: { eigenvalues: number[] }[], i: number) =>
      points[i]!.eigenvalues.reduce((a, b) => a + b);
    const { points, provenance } = (await json("metric", path, "--samples", "2", "--draws", "3")).document;
    for (const i of [0, 1]) {
      const mean = single.reduce((sum, of) => sum + trace(of, i) / 3, 0);
      expect(trace(points, i)).toBeCloseTo(mean, 4);
    }
    expect(provenance.options.draws).toBe(3);
    // z·e is diagonal: so is the mean of its squares.
    const { layers } = (await json("dimension", path, "--samples", "2", "--draws", "3")).document;
    expect(layers[0].to.shape).toEqual([4]);
    const { stdout } = await vielbein("metric", path, "--samples", "2", "--draws", "3");
    expect(stdout).toMatch(/mean over 3 draws of the noise/);
    const refused = await vielbein("metric", "sample", "--draws", "3");
    expect([refused.code, refused.stderr]).toEqual([65, expect.stringMatching(/draws nothing at random/)]);
  });

  it("that is not there is remarked on", async () => {
    const { stderr } = await json("basis", "sample", "--to", "features_4", "--noise-seed", "1");
    expect(stderr).toMatch(/the model draws nothing at random/);
  });
});

describe("an output that does not depend on the code", () => {
  // ReLU of what is below 0 for every sample.
  const path = scratch(
    "still.onnx",
    encodeModel(
      model({
        nodes: [node("Sub", ["z", "far"], ["h"]), node("Relu", ["h"], ["y"])],
        initializers: [
          {
            name: "far",
            dims: [],
            dataType: DataType.FLOAT,
            raw: new Uint8Array(Float32Array.of(1000).buffer),
          },
        ],
        inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
        outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["n", 4] }],
      }),
    ),
  );

  it.each(["basis", "metric", "dimension"])("%s says so", async (command) => {
    const { stdout } = await vielbein(command, path, "--samples", "3");
    expect(stdout).toMatch(/"y" does not depend on "z" at any of 3 points: the derivative is 0 there/);
  });

  it("geodesic says so", async () => {
    const { code, stdout } = await vielbein("geodesic", path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/the output does not change on the way/);
    expect(stdout).not.toMatch(/NaN/);
  });
});
