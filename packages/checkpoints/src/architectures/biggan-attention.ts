// The attention of BigGAN: every pixel attends to the maxima of 2 × 2 pixels.

import { int, ints } from "@vielbein/onnx/graph";
import { convolution } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { scaled } from "../tensors/arrays.ts";
import { spectral } from "./biggan-weights.ts";

/** x [n, c, size, size], to which the attention adds. */
export function attended(network: Network, weights: Weights, x: Name, name: string, size: number): Name {
  network.scope(name);
  const pixels = size ** 2;
  const projected = (part: string): [Name, number] => {
    const weight = spectral(weights, `${name}.snconv1x1_${part}`);
    return [convolution(network, x, weight), weight.shape[0]];
  };
  const pooled = (image: Name): Name =>
    network.op("MaxPool", [image], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  const [[query, keys], [key], [value, values]] = ["theta", "phi", "g"].map(projected);
  const flatQuery = network.transpose(network.reshape(query, [keys, pixels]), [0, 2, 1]);
  const products = network.op("MatMul", [flatQuery, network.reshape(pooled(key), [keys, pixels / 4])]);
  const shares = network.op("Softmax", [products], { axis: int(-1) });
  const flatValue = network.reshape(pooled(value), [values, pixels / 4]);
  const mixed = network.op("MatMul", [flatValue, network.transpose(shares, [0, 2, 1])]);
  const gamma = weights.values(`${name}.gamma`).data[0];
  const out = scaled(spectral(weights, `${name}.snconv1x1_o_conv`), gamma);
  return network.op("Add", [x, convolution(network, network.reshape(mixed, [values, size, size]), out)]);
}
