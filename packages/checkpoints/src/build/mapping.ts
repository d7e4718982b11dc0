// The mapping network of StyleGAN2 and 3: z → w.

import { VielbeinError } from "@vielbein/core";
import { type BuildOptions, requireLabel, requireNoLabel } from "../architectures/architecture.ts";
import { columns, scaled } from "../tensors/arrays.ts";
import type { StoredTensor, Values } from "../tensors/tensor.ts";
import { dense, leakyRelu, normalised } from "./layers.ts";
import type { Name, Network } from "./network.ts";
import type { Weights } from "./weights.ts";

/** x ↦ gain·W·x + b, where the weights stay as they lie in the file. */
export interface Affine {
  readonly weight: StoredTensor | Values;
  readonly gain: number;
  readonly bias: Values;
}

interface Gains {
  readonly rate?: number;
  readonly gain?: number;
}

/** One with an equalised learning rate: its gains are rate·gain/√in and rate·gain. */
export function equalised(weights: Weights, name: string, { rate = 1, gain = 1 }: Gains = {}): Affine {
  const weight = weights.tensor(`${name}.weight`, 2);
  return {
    weight,
    gain: (rate * gain) / Math.sqrt(weight.shape[1]),
    bias: scaled(weights.values(`${name}.bias`, 1), rate * gain),
  };
}

/** Applies an affine map to x [n, in]. */
export function applied(network: Network, x: Name, { weight, gain, bias }: Affine): Name {
  return dense(network, x, weight, bias, gain);
}

/** Learning rate of the mapping's layers, relative to the others', where the file does not tell. */
const RATE = 0.01;
const EPSILON = 1e-8;

/**
 * z [n, z] → w [n, w]: pixel normalisation, dense layers, truncation, under the names `mapping.fc0.weight` …
 *
 * A label is constant: its embedding reaches the first layer only, where it is part of the bias.
 */
export function mapping(network: Network, weights: Weights, { label, truncation = 1 }: BuildOptions): Name {
  network.scope("mapping");
  const rate = weights.number("mapping.fc0.bias_gain") ?? RATE;
  const count = weights.matches(/^mapping\.fc\d+\.weight$/).length;
  const layers = Array.from({ length: count }, (_, i) =>
    equalised(weights, `mapping.fc${i}`, { rate, gain: Math.SQRT2 }),
  );
  if (weights.has("mapping.embed.weight")) layers[0] = labelled(layers[0], weights, label);
  else requireNoLabel(label);
  let w = normalised(network, network.input("z", [layers[0].weight.shape[1]]));
  for (const layer of layers) w = leakyRelu(network, applied(network, w, layer));
  if (truncation !== 1) w = truncated(network, w, weights, truncation);
  return network.space("w", [layers[count - 1].weight.shape[0]], w);
}

/** The first layer with the embedding of a class in its bias. */
function labelled({ gain, bias }: Affine, weights: Weights, label: number | undefined): Affine {
  const weight = weights.values("mapping.fc0.weight", 2);
  const embed = equalised(weights, "mapping.embed");
  const table = weights.values("mapping.embed.weight", 2);
  const [size, classes] = table.shape;
  const chosen = requireLabel(label, classes);
  const embedding = embed.bias.data.map((x, i) => x + embed.gain * table.data[i * classes + chosen]);
  const mean = embedding.reduce((sum, x) => sum + x * x, 0) / size;
  const unit = embedding.map((x) => x / Math.sqrt(mean + EPSILON));
  const inputs = weight.shape[1];
  const z = inputs - size;
  const moved = bias.data.map((b, row) => {
    const start = row * inputs + z;
    return unit.reduce((sum, x, i) => sum + gain * x * weight.data[start + i], b);
  });
  return { weight: columns(weight, 0, z), gain, bias: { shape: bias.shape, data: moved } };
}

/** ψ·w + (1 − ψ)·mean. */
function truncated(network: Network, w: Name, weights: Weights, psi: number): Name {
  const mean = weights.find("mapping.w_avg");
  if (!mean) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "truncation: the checkpoint has no mean of w. Leave it out; the commands' own --truncation takes the mean of samples.",
    );
  }
  const offset = scaled({ shape: [mean.size], data: mean.read() }, 1 - psi);
  const shortened = network.op("Mul", [w, network.constant([psi])]);
  return network.op("Add", [shortened, network.weight("offset", offset)]);
}

/** w [n, w] for every layer, [n, layers, w], under the name `w_plus`. */
export function everyLayer(network: Network, w: Name, layers: number, width: number): Name {
  network.scope("");
  const rows = network.op("Unsqueeze", [w, network.integers([1])]);
  return network.space(
    "w_plus",
    [layers, width],
    network.op("Expand", [rows, network.integers([1, layers, 1])]),
  );
}

/** Row `index` of `w_plus`: [n, w]. */
export function rowOf(network: Network, wPlus: Name, index: number): Name {
  return network.op("Gather", [wPlus, network.integers([index], [])], { axis: { type: "int", value: 1 } });
}
