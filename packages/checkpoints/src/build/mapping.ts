// The mapping network of StyleGAN2 and 3: z → w.

import { VielbeinError } from "@vielbein/core";
import {
  type BuildOptions,
  requireLabel,
  requireNoLabel,
  requireTruncation,
} from "../architectures/architecture.ts";
import { notBuilt } from "../errors.ts";
import { columns, rows, scaled } from "../tensors/arrays.ts";
import { type StoredTensor, type Values, valuesOf } from "../tensors/tensor.ts";
import { dense, leakyRelu, normalised } from "./layers.ts";
import type { Name, Network } from "./network.ts";
import { POSITIVE, type Weights } from "./weights.ts";

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
/** Of leaky ReLUs. */
const SLOPE = 0.2;

/**
 * z [n, z] → w [n, w]: pixel normalisation, dense layers, truncation, under the names `mapping.fc0.weight` …
 *
 * A label is constant: its embedding reaches the first layer only, where it is part of the bias.
 */
export function mapping(network: Network, weights: Weights, { label, truncation: psi }: BuildOptions): Name {
  network.scope("mapping");
  const rate = rateOf(network, weights);
  const count = weights.matches(/^mapping\.fc\d+\.weight$/).length;
  for (let i = 0; i < count; i++) weights.requireSetting(`mapping.fc${i}.activation`, ["lrelu"]);
  const layers = Array.from({ length: count }, (_, i) =>
    equalised(weights, `mapping.fc${i}`, { rate, gain: Math.SQRT2 }),
  );
  const embedding = embeddingOf(weights, label);
  if (embedding) layers[0] = labelled(layers[0], weights, embedding);
  else requireNoLabel(label);
  let w = normalised(network, network.input("z", [layers[0].weight.shape[1]]));
  for (const layer of layers) w = leakyRelu(network, applied(network, w, layer));
  const truncation = requireTruncation(psi);
  if (truncation !== 1) w = truncated(network, w, meanOf(weights.find("mapping.w_avg"), label), truncation);
  return network.space("w", [layers[count - 1].weight.shape[0]], w);
}

/** Learning rate of the layers: as they say themselves, or the configuration does. */
function rateOf(network: Network, weights: Weights): number {
  const rate =
    weights.number("mapping.fc0.bias_gain") ?? weights.stated("lr_multiplier", POSITIVE) ?? undefined;
  if (rate === undefined)
    network.remark(`the mapping's learning rate is taken to be ${RATE}, that of the published networks`);
  return rate ?? RATE;
}

/** What stands for a class, before it is normalised; undefined of a generator without classes. */
function embeddingOf(weights: Weights, label: number | undefined): Float32Array | undefined {
  if (weights.has("mapping.embed_proj.weight")) return projectedEmbedding(weights, label);
  if (!weights.has("mapping.embed.bias")) return undefined;
  const { bias, gain } = equalised(weights, "mapping.embed");
  const table = weights.values("mapping.embed.weight", 2);
  const [, classes] = table.shape;
  const chosen = requireLabel(label, classes);
  return bias.data.map((x, i) => x + gain * table.data[i * classes + chosen]);
}

/** StyleGAN-XL's: a dense layer and leaky ReLU of what a classifier knows a class by. */
function projectedEmbedding(weights: Weights, label: number | undefined): Float32Array {
  const table = weights.values("mapping.embed.weight", 2);
  const chosen = requireLabel(label, table.shape[0]);
  const known = rows(table, chosen, chosen + 1).data;
  const { bias, gain } = equalised(weights, "mapping.embed_proj", { gain: Math.SQRT2 });
  const matrix = weights.values("mapping.embed_proj.weight", 2).data;
  return bias.data.map((b, row) => {
    const sum = known.reduce((all, x, i) => all + gain * x * matrix[row * known.length + i], b);
    return sum < 0 ? SLOPE * sum : sum;
  });
}

/** The first layer with the embedding of a class in its bias. */
function labelled({ gain, bias }: Affine, weights: Weights, embedding: Float32Array): Affine {
  const weight = weights.values("mapping.fc0.weight", 2);
  const size = embedding.length;
  const mean = embedding.reduce((sum, x) => sum + x * x, 0) / size;
  const unit = embedding.map((x) => x / Math.sqrt(mean + EPSILON));
  const inputs = weight.shape[1];
  const z = inputs - size;
  if (z < 1) throw notBuilt("its mapping network is given classes alone, and no code");
  const moved = bias.data.map((b, row) => {
    const start = row * inputs + z;
    return unit.reduce((sum, x, i) => sum + gain * x * weight.data[start + i], b);
  });
  return { weight: columns(weight, 0, z), gain, bias: { shape: bias.shape, data: moved } };
}

/**
 * A mean of w that a checkpoint has; StyleGAN-XL has one for each class.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` without one: it was asked for by truncation.
 */
export function meanOf(mean: StoredTensor | undefined, label = 0): Float32Array {
  if (!mean) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "truncation: the checkpoint has no mean of w. Leave it out; the commands' own --truncation takes the mean of samples.",
    );
  }
  return mean.shape.length === 2 ? rows(valuesOf(mean), label, label + 1).data : mean.read();
}

/** ψ·w + (1 − ψ)·mean. */
export function truncated(network: Network, w: Name, mean: Float32Array, psi: number): Name {
  const offset = scaled({ shape: [mean.length], data: mean }, 1 - psi);
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
