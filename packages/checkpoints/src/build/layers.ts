// Layers that several architectures have.

import { float, int, ints, string } from "@vielbein/onnx/graph";
import type { StoredTensor, Values } from "../tensors/tensor.ts";
import type { Name, Network } from "./network.ts";

type Weight = StoredTensor | Values;

/** gain·x [n, in]·Wᵀ + b, of W [out, in]. */
export function dense(network: Network, x: Name, weight: Weight, bias?: Weight, gain = 1): Name {
  const inputs = [x, network.weight("weight", weight)];
  if (bias) inputs.push(network.weight("bias", bias));
  return network.op("Gemm", inputs, gain === 1 ? { transB: int(1) } : { alpha: float(gain), transB: int(1) });
}

export interface ConvolutionOptions {
  readonly bias?: Weight | undefined;
  readonly padding?: number | undefined;
  readonly stride?: number | undefined;
}

/** Of x [n, in, h, w] with W [out, in, k, k]. */
export function convolution(
  network: Network,
  x: Name,
  weight: Weight,
  options: ConvolutionOptions = {},
): Name {
  return network.op("Conv", convolved(network, x, weight, options), geometry(weight, options));
}

/** Of x [n, in, h, w] with W [in, out, k, k]. `further` is PyTorch's output_padding. */
export function transposedConvolution(
  network: Network,
  x: Name,
  weight: Weight,
  { further = 0, ...options }: ConvolutionOptions & { readonly further?: number | undefined } = {},
): Name {
  const attributes = geometry(weight, options);
  return network.op("ConvTranspose", convolved(network, x, weight, options), {
    ...attributes,
    output_padding: ints([further, further]),
  });
}

function convolved(network: Network, x: Name, weight: Weight, { bias }: ConvolutionOptions): Name[] {
  const inputs = [x, network.weight("weight", weight)];
  if (bias) inputs.push(network.weight("bias", bias));
  return inputs;
}

function geometry({ shape }: Weight, { padding = 0, stride = 1 }: ConvolutionOptions) {
  return {
    kernel_shape: ints(shape.slice(2)),
    pads: ints([padding, padding, padding, padding]),
    strides: ints([stride, stride]),
  };
}

export function leakyRelu(network: Network, x: Name, slope = 0.2, output?: Name): Name {
  return network.op("LeakyRelu", [x], { alpha: float(slope) }, output);
}

/** x over the root of the mean of its squares along axis 1. */
export function normalised(network: Network, x: Name, epsilon = 1e-8, output?: Name): Name {
  const squares = network.op("Mul", [x, x]);
  const mean = network.op("ReduceMean", [squares, network.integers([1])], { keepdims: int(1) });
  const root = network.op("Sqrt", [network.op("Add", [mean, network.constant([epsilon])])]);
  return network.op("Div", [x, root], {}, output);
}

/** Between −bound and bound; unbounded without one. */
export function clamped(network: Network, x: Name, bound: number | undefined): Name {
  if (bound === undefined) return x;
  return network.op("Clip", [x, network.constant([-bound]), network.constant([bound])]);
}

/** SiLU: x·sigmoid(x). */
export function swish(network: Network, x: Name): Name {
  return network.op("Mul", [x, network.op("Sigmoid", [x])]);
}
/** Twice the height and width, each pixel four times. */
export function doubled(network: Network, x: Name): Name {
  return enlarged(network, x, [2, 2], "nearest");
}

/** How pixels are enlarged. A bilinear image has its pixels in the middle of their squares, or in the upper left corner. */
export type Enlargement = "nearest" | "bilinear" | "bilinear from the corner";

const ENLARGEMENTS: Readonly<Record<Enlargement, Readonly<Record<string, string>>>> = {
  nearest: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  bilinear: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
  "bilinear from the corner": { mode: "linear", coordinate_transformation_mode: "asymmetric" },
};

/** So many times the height and width. */
export function enlarged(
  network: Network,
  x: Name,
  factors: readonly [number, number],
  mode: Enlargement,
): Name {
  const strings = Object.entries(ENLARGEMENTS[mode]).map(([name, value]) => [name, string(value)] as const);
  const scales = network.constant([1, 1, ...factors], [4]);
  return network.op("Resize", [x, "", scales], Object.fromEntries(strings));
}
