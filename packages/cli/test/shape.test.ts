// --shape, and files that fix a batch of several points.

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
    expect(stderr).toMatch(/fixes a batch of 8, whose points do not influence one another/);
    expect(document.provenance.from.shape).toEqual([3]);
    expect(document.provenance.to.shape).toEqual([1, 4, 4]);
    expect(document.provenance.options.batch).toEqual({ extent: 8, way: "opened" });
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
