// Progressively grown GANs (Karras et al. 2018) under the names of pytorch_GAN_zoo, at the last size of their growth.
// Every layer is a convolution with an equalised learning rate, a leaky ReLU and a division of each pixel by its length.

import { convolution, dense, doubled, leakyRelu, normalised } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { scaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";
import type { Architecture } from "./architecture.ts";

export const pggan: Architecture = {
  name: "PGGAN (pytorch_GAN_zoo)",
  version: 1,
  pattern: [
    /^formatLayer\.module\.weight$/,
    /^groupScale0\.0\.module\.weight$/,
    /^toRGBLayers\.0\.module\.weight$/,
  ],
  prior: "normal",
  range: "-1,1",
  options: [],
  build,
};

/** z → code, z over its length → features → image. */
function build(network: Network, weights: Weights): void {
  const first = equalised(weights, "formatLayer");
  const [outputs, inputs] = first.weight.shape;
  network.scope("formatLayer");
  const code = network.space("code", [inputs], normalised(network, network.input("z", [inputs])));
  const flat = leakyRelu(network, dense(network, code, first.weight, first.bias));
  let x = normalised(network, network.reshape(flat, [outputs / 16, 4, 4]));
  const scales = weights.matches(/^scaleLayers\.(\d+)\.0\.module\.weight$/).length;
  for (let scale = 0; scale <= scales; scale++) {
    const layers = scale === 0 ? ["groupScale0.0"] : [0, 1].map((i) => `scaleLayers.${scale - 1}.${i}`);
    network.scope(layers[0]);
    if (scale > 0) x = doubled(network, x);
    for (const name of layers)
      x = normalised(network, leakyRelu(network, convolved(network, weights, x, name)));
    network.scope("");
    const size = 4 << scale;
    x = network.space(
      `features_${size}`,
      [weights.tensor(`${layers.at(-1)}.module.bias`).size, size, size],
      x,
    );
  }
  const colours = `toRGBLayers.${scales}`;
  const size = 4 << scales;
  network.space(
    "image",
    [weights.tensor(`${colours}.module.bias`).size, size, size],
    convolved(network, weights, x, colours),
  );
}

function convolved(network: Network, weights: Weights, x: Name, name: string): Name {
  network.scope(name);
  const { weight, bias } = equalised(weights, name);
  return convolution(network, x, weight, { bias, padding: weight.shape[3] >> 1 });
}

/** The gain √(2/fan-in) multiplies weights and biases alike here. */
function equalised(weights: Weights, name: string): { weight: Values; bias: Values } {
  const weight = weights.values(`${name}.module.weight`);
  const gain = Math.sqrt((2 * weight.shape[0]) / weight.data.length);
  return { weight: scaled(weight, gain), bias: scaled(weights.values(`${name}.module.bias`, 1), gain) };
}
