// Losses, Fourier transforms and rearrangements that are written out as simpler operators.

import type { Attribute } from "../../src/index.ts";
import { float, int, ints, string } from "../../src/model/attributes.ts";
import type { GraphBuilder } from "../helpers.ts";
import { operatorCase } from "./case.ts";

const losses = (["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"] as const).flatMap((op) => [
  operatorCase(op, "mean, weights", (g) =>
    g.op(op, [g.variable([3, 2]), g.int64([1, 0, 1]), g.variable([2], { positive: true })]),
  ),
  operatorCase(op, "none, one class ignored", (g) =>
    g.op(op, [g.variable([1, 3, 2]), g.int64([2, 1], [1, 2])], {
      reduction: string("none"),
      ignore_index: int(1),
    }),
  ),
  operatorCase(op, "sum", (g) =>
    g.op(op, [g.variable([2, 3]), g.int64([2, 0])], { reduction: string("sum") }),
  ),
]);

const transform = (
  about: string,
  dims: readonly number[],
  attributes: Record<string, Attribute>,
  length?: number,
  axis?: number,
) =>
  operatorCase(
    "DFT",
    about,
    (g) => {
      const inputs = [g.variable(dims)];
      if (length !== undefined || axis !== undefined)
        inputs.push(length === undefined ? "" : g.int64([length], []));
      if (axis !== undefined) inputs.push(g.int64([axis], []));
      return g.op("DFT", inputs, attributes);
    },
    { opset: axis === undefined ? 17 : 20 },
  );

const frames = (g: GraphBuilder) => [g.variable([1, 7, 1]), g.int64([2], [])];

/** Products of the factors of every element. */
const cumulative = (
  attributes: Record<string, Attribute>,
  axis: number,
  factors: readonly (readonly number[])[],
) =>
  operatorCase(
    "CumProd",
    JSON.stringify(attributes),
    (g) => g.op("CumProd", [g.variable([2, 3]), g.int64([axis], [])], attributes),
    {
      opset: 26,
      reference: (point) =>
        Float64Array.from(factors, (places) => places.reduce((product, i) => product * point[i]!, 1)),
    },
  );

/** By elimination. */
function determinant(a: number[], n: number): number {
  let product = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    if (pivot !== k) {
      for (let j = 0; j < n; j++) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j]!, a[k * n + j]!];
      product = -product;
    }
    product *= a[k * n + k]!;
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / a[k * n + k]!;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
    }
  }
  return product;
}

/** Zeros with the point at these places. */
const scattered = (places: readonly number[], length: number) => (point: Float64Array) => {
  const result = new Float64Array(length);
  for (const [i, place] of places.entries()) result[place] = point[i]!;
  return result;
};

const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });

export const writtenOutFurther = [
  ...losses,
  ...[1, 2, 3, 4].map((n) =>
    operatorCase("Det", `two of ${n} rows`, (g) => g.op("Det", [g.variable([2, n, n])]), {
      reference: (point) =>
        Float64Array.from([0, 1], (i) =>
          determinant(Array.from(point.subarray(i * n * n, (i + 1) * n * n)), n),
        ),
    }),
  ),
  ...[10, 16, 20].flatMap((opset) =>
    (["half_pixel", "output_half_pixel"] as const).slice(opset < 16 ? 1 : 0).map((mode) =>
      operatorCase(
        "RoiAlign",
        `${mode}, opset ${opset}, partly outside`,
        (g) =>
          g.op(
            "RoiAlign",
            [
              g.variable([2, 2, 4, 5]),
              g.float([0.3, 0.7, 3.1, 3.4, -1.8, 1.2, 6.9, 2.7, 3.2, 0.4, 8.3, 7.6], [3, 4]),
              g.int64([1, 0, 1], [3]),
            ],
            {
              output_height: int(2),
              output_width: int(3),
              sampling_ratio: int(2),
              spatial_scale: float(0.75),
              ...(opset >= 16 ? { coordinate_transformation_mode: string(mode) } : {}),
            },
          ),
        { opset, reference: "affine" },
      ),
    ),
  ),
  operatorCase(
    "RoiAlign",
    "as many samples as the region has pixels",
    (g) =>
      g.op("RoiAlign", [g.variable([1, 1, 4, 4]), g.float([0.2, 0.4, 3.1, 3.3], [1, 4]), g.int64([0], [1])], {
        output_height: int(1),
        output_width: int(2),
      }),
    { reference: "affine" },
  ),
  ...[10, 16].map((opset) =>
    operatorCase(
      "RoiAlign",
      `maxima, opset ${opset}, picture and regions, partly outside`,
      (g) =>
        g.op(
          "RoiAlign",
          [
            g.variable([2, 2, 4, 5]),
            g.op("Add", [
              g.variable([3, 4], { low: 0.01, high: 0.1 }),
              g.float([0.3, 0.7, 3.1, 3.4, -1.8, 1.2, 6.9, 2.7, 3.2, 0.4, 8.3, 7.6], [3, 4]),
            ]),
            g.int64([1, 0, 1], [3]),
          ],
          {
            mode: string("max"),
            output_height: int(2),
            output_width: int(3),
            sampling_ratio: int(2),
            spatial_scale: float(0.75),
          },
        ),
      { opset },
    ),
  ),
  operatorCase(
    "SwiGLU",
    "alpha 1.5",
    (g) => g.op("SwiGLU", [g.variable([2, 3]), g.variable([2, 3])], { alpha: float(1.5) }),
    {
      opset: 24,
      reference: (point) =>
        Float64Array.from(point.subarray(0, 6), (a, i) => (a * point[6 + i]!) / (1 + Math.exp(-1.5 * a))),
    },
  ),
  operatorCase(
    "TensorScatter",
    "circular, two elements of the batch",
    (g) =>
      g.op("TensorScatter", [g.variable([2, 1, 3, 1]), g.variable([2, 1, 2, 1]), g.int64([1, 2])], {
        mode: string("circular"),
      }),
    { opset: 24, reference: (point) => Float64Array.from([0, 6, 7, 9, 4, 8], (place) => point[place]!) },
  ),
  operatorCase(
    "TensorScatter",
    "from the first place on, axis 1",
    (g) => g.op("TensorScatter", [g.variable([2, 3, 1]), g.variable([2, 2, 1])], { axis: int(1) }),
    { opset: 24, reference: (point) => Float64Array.from([6, 7, 2, 8, 9, 5], (place) => point[place]!) },
  ),
  operatorCase(
    "MaxUnpool",
    "by strides",
    (g) =>
      g.op("MaxUnpool", [g.variable([1, 2, 2, 2]), g.int64([5, 7, 8, 11, 17, 18, 28, 31], [1, 2, 2, 2])], {
        kernel_shape: ints([2, 2]),
        strides: ints([2, 2]),
      }),
    { reference: scattered([5, 7, 8, 11, 17, 18, 28, 31], 32) },
  ),
  operatorCase(
    "MaxUnpool",
    "padded, along one axis",
    (g) =>
      g.op("MaxUnpool", [g.variable([1, 1, 3]), g.int64([0, 2, 5], [1, 1, 3])], {
        kernel_shape: ints([3]),
        strides: ints([2]),
        pads: ints([1, 0]),
      }),
    { reference: scattered([0, 2, 5], 6) },
  ),
  operatorCase(
    "MaxUnpool",
    "windows that share a maximum, of which the last counts",
    (g) =>
      g.op("MaxUnpool", [g.variable([1, 1, 4]), g.int64([2, 2, 5, 5], [1, 1, 4])], {
        kernel_shape: ints([3]),
        strides: ints([2]),
      }),
    { reference: (point) => Float64Array.of(0, 0, point[1]!, 0, 0, point[3]!, 0, 0, 0) },
  ),
  operatorCase(
    "MaxUnpool",
    "to a shape that is given",
    (g) =>
      g.op(
        "MaxUnpool",
        [g.variable([1, 1, 2, 2]), g.int64([6, 8, 16, 24], [1, 1, 2, 2]), g.int64([1, 1, 5, 5])],
        { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
      ),
    { reference: scattered([6, 8, 16, 24], 25) },
  ),
  transform("real, along axis 1", [1, 4, 2, 1], {}),
  transform("complex, inverse", [2, 3, 2], { inverse: int(1) }),
  transform("one-sided, longer than the signal", [1, 3, 1], { onesided: int(1) }, 5),
  transform("one-sided, inverse", [1, 4, 2, 2], { onesided: int(1), inverse: int(1) }),
  transform("one-sided, inverse, of an odd length", [1, 3, 2], { onesided: int(1), inverse: int(1) }, 5),
  transform("one-sided, inverse, along -3", [1, 3, 2, 2], { onesided: int(1), inverse: int(1) }, 4, -3),
  transform(
    "one-sided, inverse, no length beside the axis",
    [1, 3, 2, 2],
    { onesided: int(1), inverse: int(1) },
    undefined,
    -3,
  ),
  transform("shorter than the signal, along the last axis but two", [1, 5, 2, 1], {}, 4, -3),
  operatorCase("STFT", "window", (g) => g.op("STFT", [...frames(g), g.variable([3])], { onesided: int(0) })),
  operatorCase("STFT", "one-sided, length of the frames", (g) =>
    g.op("STFT", [...frames(g), "", g.int64([4], [])]),
  ),
  operatorCase(
    "Col2Im",
    "strides, pads, dilations",
    (g) =>
      g.op("Col2Im", [g.variable([1, 8, 4]), g.int64([4, 5]), g.int64([2, 2])], {
        strides: ints([2, 2]),
        pads: ints([0, 1, 1, 0]),
        dilations: ints([1, 2]),
      }),
    { reference: "affine" },
  ),
  operatorCase("ReverseSequence", "batch first", (g) =>
    g.op("ReverseSequence", [g.variable([2, 3, 2]), g.int64([3, 2])], {
      batch_axis: int(0),
      time_axis: int(1),
    }),
  ),
  operatorCase(
    "OneHot",
    "values that depend on the point",
    (g) => g.op("OneHot", [g.int64([2, 0]), g.int64([3], []), g.variable([2])], { axis: int(0) }),
    { reference: (point) => Float64Array.from([0, 1, 0, 0, 1, 0], (place) => point[place]!) },
  ),
  operatorCase("Compress", "along an axis", (g) =>
    g.op("Compress", [g.variable([2, 3]), g.bool([true, false, true], [3])], { axis: int(1) }),
  ),
  operatorCase("CenterCropPad", "cut off and filled up", (g) =>
    g.op("CenterCropPad", [g.variable([2, 4, 3]), g.int64([3, 6])], { axes: ints([1, -1]) }),
  ),
  cumulative({}, 1, [[0], [0, 1], [0, 1, 2], [3], [3, 4], [3, 4, 5]]),
  cumulative({ reverse: int(1), exclusive: int(1) }, -1, [[1, 2], [2], [], [4, 5], [5], []]),
  operatorCase("ai.onnx.ml::ArrayFeatureExtractor", "two of four", (g) =>
    g.op("ai.onnx.ml::ArrayFeatureExtractor", [g.variable([2, 4]), g.int64([3, 1])]),
  ),
  operatorCase(
    "ai.onnx.ml::Scaler",
    "offset and scale",
    (g) =>
      g.op("ai.onnx.ml::Scaler", [g.variable([1, 2])], { offset: floats([1, -2]), scale: floats([0.5, 3]) }),
    { reference: (point) => Float64Array.of(0.5 * (point[0]! - 1), 3 * (point[1]! + 2)) },
  ),
  operatorCase(
    "ai.onnx.ml::Normalizer",
    "L2",
    (g) => g.op("ai.onnx.ml::Normalizer", [g.variable([1, 3])], { norm: string("L2") }),
    { reference: (point) => point.map((x) => x / Math.hypot(...point)) },
  ),
  operatorCase(
    "ai.onnx.ml::LinearRegressor",
    "two targets",
    (g) =>
      g.op("ai.onnx.ml::LinearRegressor", [g.variable([1, 2])], {
        coefficients: floats([1, 2, 3, -4]),
        intercepts: floats([0.5, -0.25]),
        targets: int(2),
      }),
    {
      reference: ([a = 0, b = 0]) => Float64Array.of(a + 2 * b + 0.5, 3 * a - 4 * b - 0.25),
    },
  ),
  operatorCase("STFT", "real, two axes", (g) =>
    g.op("STFT", [g.variable([1, 6]), g.int64([2], []), g.variable([3])], { onesided: int(0) }),
  ),
  operatorCase(
    "ai.onnx.ml::Normalizer",
    "L1, one axis",
    (g) => g.op("ai.onnx.ml::Normalizer", [g.variable([3])], { norm: string("L1") }),
    { reference: (point) => point.map((x) => x / point.reduce((sum, y) => sum + Math.abs(y), 0)) },
  ),
];
