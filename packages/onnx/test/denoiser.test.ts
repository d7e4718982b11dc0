// Denoisers: whatever a network predicts, x̂₀ and n are the same.

import { describe, expect, it, test } from "vitest";
import {
  composeDenoiser,
  DataType,
  type Model,
  type NoiseProcess,
  OnnxMap,
  PREDICTIONS,
  PROCESSES,
  type Prediction,
  signalLevel,
} from "../src/index.ts";
import { makeNode } from "../src/model/attributes.ts";
import { float32Tensor } from "../src/model/tensor.ts";
import { makeModel, runtime } from "./helpers.ts";

const shift = [0.3, -0.2, 0.5];

/** A network that guesses x̂₀ = tanh(x_t + shift) and says so as `prediction`, by the definitions of each. */
function networkOf(prediction: Prediction, alpha: number, sigma: number): Model {
  const constants = { shift, alpha: [alpha], sigma: [sigma] };
  const guess = [makeNode("Add", ["x", "shift"], ["moved"]), makeNode("Tanh", ["moved"], ["x0"])];
  const epsilon = [
    makeNode("Mul", ["alpha", "x0"], ["faded"]),
    makeNode("Sub", ["x", "faded"], ["left"]),
    makeNode("Div", ["left", "sigma"], ["epsilon"]),
  ];
  const end: Record<Prediction, ReturnType<typeof makeNode>[]> = {
    x0: [makeNode("Identity", ["x0"], ["net"])],
    epsilon: [makeNode("Identity", ["epsilon"], ["net"])],
    score: [makeNode("Div", ["epsilon", "sigma"], ["minus"]), makeNode("Neg", ["minus"], ["net"])],
    v: [
      makeNode("Mul", ["alpha", "epsilon"], ["first"]),
      makeNode("Mul", ["sigma", "x0"], ["second"]),
      makeNode("Sub", ["first", "second"], ["net"]),
    ],
    flow: [makeNode("Sub", ["epsilon", "x0"], ["net"])],
  };
  return makeModel({
    nodes: [...guess, ...epsilon, ...end[prediction]],
    initializers: Object.entries(constants).map(([name, values]) =>
      float32Tensor(name, values, [values.length]),
    ),
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 3] }],
    outputs: [{ name: "net", dataType: DataType.FLOAT, shape: [1, 3] }],
  });
}

const point = Float32Array.of(0.4, -1.1, 0.7);
const guessed = Array.from(point, (x, i) => Math.tanh(x + shift[i]!));
const slopes = guessed.map((y) => 1 - y * y);

describe.each(PROCESSES)("process %s", (process: NoiseProcess) => {
  const sigma = 0.25;
  const alpha = signalLevel(process, sigma);

  it.each(PREDICTIONS)("%s", async (prediction) => {
    const { model, denoised, noise } = composeDenoiser(networkOf(prediction, alpha, sigma), {
      ...{ input: "x", output: "net" },
      ...{ prediction, alpha, sigma },
    });
    const expected = {
      [denoised]: { values: guessed, slopes },
      [noise]: {
        values: guessed.map((y, i) => (alpha * y - point[i]!) / sigma),
        slopes: slopes.map((slope) => (alpha * slope - 1) / sigma),
      },
    };
    for (const [to, { values, slopes }] of Object.entries(expected)) {
      const map = await OnnxMap.create(model, runtime, { from: "x", to });
      try {
        const found = await map.evaluate(point, 1);
        const pushed = await map.jvp(point, new Float32Array(3).fill(1), 1);
        for (const i of point.keys()) {
          expect(Math.abs(found[i]! - values[i]!)).toBeLessThan(2e-6 * (1 + Math.abs(values[i]!)));
          expect(Math.abs(pushed[i]! - slopes[i]!)).toBeLessThan(2e-6 * (1 + Math.abs(slopes[i]!)));
        }
      } finally {
        await map.dispose();
      }
    }
  });
});

test("tensors that are called as the new ones are keep their names", async () => {
  const taken = makeModel({
    nodes: [makeNode("Tanh", ["x"], ["denoised"]), makeNode("Neg", ["denoised"], ["noise"])],
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: [1, 3] }],
    outputs: [{ name: "noise", dataType: DataType.FLOAT, shape: [1, 3] }],
  });
  const options = { input: "x", output: "noise", prediction: "x0", alpha: 1, sigma: 0.5 } as const;
  const { model, denoised } = composeDenoiser(taken, options);
  expect(denoised).not.toBe("denoised");
  const map = await OnnxMap.create(model, runtime, { from: "x", to: denoised });
  expect((await map.evaluate(point, 1))[0]).toBeCloseTo(-Math.tanh(0.4), 6);
  await map.dispose();
});

test("of an output with learnt variances the first channels are the prediction", async () => {
  const sides = [1, 4, 2, 3];
  const twice = makeModel({
    nodes: [
      makeNode("Tanh", ["x"], ["mean"]),
      makeNode("Exp", ["x"], ["variance"]),
      makeNode("Concat", ["mean", "variance"], ["both"], { axis: { type: "int", value: 1 } }),
    ],
    inputs: [{ name: "x", dataType: DataType.FLOAT, shape: sides }],
    outputs: [{ name: "both", dataType: DataType.FLOAT, shape: [1, 8, 2, 3] }],
  });
  const { model, denoised } = composeDenoiser(twice, {
    ...{ input: "x", output: "both", prediction: "epsilon", alpha: 0.8, sigma: 0.6, channels: 4 },
  });
  const map = await OnnxMap.create(model, runtime, { from: "x", to: denoised });
  expect(map.to.shape).toEqual([4, 2, 3]);
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const [found, pushed] = [await map.evaluate(x, 1), await map.jvp(x, new Float32Array(24).fill(1), 1)];
  x.forEach((value, i) => {
    const epsilon = Math.tanh(value);
    expect(found[i]).toBeCloseTo((value - 0.6 * epsilon) / 0.8, 5);
    expect(pushed[i]).toBeCloseTo((1 - 0.6 * (1 - epsilon ** 2)) / 0.8, 5);
  });
  await map.dispose();
});

test.each([
  ["epsilon", 1, 1e39],
  ["epsilon", 1e-39, 0.5],
  ["score", 1, 1e-30],
  ["x0", 1, 1e-39],
] as const)(
  "weights that float32 does not hold are refused: %s, α = %f, σ = %f",
  (prediction, alpha, sigma) => {
    const options = { input: "x", output: "net", prediction, alpha, sigma };
    expect(() => composeDenoiser(networkOf("x0", 1, 0.5), options)).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE", message: expect.stringContaining(`σ = ${sigma}`) }),
    );
  },
);

test.each([
  ["exploding", 0, "must be positive and finite, got 0"],
  ["exploding", Number.POSITIVE_INFINITY, "got Infinity"],
  ["preserving", 1, "below 1, where the process has no data left, got 1"],
  ["flow", -0.1, "got -0.1"],
] as const)("a process that is %s has no σ of %f", (process, sigma, message) => {
  expect(() => signalLevel(process, sigma)).toThrow(
    expect.objectContaining({ code: "OUT_OF_RANGE", message: expect.stringContaining(message) }),
  );
});

test.each([
  ["x_t that is no input", "moved", "net"],
  ["a prediction that is no tensor", "x", "nothing"],
])("refuses %s", (_what, input, output) => {
  const options = { input, output, prediction: "x0", alpha: 1, sigma: 0.5 } as const;
  expect(() => composeDenoiser(networkOf("x0", 1, 0.5), options)).toThrow(
    expect.objectContaining({ code: "INVALID_SPACE", message: expect.stringContaining(`"${input}"`) }),
  );
});
