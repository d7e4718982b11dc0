// StyleGAN2's mapping network with seeded random weights: as an ONNX model, and its exact Jacobian in float64.

import { matmul, matrix, normal } from "@vielbein/linalg";
import { DataType } from "@vielbein/onnx";
import { modelOf } from "./model.mjs";

const SLOPE = Math.fround(0.2);
const GAIN = Math.fround(Math.SQRT2);
const EPSILON = Math.fround(1e-8);

/** Eight layers of `{ weight: [width, width], bias: [width] }`, gains folded in, numbers exact in float32. */
export function mappingLayers({ width = 512, count = 8, seed = 20 } = {}) {
  const layers = [];
  for (let layer = 0; layer < count; layer++) {
    const numbers = Float32Array.from(normal(seed, layer, width * (width + 1)));
    const weight = numbers.subarray(0, width * width).map((x) => x / Math.sqrt(width));
    const bias = numbers.subarray(width * width).map((x) => x / 100);
    layers.push({ weight, bias });
  }
  return layers;
}

/** z `[n, width]` → PixelNorm → (√2·LeakyReLU_0.2(W x + b)) for every layer → w `[n, width]`. */
export function mappingModel(layers) {
  const width = layers[0].bias.length;
  const initializers = [
    tensor("two", [], [2]),
    tensor("epsilon", [], [EPSILON]),
    tensor("gain", [], [GAIN]),
    ...layers.flatMap(({ weight, bias }, i) => [
      tensor(`weight${i}`, [width, width], weight),
      tensor(`bias${i}`, [width], bias),
    ]),
  ];
  const nodes = [
    node("Pow", ["z", "two"], "squares"),
    node("ReduceMean", ["squares"], "mean", { axes: { type: "ints", value: [1] } }),
    node("Add", ["mean", "epsilon"], "moment"),
    node("Sqrt", ["moment"], "root"),
    node("Div", ["z", "root"], "x0"),
  ];
  layers.forEach((_, i) => {
    const output = i + 1 < layers.length ? `x${i + 1}` : "w";
    nodes.push(
      node("Gemm", [`x${i}`, `weight${i}`, `bias${i}`], `linear${i}`, { transB: { type: "int", value: 1 } }),
      node("LeakyRelu", [`linear${i}`], `active${i}`, { alpha: { type: "float", value: SLOPE } }),
      node("Mul", [`active${i}`, "gain"], output),
    );
  });
  const point = { dataType: DataType.FLOAT, shape: ["n", width] };
  return modelOf("mapping", {
    nodes,
    initializers,
    inputs: [{ name: "z", ...point }],
    outputs: [{ name: "w", ...point }],
  });
}

function node(opType, inputs, output, attributes = {}) {
  return {
    opType,
    domain: "",
    name: output,
    inputs,
    outputs: [output],
    attributes: new Map(Object.entries(attributes)),
  };
}

function tensor(name, dims, values) {
  return { name, dims, dataType: DataType.FLOAT, raw: new Uint8Array(Float32Array.from(values).buffer) };
}

/** ∂w/∂z at `z` in float64 by forward mode, with the constants of the ONNX model as float32 holds them. */
export function mappingJacobian(layers, z) {
  const n = z.length;
  const root = Math.sqrt(z.reduce((sum, x) => sum + x * x, 0) / n + EPSILON);
  let x = Float64Array.from(z, (value) => value / root);
  // ∂(z/r)/∂z = I/r − z zᵀ/(n r³), with r² = mean z² + ε.
  let derivative = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      derivative.data[i * n + j] = (i === j ? 1 / root : 0) - (z[i] * z[j]) / (n * root ** 3);
    }
  }
  for (const { weight, bias } of layers) {
    const linear = matmul(matrix(n, n, weight), matrix(n, 1, x)).data;
    derivative = matmul(matrix(n, n, weight), derivative);
    const slopes = linear.map((value, i) => GAIN * (value + bias[i] > 0 ? 1 : SLOPE));
    x = linear.map((value, i) => slopes[i] * (value + bias[i]));
    derivative.data.forEach((value, at) => {
      derivative.data[at] = value * slopes[Math.floor(at / n)];
    });
  }
  return derivative;
}
