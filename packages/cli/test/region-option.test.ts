// --region: commands of which the picture is a part alone, and regions that are arrays or tensors of the model.

import { readFileSync } from "node:fs";
import { writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, int64s, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

/** z [3] → image [3, 4, 4], not linear; beside it alpha [1, 4, 4], the logistic function of other sums of z. */
const faces = scratch(
  "faces.onnx",
  encodeModel(
    model({
      nodes: [
        node("Gemm", ["z", "W"], ["flat"]),
        node("Tanh", ["flat"], ["bent"]),
        node("Reshape", ["bent", "s"], ["image"]),
        node("Gemm", ["z", "A"], ["sums"]),
        node("Sigmoid", ["sums"], ["share"]),
        node("Reshape", ["share", "t"], ["alpha"]),
      ],
      initializers: [
        floats("W", [3, 48]),
        floats("A", [3, 16]),
        int64s("s", [-1, 3, 4, 4]),
        int64s("t", [-1, 1, 4, 4]),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
      outputs: [
        { name: "image", dataType: DataType.FLOAT },
        { name: "alpha", dataType: DataType.FLOAT },
      ],
    }),
  ),
);

const common = [faces, "--to", "image", "--layout", "chw"];
const run = async (command: string, ...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein(command, ...common, ...argv, "--json");
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("vielbein:")]);
  return JSON.parse(stdout);
};
const close = (values: readonly number[], digits = 4) => values.map((x) => expect.closeTo(x, digits));

interface Row {
  readonly changes: { readonly inside: number; readonly outside: number };
}

describe("of the picture a part", () => {
  const rectangle = ["--region", "1,0,2,3"];

  it("basis, metric and axes are those of the region", async () => {
    const { directions } = await run("region", ...rectangle, "--outside", "ignore");
    const inside = directions.map((direction: { inside: number }) => direction.inside);
    const basis = await run("basis", ...rectangle);
    expect(basis.points[0].singularValues).toEqual(close(inside));
    expect(basis.provenance.options.region).toEqual({ x: 1, y: 0, width: 2, height: 3 });
    expect(basis.provenance.options).toMatchObject({ layout: "chw:3,4,4", layoutFrom: "option" });
    const whole = await run("basis");
    expect(whole.points[0].singularValues[0]).toBeGreaterThan(1.1 * inside[0]);
    expect(whole.provenance.options.region).toBeUndefined();
    const argv = ["metric", faces, "--to", "image", ...rectangle, "--samples", "1", "--shuffled", "--json"];
    const { code, stdout } = await vielbein(...argv);
    expect(code).toBe(0);
    const { points, shuffled } = JSON.parse(stdout);
    expect(points[0].eigenvalues).toEqual(
      close(
        inside.map((x: number) => 2 * x * x),
        3,
      ),
    );
    expect(JSON.stringify(shuffled)).not.toBe(JSON.stringify(points));
    const sheet = scratch("axes.svg");
    const axes = await run("axes", ...rectangle, "--out", sheet);
    expect(axes.rows.map((row: { speed: number }) => row.speed)).toEqual(close(inside));
    expect(readFileSync(sheet, "utf8")).toMatch(/inside \d.*, outside \d/);
    expect(axes.rows.map((row: Row) => row.changes.inside)).toEqual(close(inside));
    const outside = directions.map((direction: { outside: number }) => direction.outside);
    expect(axes.rows.map((row: Row) => row.changes.outside)).toEqual(close(outside));
    expect((await run("axes", "--out", sheet)).rows[0].changes).toBeUndefined();
  });

  it("traverse draws its outline, and says how far each direction moves both", async () => {
    const { directions } = await run("region", ...rectangle, "--outside", "ignore");
    const [plain, sheet] = [scratch("plain.svg"), scratch("sheet.svg")];
    const found = await run("traverse", ...rectangle, "--out", sheet);
    await run("traverse", "--out", plain);
    expect(found.singularValues[0]).toBeCloseTo(directions[0].inside, 4);
    const drawn = readFileSync(sheet, "utf8");
    const { inside, outside } = directions[0];
    expect(drawn).toContain(`inside ${inside.toPrecision(3)}, outside ${outside.toPrecision(3)}`);
    expect(drawn).toContain("region 1,0,2,3");
    expect(readFileSync(plain, "utf8")).not.toContain("inside");
    const second = await run("traverse", ...rectangle, "--directions", "1", "--out", sheet);
    expect(second.changes).toEqual([
      {
        inside: expect.closeTo(directions[1].inside, 4),
        outside: expect.closeTo(directions[1].outside, 4),
      },
    ]);
  });

  it("says where the layout is a guess", async () => {
    const argv = ["basis", faces, "--to", "flat", "--region", "0,0,1,1"];
    const { code, stderr } = await vielbein(...argv);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/"flat" is \[48\]: read as .*, which is a guess/),
    ]);
    expect((await vielbein("basis", faces, "--to", "flat")).stderr).not.toContain("guess");
  });

  it("a table says of which region it is", async () => {
    const { stdout } = await vielbein("basis", ...common, ...rectangle);
    expect(stdout).toContain("seed 0, region 1,0,2,3");
  });
});

describe("regions", () => {
  it("a tensor of the model is the region at each code", async () => {
    const { point, directions, provenance } = await run("region", "--region", "alpha");
    expect(provenance.options.region).toEqual({ tensor: "alpha" });
    const a = new Float32Array(floats("A", [3, 16]).raw!.slice().buffer);
    const alpha = Float32Array.from({ length: 16 }, (_, i) => {
      const sum = [0, 1, 2].reduce((total, j) => total + point[j] * a[16 * j + i]!, 0);
      return 1 / (1 + Math.exp(-sum));
    });
    const file = scratch("alpha.npy", writeNpy({ shape: [4, 4], data: alpha }));
    const given = await run("region", "--region", file);
    expect(given.provenance.options.region).toMatchObject({ file: "alpha.npy" });
    expect(given.directions.map((d: { value: number }) => d.value)).toEqual(
      close(directions.map((d: { value: number }) => d.value)),
    );
    // At the next code it is another.
    const two = await run("basis", "--region", "alpha", "--samples", "2");
    const one = await run("basis", "--region", file, "--samples", "2");
    const [first, second] = [0, 1].map((i) => [
      two.points[i].singularValues[0],
      one.points[i].singularValues[0],
    ]);
    expect(first![0]).toBeCloseTo(first![1]!, 4);
    expect(Math.abs(second![0]! - second![1]!)).toBeGreaterThan(1e-3);
  });

  it("arrays have a number for each pixel, or for each number of the picture", async () => {
    const plane = Float64Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 1 : 0));
    const whole = Float64Array.from({ length: 48 }, (_, i) => plane[i % 16]!);
    const byPixel = await run(
      "basis",
      "--region",
      scratch("plane.npy", writeNpy({ shape: [1, 4, 4], data: plane })),
    );
    const byNumber = await run(
      "basis",
      "--region",
      scratch("whole.npy", writeNpy({ shape: [3, 4, 4], data: whole })),
    );
    const bySides = await run("basis", "--region", "0,0,2,4");
    expect(byPixel.points).toEqual(bySides.points);
    expect(byNumber.points).toEqual(bySides.points);
  });

  it.each<[string, string[], number, RegExp]>([
    [
      "basis",
      ["--region", "bent"],
      65,
      /"bent" has shape \[48\]; a region has a number for each pixel, \[4,4\], or for/,
    ],
    ["basis", ["--region", "image"], 65, /"image" must be from 0 outside to 1 inside, got -?\d/],
    ["basis", ["--region", "9,9,9,9"], 65, /leaves the picture/],
    ["basis", ["--region", "absent.png"], 66, /cannot read "absent.png"/],
    ["metric", ["--region", "0,0,1,1", "--layout", "signal:48"], 65, /outputs are no images/],
    ["axes", ["--region", "0,0,1,1", "--distance", "l3.onnx"], 2, /a region is one of pixels/],
    [
      "traverse",
      ["--region", "0,0,1,1", "--path", "curve"],
      2,
      /--path curve: curves follow the local directions/,
    ],
    ["traverse", ["--region", "0,0,1,1", "--via", "flat"], 2, /cannot be used with option '--region/],
  ])("%s refuses %j", async (command, argv, status, message) => {
    const { code, stderr } = await vielbein(command, faces, ...argv);
    expect([code, stderr]).toEqual([status, expect.stringMatching(message)]);
  });

  it("metric refuses a region of several layers", async () => {
    const argv = ["--to", "flat", "image", "--region", "0,0,1,1"];
    const { code, stderr } = await vielbein("metric", faces, ...argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining("it is of one picture, got 2 layers")]);
  });

  it.each([
    [[5, 5], "has shape [5,5]"],
    [[2, 4, 4], "has shape [2,4,4]"],
  ])("arrays of shape %j are refused", async (shape, message) => {
    const data = new Float64Array(shape.reduce((size, extent) => size * extent, 1)).fill(1);
    const file = scratch("odd.npy", writeNpy({ shape, data }));
    const { code, stderr } = await vielbein("basis", ...common, "--region", file);
    expect([code, stderr]).toEqual([65, expect.stringContaining(message)]);
  });
});
