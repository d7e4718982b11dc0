// vielbein flipd, and denoisers in other commands: ideal denoisers of known data, and goldens from their densities.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { orthogonal } from "@vielbein/linalg";
import { readNpz, writeNpy } from "@vielbein/linalg/npy";
import { DataType, encodeModel, PREDICTIONS } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { type Component, idealDenoiser } from "./analytic-denoisers.ts";
import { floats, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

interface ReferenceCase {
  readonly name: string;
  readonly dim: number;
  readonly components: readonly Component[];
  readonly points: readonly (readonly number[])[];
  readonly sigmas: readonly number[];
  readonly dimension: readonly (readonly number[])[];
}

/** Of tools/reference/core/flipd.py. */
const cases: readonly ReferenceCase[] = JSON.parse(
  readFileSync(new URL("../../core/test/dimension/flipd.json", import.meta.url), "utf8"),
);

const STATED = {
  "vielbein.prediction": "x0",
  "vielbein.process": "exploding",
  "vielbein.noise-input": "sigma",
};

const pointsFile = (name: string, points: readonly ArrayLike<number>[]) =>
  scratch(
    name,
    writeNpy({
      shape: [points.length, points[0]!.length],
      data: Float32Array.from(points.flatMap((point) => Array.from(point))),
    }),
  );

const files = cases.map(({ components, points }, i) => ({
  model: scratch(`ideal-${i}.onnx`, idealDenoiser(components, STATED)),
  points: pointsFile(`points-${i}.npy`, points),
}));
const [plane, lollipop] = files as [(typeof files)[0], (typeof files)[0]];

const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await vielbein(...argv, "--json", "--quiet");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("vielbein flipd", () => {
  it.each(cases.map((one, i) => [one.name, one, files[i]!] as const))(
    "%s",
    async (_name, reference, file) => {
      const { levels, provenance } = await json(
        ...["flipd", file.model, "--points", file.points, "--sigma", reference.sigmas.join()],
        ...["--untrained", "0"],
      );
      for (const [i, expected] of reference.dimension.entries()) {
        expect([levels[i].sigma, levels[i].alpha]).toEqual([reference.sigmas[i], 1]);
        for (const [j, { dimension, products }] of levels[i].points.entries()) {
          expect(Math.abs(dimension - expected[j]!)).toBeLessThan(2e-3 * (1 + Math.abs(expected[j]!)));
          expect(products).toBe(reference.dim);
        }
      }
      expect(provenance.options.levels[0]).toMatchObject({
        prediction: "x0",
        process: "exploding",
        told: { sigma: reference.sigmas[0] },
      });
      expect(provenance.options.routes).toEqual(["columns"]);
    },
  );

  it("a Gaussian of 200 dimensions in 800: exactly, and by Hutch++ within its interval", async () => {
    const { data } = orthogonal(1, 0, 800, 200);
    const component = {
      weight: 1,
      mean: Array.from({ length: 800 }, (_, i) => Math.sin(i)),
      basis: Array.from({ length: 800 }, (_, i) => [...data.subarray(200 * i, 200 * (i + 1))]),
      variances: Array.from({ length: 200 }, () => 1),
    };
    const model = scratch("affine.onnx", idealDenoiser([component], STATED));
    const argv = ["flipd", model, "--points", pointsFile("affine.npy", [component.mean]), "--untrained", "0"];
    const [exact] = (await json(...argv, "--sigma", "0.05")).levels[0].points;
    expect(exact.dimension).toBeCloseTo(200 / (1 + 0.05 ** 2), 2);
    const [sampled] = (await json(...argv, "--sigma", "0.05", "--trace", "hutch++")).levels[0].points;
    expect(sampled.products).toBe(96);
    expect(Math.abs(sampled.dimension - exact.dimension)).toBeLessThan(sampled.margin);
    expect(sampled.margin).toBeLessThan(10);
    expect(exact.margin).toBe(0);
  });

  it("says the same of a process that preserves variance", async () => {
    const [{ components }] = cases as [ReferenceCase];
    const sigma = 0.3;
    const alpha = Math.sqrt(1 - sigma ** 2);
    const faded = components.map((one) => ({
      ...one,
      mean: one.mean.map((x) => alpha * x),
      variances: one.variances.map((v) => alpha ** 2 * v),
    }));
    const model = scratch("faded.onnx", idealDenoiser(faded, {}, 1 / alpha));
    const at = ["--points", plane.points, "--untrained", "0", "--sigma"];
    const preserving = await json(
      ...["flipd", model, ...at, `${sigma}`, "--prediction", "x0", "--process", "preserving"],
      ...["--noise-input", "sigma"],
    );
    expect(preserving.levels[0].alpha).toBe(alpha);
    const exploding = await json("flipd", plane.model, ...at, `${sigma / alpha}`);
    for (const [i, { dimension }] of exploding.levels[0].points.entries()) {
      expect(Math.abs(preserving.levels[0].points[i].dimension / dimension - 1)).toBeLessThan(1e-3);
    }
  });

  it("tells the network another number than σ", async () => {
    const at = ["flipd", plane.model, "--points", plane.points, "--untrained", "0", "--sigma", "0.1,0.5"];
    const { levels, provenance } = await json(...at, "--noise-input", "sigma=0.5,0.5");
    expect(provenance.options.levels.map(({ told }: { told: object }) => told)).toEqual([
      { sigma: 0.5 },
      { sigma: 0.5 },
    ]);
    const expected = await json(...at);
    expect(levels[1]).toEqual(expected.levels[1]);
    expect(levels[0]).not.toEqual(expected.levels[0]);
  });

  it("prints a table with the null, draws curves, keeps rows and goes on from them", async () => {
    const [out, plot] = [scratch("flipd.npz"), scratch("flipd.svg")];
    const argv = ["flipd", lollipop.model, "--points", lollipop.points, "--sigma", "0.1,0.02", "--out", out];
    const first = await vielbein(...argv, "--plot", plot);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("below ½");
    expect(first.stdout).toContain("taken to predict x0");
    expect(readFileSync(plot, "utf8")).toContain("the deviation of the noise");
    const { dimension, level } = readNpz(readFileSync(out));
    expect(dimension?.shape).toEqual([6]);
    expect(Array.from(level?.data as Float64Array)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(Array.from(dimension?.data as Float64Array).at(-1)).toBeCloseTo(2, 1);
    const again = await vielbein(...argv, "--resume");
    expect([again.code, again.stdout]).toEqual([0, first.stdout]);
    expect(again.stderr).toContain("keeps 6 of 6");
    const other = await vielbein(...argv.with(5, "0.2,0.02"), "--resume");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("is of another run");
  });

  it.each([
    ["no prediction", ["--noise-input", "sigma"], 2, "Name it with --prediction: epsilon"],
    [
      "several tensors",
      ["--prediction", "v", "--process", "preserving", "--sigma", "2"],
      65,
      "below 1, where",
    ],
    ["too few values", ["--prediction", "x0", "--noise-input", "sigma=1,2"], 2, "each of the 1 values"],
    [
      "the input set twice",
      ["--prediction", "x0", "--noise-input", "sigma", "--set", "sigma=1"],
      2,
      "--noise-input sigma=VALUE",
    ],
    ["an input that is not there", ["--prediction", "x0", "--noise-input", "t"], 65, "has no such input"],
    ["a malformed input", ["--prediction", "x0", "--noise-input", "t=x"], 2, "Expected NAME, or NAME=VALUE"],
  ])("refuses %s", async (_what, argv, code, message) => {
    const bare = scratch("bare.onnx", idealDenoiser(cases[0]!.components));
    const found = await vielbein("flipd", bare, "--points", plane.points, "--sigma", "0.1", ...argv);
    expect(found.stderr).toContain(message);
    expect(found.code).toBe(code);
  });

  it("refuses metadata that say something else", async () => {
    const wrong = scratch("wrong.onnx", idealDenoiser(cases[0]!.components, { "vielbein.prediction": "x" }));
    const found = await vielbein("flipd", wrong, "--points", plane.points, "--sigma", "0.1");
    expect([found.code, found.stderr.includes("vielbein.prediction: expected epsilon")]).toEqual([65, true]);
  });

  describe("of noise that the network was not trained for", () => {
    const [{ components }] = cases as [ReferenceCase];
    const ranged = (text: string) =>
      scratch("ranged.onnx", idealDenoiser(components, { ...STATED, "vielbein.noise-range": text }));
    const remarks = async (command: string, path: string, sigma: string) => {
      const { code, stderr } = await vielbein(command, path, "--points", plane.points, "--sigma", sigma);
      return [code, stderr] as const;
    };

    it.each(["flipd", "basis", "dimension"])("%s says that it extrapolates", async (command) => {
      const [code, stderr] = await remarks(command, ranged("0.1,1"), "0.05");
      expect(code).toBe(0);
      expect(stderr).toContain("--sigma 0.05: the model states that it was trained for σ from 0.1 to 1");
    });

    it("at the level that is, of several", async () => {
      const [, stderr] = await remarks("flipd", ranged("0.1,1"), "0.1,0.5,1,2");
      expect(stderr).toContain("--sigma 2: the model states");
    });

    it("says nothing within the range, its ends included", async () => {
      const [, stderr] = await remarks("flipd", ranged("0.1,1"), "0.1,0.5,1");
      expect(stderr).not.toContain("extrapolated");
    });

    it("says that the range is not known", async () => {
      const [code, stderr] = await remarks("basis", plane.model, "0.05");
      expect(code).toBe(0);
      expect(stderr).toContain("does not say which noise it was trained for");
    });

    it.each(["1", "1,0.1", "0,1", "0.1,1,2", "a,b"])("refuses a range of %s", async (text) => {
      const [code, stderr] = await remarks("flipd", ranged(text), "0.5");
      expect(code).toBe(65);
      expect(stderr).toContain(
        `expected the least and the most σ, such as 0.1,1, in the metadata, got "${text}"`,
      );
    });
  });

  it.each(PREDICTIONS)(
    "refuses a model whose output has another shape, taken to predict %s",
    async (what) => {
      // One number would be added to each of the three of the data.
      const summing = model({
        nodes: [node("MatMul", ["x", "w"], ["sum"])],
        initializers: [floats("w", [3, 1])],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 3] }],
        outputs: [{ name: "sum", dataType: DataType.FLOAT, shape: ["n", 1] }],
      });
      const path = scratch("summing.onnx", encodeModel(summing));
      const data = pointsFile("data.npy", [[0, 0, 0]]);
      for (const command of ["flipd", "basis", "dimension"]) {
        const argv = [path, "--points", data, "--sigma", "0.1", "--prediction", what];
        const { code, stderr } = await vielbein(command, ...argv);
        expect([code, stderr]).toEqual([
          65,
          expect.stringContaining('"x" [3], or twice its channels, and "sum" is [1]'),
        ]);
      }
    },
  );
});

describe("an output with learnt variances", () => {
  // Pictures of three channels, whose mean is tanh; behind it three channels of something else.
  const learnt = scratch(
    "learnt.onnx",
    encodeModel(
      model({
        nodes: [
          node("Tanh", ["x"], ["mean"]),
          node("Exp", ["x"], ["variance"]),
          node("Concat", ["mean", "variance"], ["both"], { axis: { type: "int", value: 1 } }),
        ],
        initializers: [],
        inputs: [{ name: "x", dataType: DataType.FLOAT, shape: ["n", 3, 2, 2] }],
        outputs: [{ name: "both", dataType: DataType.FLOAT, shape: ["n", 6, 2, 2] }],
      }),
    ),
  );
  const x = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i));
  const data = scratch("pictures.npy", writeNpy({ shape: [1, 3, 2, 2], data: x }));
  const argv = [learnt, "--points", data, "--sigma", "0.3", "--prediction", "x0"];

  it("is the first half, and that is said", async () => {
    const { code, stdout, stderr } = await vielbein("flipd", ...argv, "--untrained", "0", "--json");
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        '"both" [6, 2, 2] has twice the channels of "x" [3, 2, 2]: the first 3 are taken',
      ),
    ]);
    const { levels, provenance } = JSON.parse(stdout);
    // tr ∂x̂₀/∂x + ‖(x̂₀ − x)/σ‖².
    const passed = x.reduce((sum, value) => sum + 1 - Math.tanh(value) ** 2, 0);
    const moved = x.reduce((sum, value) => sum + ((Math.tanh(value) - value) / 0.3) ** 2, 0);
    expect(levels[0].points[0].dimension).toBeCloseTo(passed + moved, 4);
    expect(provenance.options.levels[0].channels).toBe(3);
    for (const command of ["basis", "dimension"]) {
      const found = await vielbein(command, ...argv);
      expect([found.code, found.stderr.includes("learnt variances")]).toEqual([0, true]);
    }
  });
});

describe("a U-Net of diffusers, beside its scheduler in float64", () => {
  // tools/reference/onnx/write_unet_denoiser.py
  const folder = new URL("../../onnx/test/fixtures/", import.meta.url);
  const network = fileURLToPath(new URL("unet_denoiser.onnx", folder));
  const golden = JSON.parse(readFileSync(new URL("unet_denoiser.json", folder), "utf8"));
  const alpha = Math.sqrt(1 - golden.sigma ** 2);
  const of = (name: string, factor: number) =>
    scratch(
      name,
      writeNpy({ shape: [1, 3, 4, 4], data: Float64Array.from(golden.x, (x: number) => factor * x) }),
    );
  const at = ["--sigma", String(golden.sigma), "--process", "preserving"];
  const told = ["--noise-input", `timestep=${golden.time}`];

  it.each(["epsilon", "v", "x0"])("%s", async (prediction) => {
    const expected = golden[prediction];
    const argv = [network, ...at, ...told, "--prediction", prediction];
    const found = await vielbein(
      ...["flipd", ...argv, "--points", of("x.npy", 1), "--untrained", "0", "--json"],
    );
    const [{ dimension }] = JSON.parse(found.stdout).levels[0].points;
    expect(Math.abs(dimension / expected.dimension - 1)).toBeLessThan(1e-5);
    const bases = scratch("bases.npz");
    await vielbein("basis", ...argv, "--points", of("xt.npy", alpha), "--out", bases);
    const { singular_values: singularValues, values } = readNpz(readFileSync(bases));
    expect([...values!.data]).toEqual(expected.guess.map((x: number) => expect.closeTo(x, 4)));
    expected.singular_values.forEach((x: number, i: number) => {
      expect(Math.abs(Number(singularValues!.data[i]) - x)).toBeLessThan(1e-5 * expected.singular_values[0]);
    });
  });
});

it.each(["1e-30", "1e-7", "1e30", "1e39"])("σ = %s says nothing about data of that size", async (sigma) => {
  const found = await vielbein("flipd", plane.model, "--points", plane.points, "--sigma", sigma);
  expect([found.code, found.stdout]).toEqual([65, ""]);
  expect(found.stderr).toMatch(/Choose σ from \S+ to|finite numbers of float32/);
});

describe("x_t → x̂₀", () => {
  const at = ["--sigma", "0.02", "--points", plane.points];

  it("basis: near 1 along the data, near 0 across", async () => {
    const { points, provenance } = await json("basis", plane.model, ...at);
    const { singularValues } = points[0];
    const expected = [2, 1, 0.5].map((v) => v / (v + 0.02 ** 2));
    for (const [i, value] of expected.entries()) expect(singularValues[i]).toBeCloseTo(value, 5);
    expect(singularValues[3]).toBeLessThan(1e-5);
    expect(provenance.to.name).toBe("denoised");
    expect(provenance.options.denoiser).toMatchObject({ prediction: "x0", sigma: 0.02, alpha: 1 });
  });

  it("dimension: lets as many directions pass as the data have", async () => {
    const { layers } = await json("dimension", plane.model, ...at, "--every-layer", "--untrained", "1");
    const { to, points } = layers.at(-1);
    expect(to.name).toBe("denoised");
    expect(points.map(({ passed }: { passed: number }) => passed)).toEqual([3, 3, 3]);
    expect(points[0].untrainedPassed).toBeGreaterThanOrEqual(0);
    expect(layers[0].points[0].passed).toBeUndefined();
    const { stdout } = await vielbein("dimension", plane.model, ...at);
    expect(stdout).toMatch(/let pass/);
  });

  it.each([
    ["basis", "--prediction", "v"],
    ["dimension", "--process", "flow"],
    ["basis", "--noise-input", "sigma"],
  ])("%s %s without --sigma is refused", async (command, option, value) => {
    const found = await vielbein(command, plane.model, option, value);
    expect([found.code, found.stderr.includes(`${option} says how a denoiser is read`)]).toEqual([2, true]);
  });

  it("dimension refuses several ends", async () => {
    const found = await vielbein("dimension", plane.model, ...at, "--to", "x0", "mixed");
    expect([found.code, found.stderr.includes("Name one")]).toEqual([2, true]);
  });
});
