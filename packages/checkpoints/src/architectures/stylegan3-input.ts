// The Fourier features that StyleGAN3 begins with: sin 2π(⟨f, R(x − t)⟩ + φ), mixed by a matrix; (cos, sin) of R and t
// are affine in w.

import { int } from "@vielbein/onnx/graph";
import { convolution } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { scaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";

/** Pixels in a row, and how many of them are one unit: the image without its margin. */
export interface Sampling {
  readonly size: number;
  readonly rate: number;
}

/** [n, channels, size, size] of the style [n, 4]. */
export function fourierFeatures(
  network: Network,
  weights: Weights,
  style: Name,
  { size, rate }: Sampling,
): { output: Name; channels: number } {
  const name = "synthesis.input";
  network.scope(name);
  requireUnmoved(weights, `${name}.transform`);
  const frequencies = scaled(weights.values(`${name}.freqs`, 2), 2 * Math.PI);
  const channels = frequencies.shape[0];
  const [turn, shift] = [0, 2].map((from) => part(network, style, from, from + 2));
  const squares = network.op("ReduceSum", [network.op("Mul", [turn, turn]), network.integers([1])], {
    keepdims: int(1),
  });
  const length = network.op("Sqrt", [squares]);
  const unit = network.op("Div", [turn, length]);
  const [cosine, sine] = [0, 1].map((at) => network.reshape(part(network, unit, at, at + 1), [1, 1]));
  const along = network.op("Mul", [cosine, network.weight("along", frequencies, [1, channels, 2])]);
  const across = network.op("Mul", [sine, network.weight("across", turned(frequencies), [1, channels, 2])]);
  const rotated = network.op("Add", [along, across]);
  // The rotation's frequencies times x − t.
  const moved = network.op("Sub", [
    network.weight("grid", grid(size, rate)),
    network.reshape(network.op("Div", [shift, length]), [2, 1]),
  ]);
  const phases = scaled(weights.values(`${name}.phases`, 1), 2 * Math.PI);
  const angles = network.op("MatMul", [rotated, moved]);
  const waves = network.op("Sin", [
    network.op("Add", [angles, network.weight("phases", phases, [1, channels, 1])]),
  ]);
  const weight = scaled(weights.values(`${name}.weight`, 2), 1 / Math.sqrt(channels));
  const mixing = { shape: [...weight.shape, 1, 1], data: weight.data };
  const output = convolution(network, network.reshape(waves, [channels, size, size]), mixing);
  return { output, channels: weight.shape[0] };
}

/** Columns of x [n, …]. */
function part(network: Network, x: Name, from: number, to: number): Name {
  return network.op("Slice", [x, network.integers([from]), network.integers([to]), network.integers([1])]);
}

/** (f₂, −f₁) of every (f₁, f₂). */
function turned({ shape, data }: Values): Values {
  return { shape, data: data.map((_, i) => (i % 2 === 0 ? data[i + 1] : -data[i - 1])) };
}

/** x and y of every pixel, in units of the image without its margin: [1, 2, size²]. */
function grid(size: number, rate: number): Values {
  const at = Array.from({ length: size }, (_, i) => (i + 0.5 - size / 2) / rate);
  const across = at.flatMap(() => at);
  const down = at.flatMap((y) => at.map(() => y));
  return { shape: [1, 2, size ** 2], data: Float32Array.from([...across, ...down]) };
}

/** A transformation of the image that somebody set by hand is no part of the network. */
function requireUnmoved(weights: Weights, name: string): void {
  const transform = weights.find(name)?.read();
  if (transform?.some((value, i) => value !== (i % 4 === 0 ? 1 : 0))) {
    throw weights.wrong(name, "moves the image and must be the identity");
  }
}
