// StyleGAN2 of lucidrains' stylegan2-pytorch, which differs from the published one: bilinear upsampling in front of plain
// convolutions, styles that are added to 1, layers without equalised learning rates, images that are blurred as they grow.
//
// Noise, which that code draws for every image, from 0 to 1 and the same for all channels, is its mean here.

import { int } from "@vielbein/onnx/graph";
import { convolution, dense, enlarged, leakyRelu, transposedConvolution } from "../build/layers.ts";
import { everyLayer, rowOf } from "../build/mapping.ts";
import { demodulation } from "../build/modulation.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { permuted, scaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";
import type { Architecture } from "./architecture.ts";

/** Learning rate of the mapping's layers, which the file does not tell. */
const RATE = 0.1;
const NOISE = 0.5;

export const stylegan2Lucidrains: Architecture = {
  name: "StyleGAN2 (lucidrains)",
  version: 1,
  pattern: [/^SE\.net\.0\.weight$/, /^GE\.blocks\.0\.conv1\.weight$/, /^GE\.blocks\.0\.to_noise1\.weight$/],
  prior: "normal",
  range: "0,1",
  options: [],
  build,
};

/** z → w → w_plus, a row for each size → styles, features → image. */
function build(network: Network, weights: Weights): void {
  const attention = weights.names.find((name) => name.startsWith("GE.attns."));
  if (attention !== undefined) throw weights.wrong(attention, "is of attention, which is not read");
  network.remark(`noise, which its code draws anew for every image, is its mean of ${NOISE}`);
  network.remark(`the mapping's learning rate is taken to be ${RATE}, its code's default`);
  const w = mapping(network, weights);
  const blocks = weights.matches(/^GE\.blocks\.\d+(?=\.conv1\.weight$)/).length;
  const width = weights.tensor("GE.blocks.0.to_style1.weight", 2).shape[1];
  const wPlus = everyLayer(network, w, blocks, width);
  let x = beginning(network, weights, wPlus);
  let image: Name | undefined;
  for (let i = 0; i < blocks; i++) {
    const writer = new BlockWriter(network, weights, i, rowOf(network, wPlus, i));
    x = writer.features(x);
    image = writer.coloured(x, image, i === blocks - 1);
  }
}

/** Codes of length 1, then dense layers. */
function mapping(network: Network, weights: Weights): Name {
  network.scope("SE");
  const layers = weights.matches(/^SE\.net\.(\d+)\.weight$/).sort((a, b) => Number(a[1]) - Number(b[1]));
  const width = weights.tensor("SE.net.0.weight", 2).shape[1];
  let w = network.op("LpNormalization", [network.input("z", [width])], { axis: int(1), p: int(2) });
  for (const [weight, i] of layers) {
    const bias = scaled(weights.values(`SE.net.${i}.bias`, 1), RATE);
    w = leakyRelu(network, dense(network, w, weights.tensor(weight, 2), bias, RATE));
  }
  return network.space("w", [width], w);
}

/** What the first block is given: a convolution of a constant, or of what the mean of the codes becomes. */
function beginning(network: Network, weights: Weights, wPlus: Name): Name {
  const constant = weights.find("GE.initial_block");
  network.scope("GE.initial");
  const bias = weights.tensor("GE.initial_conv.bias", 1);
  const kernel = weights.tensor("GE.initial_conv.weight", 4);
  if (constant) return convolution(network, network.weight("block", constant), kernel, { bias, padding: 1 });
  const first = weights.tensor("GE.to_initial_block.weight", 4);
  const mean = network.op("ReduceMean", [wPlus, network.integers([1])], { keepdims: int(0) });
  const pixel = network.reshape(mean, [first.shape[0], 1, 1]);
  return convolution(network, transposedConvolution(network, pixel, first), kernel, { bias, padding: 1 });
}

class BlockWriter {
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #name: string;
  readonly #size: number;
  readonly #w: Name;

  constructor(network: Network, weights: Weights, index: number, w: Name) {
    this.#network = network;
    this.#weights = weights;
    this.#name = `GE.blocks.${index}`;
    this.#size = 4 << index;
    this.#w = w;
  }

  features(before: Name): Name {
    const network = this.#network;
    network.scope(this.#name);
    let x = this.#size === 4 ? before : enlarged(network, before, [2, 2], "bilinear");
    for (const layer of [1, 2]) x = this.#convolved(x, layer);
    network.scope("");
    const channels = this.#weights.tensor(`${this.#name}.conv2.weight`, 4).shape[0];
    return network.space(`features_${this.#size}`, [channels, this.#size, this.#size], x);
  }

  /** Modulated convolution, demodulation, noise, leaky ReLU. */
  #convolved(x: Name, layer: number): Name {
    const network = this.#network;
    const name = `${this.#name}.conv${layer}`;
    const style = this.#style(`to_style${layer}`, `${layer}`);
    network.scope(name);
    const weight = this.#weights.tensor(`${name}.weight`, 4);
    const y = convolution(network, this.#modulated(x, style, weight.shape[1]), weight, {
      padding: weight.shape[3] >> 1,
    });
    const even = network.op("Mul", [y, demodulation(network, style, weight)]);
    const { data, shape } = this.#noise(`${this.#name}.to_noise${layer}`);
    const shifted = network.op("Add", [even, network.weight("noise", { shape, data }, [1, ...shape, 1, 1])]);
    return leakyRelu(network, shifted);
  }

  /** What scales the channels: affine in w, with the 1 that it is added to in the bias. */
  #style(layer: string, label: string): Name {
    const name = `${this.#name}.${layer}`;
    const [weight, bias] = [
      this.#weights.tensor(`${name}.weight`, 2),
      this.#weights.tensor(`${name}.bias`, 1),
    ];
    this.#network.scope("");
    const moved = { shape: [bias.size], data: bias.read().map((b) => b + 1) };
    const style = dense(this.#network, this.#w, weight, moved);
    return this.#network.space(`style_${this.#size}_${label}`, [weight.shape[0]], style);
  }

  #modulated(x: Name, style: Name, channels: number): Name {
    return this.#network.op("Mul", [x, this.#network.reshape(style, [channels, 1, 1])]);
  }

  /** What the mean of the noise adds to each channel. */
  #noise(name: string): Values {
    const [weight, bias] = ["weight", "bias"].map((part) => this.#weights.values(`${name}.${part}`).data);
    const data = new Float32Array(bias.length);
    for (let i = 0; i < data.length; i++) data[i] = bias[i] + NOISE * weight[i];
    return { shape: [data.length], data };
  }

  /** The image so far with the block's colours, made twice as large where others follow. */
  coloured(x: Name, image: Name | undefined, isLast: boolean): Name {
    const network = this.#network;
    const style = this.#style("to_rgb.to_style", "rgb");
    network.scope(`${this.#name}.to_rgb`);
    const weight = this.#weights.tensor(`${this.#name}.to_rgb.conv.weight`, 4);
    const [colours, inputs] = weight.shape;
    const own = convolution(network, this.#modulated(x, style, inputs), weight);
    const sum = image === undefined ? own : network.op("Add", [image, own]);
    network.scope("");
    if (isLast) return network.space("image", [colours, this.#size, this.#size], sum);
    const grow = growth(this.#size);
    const [tall, wide] = [grow, permuted(grow, [1, 0])].map((matrix) => network.weight("grow", matrix));
    return network.op("MatMul", [network.op("MatMul", [tall, sum]), wide]);
  }
}

/** Twice as many pixels, bilinearly, then blurred by (1, 2, 1)/4 with reflected borders, as a matrix [2·size, size]. */
function growth(size: number): Values {
  const rows = 2 * size;
  const row = (i: number): [at: number, share: number][] => {
    const at = Math.max((i + 0.5) / 2 - 0.5, 0);
    const low = Math.floor(at);
    return [
      [low, 1 - (at - low)],
      [Math.min(low + 1, size - 1), at - low],
    ];
  };
  const data = new Float32Array(rows * size);
  for (let i = 0; i < rows; i++) {
    for (const [step, tap] of [
      [-1, 0.25],
      [0, 0.5],
      [1, 0.25],
    ] as const) {
      const reflected = rows - 1 - Math.abs(rows - 1 - Math.abs(i + step));
      for (const [at, share] of row(reflected)) data[i * size + at] += tap * share;
    }
  }
  return { shape: [rows, size], data };
}
