// BigGAN-deep (Brock et al. 2019) under the names of Hugging Face's pytorch-pretrained-BigGAN.
//
// Spectral normalisation, means and variances are constants after training: with the weights W of a convolution, the
// normalisation behind it becomes x·g + h, both affine in the code. Means and variances are those of one truncation.

import { VielbeinError } from "@vielbein/core";
import { int } from "@vielbein/onnx/graph";
import { convolution, dense, doubled } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { permuted, rows, rowsScaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";
import { type Architecture, type BuildOptions, requireLabel } from "./architecture.ts";
import { attended } from "./biggan-attention.ts";
import { spectral, statistics } from "./biggan-weights.ts";

export const biggan: Architecture = {
  name: "BigGAN-deep (Hugging Face)",
  version: 2,
  pattern: [
    /^embeddings\.weight$/,
    /^generator\.gen_z\.weight_orig$/,
    /^generator\.layers\.0\.bn_0\.running_means$/,
  ],
  whole: /^generator\..*weight(_orig)?$/,
  prior: "normal",
  range: "-1,1",
  options: ["label", "truncation"],
  build,
};

/** The checkpoint's last convolution has more outputs than there are colours. */
const COLOURS = 3;
const PIXELS = 16;

/** z and perhaps class → code = (z, the class's embedding) → features → image. */
function build(network: Network, weights: Weights, options: BuildOptions): void {
  const truncation = options.truncation ?? 1;
  if (!(truncation > 0 && truncation <= 1)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `truncation: its statistics are above 0 to 1, got ${truncation}.`,
    );
  }
  const code = codeOf(network, weights, options.label);
  if (weights.requireConfig("layers.0.0", [true, false]) === undefined)
    network.remark(
      "no config.json says which blocks double the size: every second one, as in the published networks",
    );
  const first = firstLayer(weights);
  let x = network.reshape(dense(network, code, first.weight, first.bias), [first.channels, 4, 4]);
  const writer = new LayerWriter(network, weights, code, truncation);
  let [size, channels, blocks] = [4, first.channels, 0];
  for (let i = 0; i < weights.matches(/^generator\.layers\.\d+(?=\.)/).length; i++) {
    const name = `generator.layers.${i}`;
    if (weights.has(`${name}.gamma`)) {
      x = attended(network, weights, x, name, size);
      continue;
    }
    const isDoubling = isDoublingBlock(weights, blocks++);
    if (isDoubling) x = space(network, `features_${size}`, [channels, size, size], x);
    x = writer.block(x, name, channels, isDoubling);
    channels = weights.tensor(`${name}.conv_3.bias`).size;
    if (isDoubling) size *= 2;
  }
  x = space(network, `features_${size}`, [channels, size, size], x);
  space(network, "image", [COLOURS, size, size], writer.colours(x));
}

/** As the configuration says; of the published networks, blocks at odd places double the size. */
function isDoublingBlock(weights: Weights, place: number): boolean {
  return (weights.requireConfig(`layers.${place}.0`, [true, false]) ?? place % 2 === 1) === true;
}

function space(network: Network, name: string, shape: readonly number[], x: Name): Name {
  network.scope("");
  return network.space(name, shape, x);
}

/** [n, z + e]; without a label the class is a second input, an index. */
function codeOf(network: Network, weights: Weights, label: number | undefined): Name {
  network.scope("");
  const table = permuted(weights.values("embeddings.weight", 2), [1, 0]);
  const [classes, embedded] = table.shape;
  const dim = weights.tensor("generator.gen_z.weight_orig", 2).shape[1] - embedded;
  const z = network.input("z", [dim]);
  if (label === undefined) {
    const chosen = network.op("Gather", [network.weight("embeddings", table), network.indices("label")]);
    return network.space("code", [dim + embedded], network.op("Concat", [z, chosen], { axis: int(1) }));
  }
  const index = requireLabel(label, classes);
  const wide = network.op("Pad", [z, network.integers([0, 0, 0, embedded])]);
  const embedding = new Float32Array(dim + embedded);
  embedding.set(rows(table, index, index + 1).data, dim);
  const constant = network.weight("embedding", { shape: [1, dim + embedded], data: embedding });
  return network.space("code", [dim + embedded], network.op("Add", [wide, constant]));
}

/** Pixels come before channels in the checkpoint. */
function firstLayer(weights: Weights): { weight: Values; bias: Values; channels: number } {
  const weight = spectral(weights, "generator.gen_z");
  const [outputs, inputs] = weight.shape;
  const channels = outputs / PIXELS;
  const byChannel = ({ data }: Values, width: number): Float32Array =>
    permuted({ shape: [PIXELS, channels, width], data }, [1, 0, 2]).data;
  return {
    weight: { shape: [outputs, inputs], data: byChannel(weight, inputs) },
    bias: { shape: [outputs], data: byChannel(weights.values("generator.gen_z.bias"), 1) },
    channels,
  };
}

class LayerWriter {
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #code: Name;
  readonly #truncation: number;

  constructor(network: Network, weights: Weights, code: Name, truncation: number) {
    this.#network = network;
    this.#weights = weights;
    this.#code = code;
    this.#truncation = truncation;
  }

  /** Four conditional convolutions beside a path that drops channels and perhaps doubles the size. */
  block(x: Name, name: string, channels: number, isDoubling: boolean): Name {
    const network = this.#network;
    let y = x;
    for (let i = 0; i < 4; i++) y = this.#conditional(y, name, i, isDoubling && i === 1);
    network.scope(name);
    const bias = this.#weights.values(`${name}.conv_3.bias`, 1);
    const kept = bias.data.length;
    const bounds = (): Name[] => [[0], [kept], [1]].map((values) => network.integers(values));
    const fewer = kept < channels ? network.op("Slice", [x, ...bounds()]) : x;
    const path = isDoubling ? doubled(network, fewer) : fewer;
    const sum = network.op("Add", [path, y]);
    return network.op("Add", [sum, network.weight("bias", bias, [1, kept, 1, 1])]);
  }

  /** Batch normalisation whose scale and shift come from the code, ReLU, perhaps twice the size, convolution. */
  #conditional(x: Name, block: string, i: number, isDoubling: boolean): Name {
    const network = this.#network;
    const norm = `${block}.bn_${i}`;
    network.scope(norm);
    // The bias of the convolution before, which has none of its own here, moves the mean.
    const before = i > 0 ? this.#weights.values(`${block}.conv_${i - 1}.bias`, 1).data : undefined;
    const { mean, deviation } = statistics(this.#weights, norm, this.#truncation);
    const middle = before ? mean.map((m, c) => m - before[c]) : mean;
    const [scale, offset] = ["scale", "offset"].map((part) => spectral(this.#weights, `${norm}.${part}`));
    const inverse = deviation.map((d) => 1 / d);
    const gain = rowsScaled(scale, inverse);
    const shift = difference(offset, rowsScaled(gain, middle));
    const constant = middle.map((m, c) => -m * inverse[c]);
    const perChannel = (weight: Values, bias: Float64Array): Name => {
      const values = { shape: [bias.length], data: Float32Array.from(bias) };
      return network.reshape(dense(network, this.#code, weight, values), [bias.length, 1, 1]);
    };
    const scaledX = network.op("Mul", [x, perChannel(gain, inverse)]);
    const active = network.op("Relu", [network.op("Add", [scaledX, perChannel(shift, constant)])]);
    const large = isDoubling ? doubled(network, active) : active;
    network.scope(`${block}.conv_${i}`);
    const weight = spectral(this.#weights, `${block}.conv_${i}`);
    return convolution(network, large, weight, { padding: weight.shape[3] >> 1 });
  }

  /** Batch normalisation, ReLU, convolution to colours, tanh. */
  colours(x: Name): Name {
    const network = this.#network;
    network.scope("generator.conv_to_rgb");
    const { mean, deviation } = statistics(this.#weights, "generator.bn", this.#truncation);
    const [weight, bias] = ["weight", "bias"].map((part) => this.#weights.values(`generator.bn.${part}`, 1));
    const gain = weight.data.map((value, c) => value / deviation[c]);
    const shift = bias.data.map((value, c) => value - mean[c] * gain[c]);
    const perChannel = [1, gain.length, 1, 1];
    const scaledX = network.op("Mul", [x, network.weight("gain", { shape: perChannel, data: gain })]);
    const moved = network.op("Add", [scaledX, network.weight("shift", { shape: perChannel, data: shift })]);
    const colours = rows(spectral(this.#weights, "generator.conv_to_rgb"), 0, COLOURS);
    const three = rows(this.#weights.values("generator.conv_to_rgb.bias", 1), 0, COLOURS);
    return network.op("Tanh", [
      convolution(network, network.op("Relu", [moved]), colours, { bias: three, padding: 1 }),
    ]);
  }
}

function difference(a: Values, b: Values): Values {
  return { shape: a.shape, data: a.data.map((x, i) => x - b.data[i]) };
}
