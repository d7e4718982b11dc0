// StyleGAN (Karras et al. 2019) under the names of rosinality's style-based-gan-pytorch: features are normalised by
// instance, then scaled and shifted by styles. Noise, which that code draws anew for every image, is left out.

import { blurred, instanceStyled, spread } from "../build/instances.ts";
import {
  convolution,
  dense,
  doubled,
  leakyRelu,
  normalised,
  transposedConvolution,
} from "../build/layers.ts";
import { everyLayer, rowOf } from "../build/mapping.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { scaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";
import { type Architecture, type BuildOptions, requireSize } from "./architecture.ts";

/** Of instance normalisation. */
const EPSILON = 1e-5;

export const stylegan1: Architecture = {
  name: "StyleGAN1 (rosinality)",
  version: 1,
  pattern: [
    /^style\.1\.linear\.weight_orig$/,
    /^generator\.progression\.0\.adain1\.style\.linear\.weight_orig$/,
    /^generator\.to_rgb\.0\.conv\.weight_orig$/,
  ],
  prior: "normal",
  range: "-1,1",
  options: ["size"],
  build,
};

/** z → w → w_plus, two rows for each size → styles, features → image. */
function build(network: Network, weights: Weights, options: BuildOptions): void {
  network.remark("noise, which the published code draws anew for every image, is left out");
  const blocks = weights.matches(/^generator\.to_rgb\.(\d+)\.conv\.weight_orig$/).length;
  // The file has the layers of all sizes, whether they were trained or not.
  const size = requireSize(options.size, undefined, 4);
  const last = Math.log2(size / 4);
  if (!Number.isInteger(last) || last >= blocks) {
    throw weights.wrong(
      `generator.progression.${blocks - 1}`,
      `is the last, of ${4 << (blocks - 1)} pixels; size must be a power of two up to that`,
    );
  }
  const [w, width] = mapping(network, weights);
  const wPlus = everyLayer(network, w, 2 * (last + 1), width);
  let x = "";
  for (let i = 0; i <= last; i++) {
    const writer = new BlockWriter(network, weights, i);
    const styles = [1, 2].map((layer) => writer.style(rowOf(network, wPlus, 2 * i + layer - 1), layer));
    x = writer.adapted(writer.first(x), styles[0]);
    x = writer.adapted(writer.convolved(x, "conv2.conv"), styles[1]);
    x = writer.space(`features_${4 << i}`, x);
  }
  const colours = `generator.to_rgb.${last}.conv`;
  network.scope(colours);
  const image = convolution(network, x, equalised(weights, colours), {
    bias: weights.tensor(`${colours}.bias`),
  });
  network.scope("");
  network.space("image", [weights.tensor(`${colours}.bias`).size, size, size], image);
}

/** Weights with the gain √(2/fan-in); biases have none. */
function equalised(weights: Weights, name: string): Values {
  const weight = weights.values(`${name}.weight_orig`);
  return scaled(weight, Math.sqrt((2 * weight.shape[0]) / weight.data.length));
}

/** gain·x·Wᵀ + b, the weights as they lie in the file. */
function linear(network: Network, weights: Weights, x: Name, name: string): Name {
  const weight = weights.tensor(`${name}.weight_orig`, 2);
  return dense(network, x, weight, weights.tensor(`${name}.bias`), Math.sqrt(2 / weight.shape[1]));
}

function mapping(network: Network, weights: Weights): [w: Name, width: number] {
  const layers = weights
    .matches(/^style\.(\d+)\.linear\.weight_orig$/)
    .sort((a, b) => Number(a[1]) - Number(b[1]));
  const width = weights.tensor(layers[layers.length - 1][0], 2).shape[0];
  network.scope("style");
  let w = normalised(network, network.input("z", [weights.tensor(layers[0][0], 2).shape[1]]));
  for (const [, i] of layers) w = leakyRelu(network, linear(network, weights, w, `style.${i}.linear`));
  return [network.space("w", [width], w), width];
}

class BlockWriter {
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #index: number;
  readonly #name: string;
  readonly #channels: number;
  readonly #size: number;

  constructor(network: Network, weights: Weights, index: number) {
    this.#network = network;
    this.#weights = weights;
    this.#index = index;
    this.#name = `generator.progression.${index}`;
    this.#channels = weights.tensor(`${this.#name}.conv2.conv.bias`).size;
    this.#size = 4 << index;
  }

  space(name: Name, x: Name): Name {
    this.#network.scope("");
    return this.#network.space(name, [this.#channels, this.#size, this.#size], x);
  }

  /** Factors and shifts of the channels: [n, 2·channels]. */
  style(w: Name, layer: number): Name {
    this.#network.scope("");
    const style = linear(this.#network, this.#weights, w, `${this.#name}.adain${layer}.style.linear`);
    return this.#network.space(`style_${this.#size}_${layer}`, [2 * this.#channels], style);
  }

  /** What a size begins with: a constant, or the size before made twice as large and blurred. */
  first(before: Name): Name {
    const conv1 = `${this.#name}.conv1`;
    if (this.#index === 0) return this.#network.weight("input", this.#weights.tensor(`${conv1}.input`, 4));
    this.#network.scope(conv1);
    const isFused = this.#weights.has(`${conv1}.0.weight`);
    if (!isFused)
      return this.#blurred(this.convolved(doubled(this.#network, before), "conv1.1.conv"), `${conv1}.2`);
    const kernel = this.#weights.values(`${conv1}.0.weight`, 4);
    // Its fan-in counts the first axis.
    const gain = Math.sqrt((2 * kernel.shape[1]) / kernel.data.length) / 4;
    const weight = scaled(spread(kernel), gain);
    const bias = this.#weights.tensor(`${conv1}.0.bias`);
    const wide = transposedConvolution(this.#network, before, weight, { bias, stride: 2, padding: 1 });
    return this.#blurred(wide, `${conv1}.1`);
  }

  convolved(x: Name, name: string): Name {
    const full = `${this.#name}.${name}`;
    this.#network.scope(full);
    const weight = equalised(this.#weights, full);
    const bias = this.#weights.tensor(`${full}.bias`);
    return convolution(this.#network, x, weight, { bias, padding: weight.shape[3] >> 1 });
  }

  /** The file has the filter once for each channel. */
  #blurred(x: Name, name: string): Name {
    const filter = this.#weights.values(`${name}.weight`, 4).data.slice(0, 9);
    return blurred(this.#network, x, filter, this.#channels, this.#size);
  }

  /** Leaky ReLU, normalisation by instance, the style's factors and shifts. */
  adapted(x: Name, style: Name): Name {
    return instanceStyled(this.#network, leakyRelu(this.#network, x), style, this.#channels, EPSILON);
  }
}
