// Plain stacks: DCGAN generators (Radford et al. 2016) and other decoders in which each layer follows the last: dense
// layers, transposed convolutions and convolutions with batch normalisation between. Which layer is which follows from
// the shapes, how a transposed convolution steps from its kernel. What stands between them is not in a state dictionary.

import { VielbeinError } from "@vielbein/core";
import { ACTIVATION_GRAMMAR, isSameActivation, parseActivations } from "../build/activation.ts";
import { convolution, dense, transposedConvolution } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { permuted, rowsScaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";
import type { Architecture, BuildOptions } from "./architecture.ts";
import { activatedFirst } from "./stack-gaps.ts";
import { type Place, stackOf } from "./stack-layers.ts";
import { activationsOfModules, type Layer } from "./stack-modules.ts";
import { leftOut } from "./stack-rest.ts";

/** PyTorch's, of batch normalisation. */
const EPSILON = 1e-5;
/** What a state dictionary leaves open, and is taken to be so. */
const RULES =
  "weights alone do not say how layers step: transposed convolutions on a single pixel make as many as their kernels have, others double the size, convolutions keep it; batch normalisation has ε = 10⁻⁵";

export const stack: Architecture = {
  name: "plain stack (DCGAN)",
  version: 2,
  pattern: [/^(?:[\w-]+\.)*[\w-]+\.weight$/],
  fits: (weights) => stackOf(weights) !== undefined,
  prior: "normal",
  options: ["activation"],
  build: (network, weights, options, others) => writeStack(network, weights, options, others),
};

/** Weights and bias with the batch normalisation behind them, which is constant after training, folded in. */
function folded(weights: Weights, layer: Layer): { weight: Values; bias: Values } {
  const { kind, name, norm, channels } = layer;
  const weight = weights.values(`${name}.weight`);
  const bias = vectorOf(weights, `${name}.bias`, channels, 0);
  if (norm === undefined || layer.isActivatedFirst)
    return { weight, bias: { shape: [channels], data: bias } };
  const { gain, shift } = normOf(weights, norm, channels);
  const outward = kind === "transposed" ? permuted(weight, [1, 0, 2, 3]) : weight;
  const scaled = rowsScaled(outward, gain);
  return {
    weight: kind === "transposed" ? permuted(scaled, [1, 0, 2, 3]) : scaled,
    bias: { shape: [channels], data: bias.map((b, i) => b * gain[i] + shift[i]) },
  };
}

/** What batch normalisation does to each channel after training: x times the gain, plus the shift. */
function normOf(
  weights: Weights,
  norm: string,
  channels: number,
): { gain: Float64Array; shift: Float64Array } {
  const read = (part: string, preset: number) => vectorOf(weights, `${norm}.${part}`, channels, preset);
  const [scale, offset, mean, variance] = [
    read("weight", 1),
    read("bias", 0),
    read("running_mean", 0),
    read("running_var", 1),
  ];
  const epsilon = weights.number(`${norm}.eps`) ?? EPSILON;
  const gain = Float64Array.from(scale, (x, i) => x / Math.sqrt(variance[i] + epsilon));
  return { gain, shift: gain.map((x, i) => offset[i] - mean[i] * x) };
}

/** Batch normalisation behind an activation, which is not folded into the layer before that. */
function normalised(network: Network, x: Name, { norm, channels, kind }: Layer, weights: Weights): Name {
  const shape = kind === "dense" ? [channels] : [channels, 1, 1];
  const { gain, shift } = normOf(weights, norm!, channels);
  const weight = (stem: string, data: Float64Array): Name =>
    network.weight(stem, { shape, data: Float32Array.from(data) });
  return network.op("Add", [network.op("Mul", [x, weight("gain", gain)]), weight("shift", shift)]);
}

/** A number for each channel; `preset` where there is no such tensor. */
function vectorOf(weights: Weights, name: string, channels: number, preset: number) {
  const tensor = weights.find(name);
  if (!tensor) return new Float32Array(channels).fill(preset);
  if (tensor.size === channels) return tensor.read();
  throw weights.wrong(name, `has ${tensor.size} numbers, and ${channels} are due`);
}

/**
 * The graph of a stack; see {@link Architecture.build}.
 *
 * @param published activations of those who published it, where the file says nothing of them.
 */
export function writeStack(
  network: Network,
  weights: Weights,
  options: BuildOptions,
  others: readonly string[],
  published?: string,
): void {
  const layers = stackOf(weights) ?? [];
  const codes = inputsOf(weights, layers[0]);
  const left = leftOut(weights, others, codes, layers[layers.length - 1].channels);
  const isWhole = weights.modules.size > 0;
  if (!isWhole) {
    activatedFirst(layers, weights.prefix).forEach((isFirst, i) => {
      layers[i].isActivatedFirst = isFirst;
    });
  }
  const activation = activationOf(network, layers, weights, options, published);
  if (!isWhole) network.remark(RULES);
  network.remark(
    `its layers, each with an activation behind it: ${layers.map((layer) => described(layer)).join(", ")}`,
  );
  if (left.length > 0) network.remark(`other tensors of the file are left out: ${left.join(", ")}`);
  const { between, last, range } = parseActivations(activation);
  network.range = range;
  let x = network.input("z", [codes]);
  let place: Place = { channels: codes, size: 1 };
  for (const [i, layer] of layers.entries()) {
    network.scope(layer.name);
    x = applied(network, x, layer, place, weights);
    x = i < layers.length - 1 ? between(network, x) : last(network, x);
    if (layer.isActivatedFirst) x = normalised(network, x, layer, weights);
    place = layer;
    network.scope("");
    x = network.space(...spaceOf(layer, i, layers.length), x);
  }
}

function activationOf(
  network: Network,
  layers: readonly Layer[],
  weights: Weights,
  options: BuildOptions,
  published: string | undefined,
): string {
  const activation = activationsOfModules(network, layers, weights) ?? options.activation;
  if (options.activation !== undefined && !isSameActivation(options.activation, activation!)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `activation: the checkpoint is a whole module that has ${activation}, got "${options.activation}". Leave it out.`,
    );
  }
  if (activation !== undefined) return activation;
  if (published !== undefined) {
    network.remark(
      `activations are not in the file; those of the published network are taken: ${published} (--activation says others)`,
    );
    return published;
  }
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `activation: the checkpoint holds the weights of ${layers.length} layers in a row, and not what stands between them; say so (--activation relu,tanh as in DCGAN): ${ACTIVATION_GRAMMAR}.`,
  );
}

/** Of the first layer. */
function inputsOf(weights: Weights, { kind, name }: Layer): number {
  return weights.tensor(`${name}.weight`).shape[kind === "dense" ? 1 : 0];
}

const KINDS = { dense: "dense", transposed: "transposed convolution", convolution: "convolution" } as const;

/** What a layer was taken for, so that one which steps otherwise is seen. */
function described({ kind, name, norm, channels, size, stride, isActivatedFirst }: Layer): string {
  const steps = kind === "dense" ? "" : ` of stride ${stride}`;
  const shape = kind === "dense" ? `${channels}` : `${channels}×${size}×${size}`;
  const behind = isActivatedFirst ? `activation, batch normalisation ${norm}` : `batch normalisation ${norm}`;
  return `${name} ${KINDS[kind]}${steps} → ${shape}${norm === undefined ? "" : ` (${behind})`}`;
}

function spaceOf({ kind, channels, size }: Layer, i: number, count: number): [string, number[]] {
  if (kind === "dense") return [`hidden_${i + 1}`, [channels]];
  return [i === count - 1 ? "image" : `features_${i + 1}`, [channels, size, size]];
}

function applied(network: Network, x: Name, layer: Layer, before: Place, weights: Weights): Name {
  const { weight, bias } = folded(weights, layer);
  if (layer.kind === "dense") return dense(network, x, weight, bias);
  const { stride, padding, further } = layer;
  const channels = weight.shape[layer.kind === "transposed" ? 0 : 1];
  const side = Math.sqrt((before.channels * before.size ** 2) / channels);
  const images = before.size === 1 ? network.reshape(x, [channels, side, side]) : x;
  return layer.kind === "transposed"
    ? transposedConvolution(network, images, weight, { bias, stride, padding, further })
    : convolution(network, images, weight, { bias, padding });
}
