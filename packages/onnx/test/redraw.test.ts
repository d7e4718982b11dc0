// Random weights: their distribution, what is left alone, and that the rest of the graph does not change.

import { jacobian, VielbeinError } from "@vielbein/core";
import { svd } from "@vielbein/linalg";
import { describe, expect, test } from "vitest";
import { encodeModel, type Model, OnnxMap, type RedrawOptions, redrawWeights } from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor, float64Tensor, int64Tensor, numericValues } from "../src/model/tensor.ts";
import { GraphBuilder, makeModel, randomStream, runtime } from "./helpers.ts";
import { requireShared, sharedModel } from "./shared.ts";

/** Irregular weights of root mean square √3·0.05 ≈ 0.087 about the mean `level`. */
function trained(name: string, dims: readonly number[], level = 0, seed = 1) {
  const random = randomStream(seed);
  const count = dims.reduce((a, b) => a * b, 1);
  return float32Tensor(
    name,
    Array.from({ length: count }, () => level + 0.3 * (random() - 0.5)),
    dims,
  );
}

const initializer = (model: Model, name: string): number[] =>
  numericValues(model.graph.initializers.find((tensor) => tensor.name === name)!);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const rms = (values: readonly number[]): number => Math.sqrt(mean(values.map((x) => x * x)));
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

const kernel = [1, 3, 3, 1].flatMap((a) => [1, 3, 3, 1].map((b) => (a * b) / 64));

/** A style-modulated convolution behind a grid, a blur and a normalisation: one of every role. */
function generator(): Model {
  return makeModel({
    nodes: [
      makeNode("Gemm", ["z", "affine", "style_bias"], ["style"]),
      makeNode("Reshape", ["style", "style_shape"], ["style_4d"]),
      makeNode("Mul", ["kernel", "style_4d"], ["modulated"]),
      makeNode("Mul", ["style", "style"], ["style_squared"]),
      makeNode("MatMul", ["style_squared", "squares"], ["norms"]),
      makeNode("MatMul", ["grid", "embedding"], ["features"]),
      makeNode("Mul", ["features", "frequencies"], ["scaled"]),
      makeNode("Add", ["scaled", "phases"], ["phased"]),
      makeNode("Sin", ["phased"], ["waves"]),
      makeNode("Reshape", ["waves", "image_shape"], ["image"]),
      makeNode("Conv", ["image", "modulated", "conv_bias"], ["convolved"]),
      makeNode("Conv", ["convolved", "blur"], ["blurred"], { group: { type: "int", value: 6 } }),
      makeNode("BatchNormalization", ["blurred", "gain", "shift", "mean", "variance"], ["y"]),
    ],
    initializers: [
      trained("affine", [8, 4], 0, 1),
      trained("style_bias", [4], 1, 2),
      int64Tensor("style_shape", [1, 4, 1, 1]),
      trained("kernel", [6, 4, 3, 3], 0, 3),
      trained("squares", [4, 6], 1, 13),
      trained("grid", [64, 2], 0, 4),
      trained("embedding", [2, 4], 0, 5),
      trained("frequencies", [4], 3, 6),
      trained("phases", [4], 0.5, 7),
      int64Tensor("image_shape", [1, 4, 8, 8]),
      trained("conv_bias", [6], 0, 8),
      float32Tensor("blur", Array(6).fill(kernel).flat(), [6, 1, 4, 4]),
      trained("gain", [6], 1, 9),
      trained("shift", [6], 0, 10),
      trained("mean", [6], 0, 11),
      trained("variance", [6], 1, 12),
    ],
    inputs: [{ name: "z", dataType: 1, shape: [1, 8] }],
    outputs: [{ name: "y" }],
  });
}

const weights = ["affine", "kernel", "embedding"];
const levels = ["style_bias", "phases", "conv_bias", "gain", "shift", "mean", "variance"];
const architecture = ["style_shape", "image_shape", "grid", "frequencies", "blur", "squares"];

const bytes = (model: Model): Uint8Array => encodeModel(model);

describe("redrawWeights", () => {
  const original = generator();

  test("leaves the architecture alone: grids, filters, frequencies, shapes", () => {
    for (const kind of ["redrawn", "shuffled"] as const) {
      const model = redrawWeights(original, { kind, seed: 1 });
      for (const name of architecture) {
        expect([name, initializer(model, name)]).toEqual([name, initializer(original, name)]);
      }
      expect(model.graph.nodes).toEqual(original.graph.nodes);
    }
  });

  test("redrawn: every weight is normal of mean 0 and the trained root mean square, every level its mean", () => {
    const model = redrawWeights(original, { kind: "redrawn", seed: 1 });
    for (const name of levels) {
      const values = initializer(model, name);
      const expected = mean(initializer(original, name));
      for (const value of values) expect(value).toBeCloseTo(expected, 6);
    }
    for (const name of weights) {
      expect(initializer(model, name)).not.toEqual(initializer(original, name));
    }
    // Over many seeds the moments of the kernel's 216 entries are those of a normal distribution.
    const scale = rms(initializer(original, "kernel"));
    const draws = Array.from({ length: 50 }, (_, seed) =>
      initializer(redrawWeights(original, { kind: "redrawn", seed }), "kernel").map((x) => x / scale),
    ).flat();
    // Standard errors for 10800 draws: 0.0096, 0.0068 and 0.047.
    expect(Math.abs(mean(draws))).toBeLessThan(0.04);
    expect(Math.abs(rms(draws) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(draws.map((x) => x ** 4)) - 3)).toBeLessThan(0.2);
  });

  test("shuffled: a permutation of every weight and level", () => {
    const model = redrawWeights(original, { kind: "shuffled", seed: 1 });
    for (const name of [...weights, ...levels]) {
      const [before, after] = [initializer(original, name), initializer(model, name)];
      expect(after).not.toEqual(before);
      expect(sorted(after)).toEqual(sorted(before));
    }
  });

  test("shuffled: all permutations are equally likely", () => {
    const three = makeModel({
      nodes: [makeNode("Gemm", ["z", "w", "b"], ["y"])],
      initializers: [trained("w", [2, 3]), float32Tensor("b", [1, 2, 3], [3])],
      inputs: [{ name: "z", dataType: 1, shape: [1, 2] }],
      outputs: [{ name: "y" }],
    });
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 1200; seed++) {
      const order = initializer(redrawWeights(three, { kind: "shuffled", seed }), "b").join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["123", "132", "213", "231", "312", "321"]);
    // 200 of each; χ² of 5 degrees of freedom exceeds 20.5 once in a thousand.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chi).toBeLessThan(20.5);
  });

  test("is determined by the seed", () => {
    for (const kind of ["redrawn", "shuffled"] as const) {
      const draw = (seed: number) => bytes(redrawWeights(original, { kind, seed }));
      expect(draw(5)).toEqual(draw(5));
      expect(draw(5)).not.toEqual(draw(6));
    }
  });

  test("keeps a grid of coordinates that the code transforms, though weights stand in its place elsewhere", () => {
    const model = (left: ReturnType<typeof trained>) =>
      makeModel({
        nodes: [
          makeNode("MatMul", ["z", "w"], ["flat"]),
          makeNode("Reshape", ["flat", "shape"], ["rotation"]),
          makeNode("MatMul", ["left", "rotation"], ["y"]),
        ],
        initializers: [trained("w", [4, 4]), int64Tensor("shape", [2, 2]), { ...left, name: "left" }],
        inputs: [{ name: "z", dataType: 1, shape: [1, 4] }],
        outputs: [{ name: "y" }],
      });
    const axis = [-0.75, -0.25, 0.25, 0.75];
    const grid = model(
      float32Tensor(
        "left",
        axis.flatMap((y) => axis.flatMap((x) => [x, y])),
        [16, 2],
      ),
    );
    const weight = model(trained("left", [16, 2]));
    const options = { kind: "redrawn", seed: 0 } as const;
    expect(initializer(redrawWeights(grid, options), "left")).toEqual(initializer(grid, "left"));
    expect(initializer(redrawWeights(weight, options), "left")).not.toEqual(initializer(weight, "left"));
  });

  test("levels: keep", () => {
    const model = redrawWeights(original, { kind: "redrawn", seed: 1, levels: "keep" });
    for (const name of levels) expect(initializer(model, name)).toEqual(initializer(original, name));
    for (const name of weights) expect(initializer(model, name)).not.toEqual(initializer(original, name));
  });

  test("finds weights that an exporter left in Constant nodes, and keeps float64", () => {
    const value = float64Tensor(
      "",
      Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)),
      [3, 4],
    );
    const model = makeModel({
      nodes: [
        makeNode("Constant", [], ["w"], { value: { type: "tensor", value } }),
        makeNode("MatMul", ["z", "w"], ["y"]),
      ],
      inputs: [{ name: "z", dataType: 11, shape: [1, 3] }],
      outputs: [{ name: "y" }],
    });
    const { graph } = redrawWeights(model, { kind: "redrawn", seed: 0 });
    expect(graph.nodes.map((node) => node.opType)).toEqual(["MatMul"]);
    expect(graph.initializers[0]).toMatchObject({ name: "w", dims: [3, 4], dataType: 11 });
  });

  test("refuses a model without weights", () => {
    const build = new GraphBuilder("float32");
    const model = build.model(build.op("Tanh", [build.variable([1, 4])]));
    const attempt = () => redrawWeights(model, { kind: "redrawn", seed: 0 });
    expect(attempt).toThrow(VielbeinError);
    expect(attempt).toThrow("nothing to redraw");
  });
});

describe("OnnxMap with random weights", () => {
  const singularValues = async (model: Model, weightsOption?: RedrawOptions): Promise<Float64Array> => {
    const map = await OnnxMap.create(model, runtime, weightsOption ? { weights: weightsOption } : {});
    try {
      const point = Float32Array.from({ length: map.from.dim }, (_, i) => Math.sin(i + 1));
      return svd(await jacobian(map, point), { vectors: "none" }).s;
    } finally {
      await map.dispose();
    }
  };

  test("differentiates the model that redrawWeights returns", async () => {
    const original = generator();
    const options = { kind: "redrawn", seed: 3 } as const;
    const direct = await singularValues(original, options);
    expect(direct).toEqual(await singularValues(redrawWeights(original, options)));
    expect(direct).not.toEqual(await singularValues(original));
  });

  test("a linear layer gets the spectrum of a Gaussian matrix (Marchenko & Pastur 1967)", async () => {
    // One strong direction before; after, σ/(s√n) fills [1 − √(m/n), 1 + √(m/n)].
    const [m, n] = [100, 400];
    const values = Array.from(
      { length: m * n },
      (_, i) => Math.sin(1 + (i % m)) * Math.cos(1 + Math.floor(i / m)),
    );
    const model = makeModel({
      nodes: [makeNode("Gemm", ["z", "w"], ["y"])],
      initializers: [float32Tensor("w", values, [n, m])],
      inputs: [{ name: "z", dataType: 1, shape: [1, n] }],
      outputs: [{ name: "y" }],
    });
    const before = await singularValues(model);
    expect(before[1]! / before[0]!).toBeLessThan(1e-5);
    const unit = rms(values) * Math.sqrt(n);
    const spectrum = (await singularValues(model, { kind: "redrawn", seed: 2 })).map((s) => s / unit);
    expect(spectrum[0]).toBeCloseTo(1.5, 1);
    expect(spectrum.at(-1)).toBeCloseTo(0.5, 1);
  });

  test.for(["faces_fletcher", "neuralpil_film_full", "omori_aim27"])(
    "%s with random weights",
    async (name, context) => {
      requireShared(context, `models/${name}.onnx`);
      const model = await sharedModel(name);
      const trainedSpectrum = await singularValues(model);
      const spectrum = await singularValues(model, { kind: "redrawn", seed: 0 });
      expect(spectrum).toHaveLength(trainedSpectrum.length);
      expect(spectrum[0]).toBeGreaterThan(0);
      expect(spectrum[0]).not.toBeCloseTo(trainedSpectrum[0]!, 6);
    },
  );
});
