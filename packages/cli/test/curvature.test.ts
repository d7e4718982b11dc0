// vielbein curvature: a sphere in closed form, a piecewise linear network, features that scale, and the null.

import { existsSync, readFileSync } from "node:fs";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, model, node } from "./models.ts";
import { interruptedAt, scratch, vielbein } from "./run.ts";

const constant = (name: string, dims: number[], values: number[]) => ({
  name,
  dims,
  dataType: DataType.FLOAT,
  raw: new Uint8Array(Float32Array.from(values).buffer),
});

/** angles [n, 2] → a sphere of radius 2 in three dimensions. */
const sphere = scratch(
  "sphere.onnx",
  encodeModel(
    model({
      nodes: [
        node("MatMul", ["angles", "first"], ["u"]),
        node("MatMul", ["angles", "second"], ["v"]),
        ...["u", "v"].flatMap((x) => [node("Cos", [x], [`cos_${x}`]), node("Sin", [x], [`sin_${x}`])]),
        node("Mul", ["cos_u", "cos_v"], ["x"]),
        node("Mul", ["sin_u", "cos_v"], ["y"]),
        node("Concat", ["x", "y", "sin_v"], ["unit"], { axis: { type: "int", value: 1 } }),
        node("Mul", ["unit", "radius"], ["place"]),
      ],
      initializers: [
        constant("first", [2, 1], [1, 0]),
        constant("second", [2, 1], [0, 1]),
        constant("radius", [1], [2]),
      ],
      inputs: [{ name: "angles", dataType: DataType.FLOAT, shape: ["n", 2] }],
      outputs: [{ name: "place", dataType: DataType.FLOAT, shape: ["n", 3] }],
    }),
  ),
);
const points = scratch("points.npy", writeNpy({ shape: [2, 2], data: Float32Array.of(0.3, 0.7, -1, 0.2) }));

const layers = (activation: string) =>
  encodeModel(
    model({
      nodes: [
        node("Gemm", ["z", "A"], ["h"]),
        node(activation, ["h"], ["a"]),
        node("Gemm", ["a", "B"], ["y"]),
      ],
      initializers: [floats("A", [3, 40]), floats("B", [40, 30], 2)],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 3] }],
      outputs: [{ name: "y", dataType: DataType.FLOAT, shape: ["n", 30] }],
    }),
  );
const kinked = scratch("kinked.onnx", layers("Relu"));
const generator = scratch("generator.onnx", generatorBytes);

interface Point {
  readonly directions: readonly Readonly<Record<"speed" | "normal" | "secant", number>>[];
}

async function found(...argv: string[]) {
  const { code, stdout, stderr } = await vielbein("curvature", ...argv, "--json");
  expect([code, stderr.includes("vielbein:")]).toEqual([0, false]);
  return JSON.parse(stdout);
}

describe("vielbein curvature", () => {
  it("of a sphere of radius 2: 1/2 along every direction, 1/4 of the plane, at every point", async () => {
    const report = await found(sphere, "--points", points, "--untrained", "0", "--epsilon", "0.01");
    expect(report.units).toMatchObject({
      normal: "rad / place",
      speed: "place / angles",
      sectional: "1 / place²",
    });
    expect(report).toMatchObject({ isPiecewiseLinear: false, epsilon: 0.01 });
    expect(report.points).toHaveLength(2);
    for (const { directions, sectional, mean, rank, route, untrained } of report.points) {
      expect(directions.map(({ name }: { name: string }) => name)).toEqual(["d0", "d1"]);
      for (const { normal, secant, turn } of directions) {
        expect([normal, secant, turn]).toEqual([0.5, 0.5, 0.5].map((x) => expect.closeTo(x, 4)));
      }
      expect(sectional).toEqual([
        [null, expect.closeTo(0.25, 5)],
        [expect.closeTo(0.25, 5), null],
      ]);
      expect(mean).toBeCloseTo(0.5, 5);
      expect([rank, route, untrained]).toEqual([2, "matrix", undefined]);
    }
    // The meridian is a great circle; the circle of latitude turns in the sphere.
    expect(report.points[0].directions[0].geodesic).toBeCloseTo(0, 5);
    expect(report.points[0].directions[1].geodesic).toBeCloseTo(Math.tan(0.7) / 2, 5);
    expect(report.provenance).toMatchObject({
      method: "curvature",
      options: { directions: ["d0", "d1"], epsilon: 0.01, untrained: 0, distance: "l2", routes: ["matrix"] },
    });
  });

  it("says what its numbers are, and that nothing is curved where the second derivative is", async () => {
    const argv = [kinked, "--samples", "3", "--untrained", "0"];
    const { stdout } = await vielbein("curvature", ...argv);
    expect(stdout).toMatch(/direction +‖J·v‖ +normal +geodesic +secant +turn +normal·‖J·v‖ +secant·‖J·v‖\n/);
    expect(stdout).toContain("this network is piecewise linear: between kinks its second derivative is 0");
    expect(stdout).toContain("in radians per unit of y");
    const report = await found(...argv);
    expect(report.isPiecewiseLinear).toBe(true);
    const [{ directions, sectional, mean }] = report.points;
    for (const { normal, geodesic } of directions) expect([normal, geodesic]).toEqual([0, 0]);
    expect([sectional[0][1], mean]).toEqual([0, 0]);
    const steps = await found(...argv, "--epsilon", "1");
    const secants = steps.points.flatMap((point: typeof steps) =>
      point.directions.map(({ secant }: typeof steps) => secant),
    );
    expect(Math.min(...secants)).toBeGreaterThan(1e-3);
  });

  it("directions by number, and those of a file", async () => {
    const ofNumber = await found(generator, "--samples", "1", "--directions", "2,0", "--untrained", "0");
    expect(ofNumber.points[0].directions.map(({ name }: { name: string }) => name)).toEqual(["d0", "d2"]);
    const file = scratch("basis.safetensors");
    await vielbein("basis", generator, "--directions-out", file);
    const ofFile = await found(
      generator,
      "--samples",
      "1",
      "--directions-in",
      file,
      "--directions",
      "0,2",
      "--untrained",
      "0",
    );
    for (const i of [0, 1]) {
      const [expected, one] = [ofNumber.points[0].directions[i], ofFile.points[0].directions[i]];
      expect(one.normal / expected.normal).toBeCloseTo(1, 4);
      expect(one.secant / expected.secant).toBeCloseTo(1, 4);
    }
    expect(ofFile.points[0].mean / ofNumber.points[0].mean).toBeCloseTo(1, 4);
    expect(ofFile.provenance.options.directionsIn).toEqual({
      file: "basis.safetensors",
      sha256: expect.stringMatching(/^[\da-f]{64}$/),
    });
    const { code, stderr } = await vielbein("curvature", sphere, "--directions-in", file);
    expect([code, stderr]).toEqual([65, expect.stringContaining('live in space "z"')]);
    expect((await vielbein("curvature", sphere, "--directions", "7")).code).toBe(65);
  });

  it("features in place of pixels: c times the output has 1/c of the curvature", async () => {
    const features = scratch(
      "features.onnx",
      encodeModel(
        model({
          nodes: [node("Mul", ["place", "four"], ["features"])],
          initializers: [constant("four", [1], [4])],
          inputs: [{ name: "place", dataType: DataType.FLOAT, shape: ["n", 3] }],
          outputs: [{ name: "features", dataType: DataType.FLOAT, shape: ["n", 3] }],
        }),
      ),
    );
    const options = ["--distance", features, "--feature-range", "signed", "--untrained", "0"];
    const report = await found(sphere, "--points", points, ...options);
    expect(report.points[0].directions[0].normal).toBeCloseTo(1 / 8, 5);
    expect(report.points[0].sectional[0][1]).toBeCloseTo(1 / 64, 5);
    expect(report.units.normal).toBe("rad / features");
  });

  it("keeps rows and goes on from them, draws the spectrum, and has its null beside it", async () => {
    const [out, plot] = [scratch("rows.npz"), scratch("plot.svg")];
    const argv = [generator, "--k", "3", "--untrained", "2", "--out", out];
    expect((await vielbein("curvature", ...argv, "--samples", "2")).code).toBe(0);
    const { code, stdout, stderr } = await vielbein(
      ...["curvature", ...argv, "--samples", "4", "--resume", "--plot", plot],
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining("keeps 2 of 4 points")]);
    expect(stdout).toContain("untrained normal");
    expect(stdout).toContain("median of 4 points");
    const whole = await found(generator, "--k", "3", "--untrained", "2", "--samples", "4");
    const rows = readNpz(readFileSync(out));
    expect(rows.normal!.shape).toEqual([4, 3]);
    expect(rows.untrained_sectional!.shape).toEqual([4, 3, 3]);
    expect(rows.normal!.data[9]).toBe(whole.points[3].directions[0].normal);
    expect(rows.untrained_secant!.data[10]).toBe(whole.points[3].untrained.directions[1].secant);
    expect(whole.points[3].untrained.directions[1].normal).not.toBe(whole.points[3].directions[1].normal);
    const drawn = readFileSync(plot, "utf8");
    expect(drawn).toContain("curvature along the spectrum");
    expect(drawn).toContain("untrained, step of 0.1");
  });

  it("--sheet: pictures along each direction, with how it bends at the first point", async () => {
    const [sheet, file] = [scratch("bends.svg"), scratch("d.safetensors")];
    const common = ["--samples", "2", "--untrained", "0", "--columns", "3"];
    const report = await found(generator, ...common, "--directions", "2,0", "--sheet", sheet);
    const text = (point: Point, k: number) => {
      const { speed, normal, secant } = point.directions[k]!;
      const shown = [normal, secant].map((value) => (value * speed).toPrecision(3));
      return `normal ${shown[0]}, secant ${shown[1]}`;
    };
    const drawn = readFileSync(sheet, "utf8");
    expect(report.points[0].directions.map(({ name }: { name: string }) => name)).toEqual(["d0", "d2"]);
    expect(drawn).toMatch(/direction d0.*direction d2/s);
    for (const k of [0, 1]) {
      expect(drawn).toContain(text(report.points[0], k));
      expect(drawn).not.toContain(text(report.points[1], k));
    }
    expect(drawn.match(/<image/g)).toHaveLength(6);
    expect(report.provenance.options.layout).toBeDefined();
    // The same directions, of any length, by a file: the same pictures.
    await vielbein("basis", generator, "--samples", "1", "--k", "3", "--directions-out", file);
    const again = scratch("again.svg");
    await found(generator, ...common, "--directions-in", file, "--directions", "2,0", "--sheet", again);
    const pictures = (text: string) => text.match(/data:image[^"]*/g);
    expect(pictures(readFileSync(again, "utf8"))).toEqual(pictures(drawn));
  });

  it("by products, within a budget that does not hold the decomposition", async () => {
    const argv = [generator, "--samples", "1", "--k", "1", "--untrained", "0"];
    const [whole, little] = [await found(...argv), await found(...argv, "--memory", "40K")];
    expect(little.provenance.options.routes).toEqual([expect.stringMatching(/^(linearized )?products$/)]);
    expect(little.points[0]).toMatchObject({ rank: null, products: expect.any(Number) });
    for (const what of ["normal", "geodesic", "secant", "turn"] as const) {
      const [expected, value] = [whole, little].map(({ points }) => points[0].directions[0][what]);
      expect(value / expected).toBeCloseTo(1, 3);
    }
    const { stdout } = await vielbein("curvature", ...argv, "--memory", "40K");
    expect(stdout).toMatch(/tangent space by at most \d+ products/);
    expect((await vielbein("curvature", ...argv, "--memory", "9K")).code).toBe(75);
  });

  it("where a step is lost in rounding, there is nothing over it, and that is said", async () => {
    const argv = [generator, "--samples", "1", "--k", "2", "--untrained", "0", "--epsilon", "1e-9"];
    const { code, stdout } = await vielbein("curvature", ...argv);
    expect([code, stdout.includes("Infinity")]).toEqual([0, false]);
    expect(stdout).toContain('a step of 1e-9 is lost in the rounding of "');
    for (const { secant, turn, normal } of (await found(...argv)).points[0].directions) {
      expect([secant, turn, normal === null]).toEqual([null, null, false]);
    }
  });

  it("what was computed is not lost", async () => {
    const out = scratch("interrupted.npz");
    const { code, stdout } = await interruptedAt(
      /2\/9/,
      "curvature",
      generator,
      "--samples",
      "9",
      "--out",
      out,
    );
    expect([code, existsSync(out)]).toEqual([130, true]);
    expect(stdout).toContain("median of 2 points");
  });
});
