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
import { activationsOfModules, type Layer } from "./stack-modules.ts";

/** PyTorch's, of batch normalisation. */
const EPSILON = 1e-5;
const MOST_COLOURS = 4;
/** What a state dictionary leaves open, and is taken to be so. */
const RULES =
  "weights alone do not say how layers step: transposed convolutions on a single pixel make as many as their kernels have, others double the size, convolutions keep it; batch normalisation has ε = 10⁻⁵";
const SMALLEST_IMAGE = 8;

export const stack: Architecture = {
  name: "plain stack (DCGAN)",
  version: 1,
  pattern: [/^(?:[\w-]+\.)*[\w-]+\.weight$/],
  fits: (weights) => stackOf(weights) !== undefined,
  prior: "normal",
  options: ["activation"],
  build: (network, weights, options) => write(network, stackOf(weights) ?? [], weights, options),
};

/** The layers in their order, or undefined where it is not known, or they do not follow each other. */
function stackOf(weights: Weights): Layer[] | undefined {
  const layers: Layer[] = [];
  for (const name of inOrder(weights.names) ?? []) {
    const [, owner, part] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    const before = layers.at(-1);
    if (part === "running_mean") {
      if (!before || before.norm !== undefined || weights.tensor(name).size !== before.channels)
        return undefined;
      before.norm = owner;
    }
    if (part !== "weight" || weights.has(`${owner}.running_mean`)) continue;
    const layer = layerOf(weights, owner, before);
    if (!layer) return undefined;
    layers.push(layer);
  }
  return isGenerator(layers) && isAll(weights, layers) ? layers : undefined;
}

/**
 * Names of tensors in the order of the layers: by the numbers of these where all are counted, as in a Sequential, else
 * that of the file. Undefined where the file has them by the alphabet, as safetensors does, which is the order of no
 * layers: of one layer, PyTorch has the weight before the bias.
 */
function inOrder(names: readonly string[]): readonly string[] | undefined {
  const owners = names.map((name) => /^(.*?)((?:(?<![^.])\d+\.)+)\w+$/.exec(name));
  if (owners.every((owner) => owner !== null && owner[1] === owners[0]?.[1])) {
    const numbers = new Map(names.map((name, i) => [name, owners[i]![2].split(".").map(Number)]));
    return [...names].sort((a, b) => compare(numbers.get(a)!, numbers.get(b)!));
  }
  // Integers stand before all others there.
  const told = names.filter((name) => !name.endsWith(".num_batches_tracked"));
  const isByAlphabet = told.every((name, i) => i === 0 || told[i - 1] < name);
  return isByAlphabet ? undefined : names;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, i) => number !== b[i]);
  return at < 0 ? 0 : a[at] - (b[at] ?? -1);
}

function isGenerator(layers: readonly Layer[]): boolean {
  const last = layers.at(-1);
  if (!last || layers.length < 2 || layers[0].kind === "convolution") return false;
  return last.kind !== "dense" && last.channels <= MOST_COLOURS && last.size >= SMALLEST_IMAGE;
}

/** Networks that stand beside a generator in its file, whose layers may seem to follow its own. */
const OTHERS = /(^|\.)(d|netd|dis|disc|discriminator|critic|encoder|optimizer)\./i;

/** Others, such as those of spectral normalisation, change what a layer does. */
const PARTS = /\.(weight|bias|running_mean|running_var|num_batches_tracked)$/;

/** Whether every tensor belongs to one of the layers, and to one network. */
function isAll(weights: Weights, layers: readonly Layer[]): boolean {
  const owners = new Set(layers.flatMap(({ name, norm }) => [name, norm]));
  return weights.names.every(
    (name) => owners.has(name.replace(/\.\w+$/, "")) && PARTS.test(name) && !OTHERS.test(name),
  );
}

function layerOf(weights: Weights, name: string, before: Layer | undefined): Layer | undefined {
  const { shape } = weights.tensor(`${name}.weight`);
  if (shape.length === 2) return denseOf(name, shape, before);
  if (shape.length !== 4 || shape[2] !== shape[3]) return undefined;
  const place = placeOf(before, shape);
  if (!place) return undefined;
  const isTransposed = weights.setting(`${name}.transposed`) ?? !isConvolution(shape, place.channels);
  return isTransposed && place.channels === shape[0]
    ? transposedOf(weights, name, shape, place.size)
    : convolutionOf(name, shape, place);
}

function denseOf(
  name: string,
  [outputs, inputs]: readonly number[],
  before: Layer | undefined,
): Layer | undefined {
  const isNext = !before || (before.kind === "dense" && before.channels === inputs);
  return isNext
    ? { kind: "dense", name, channels: outputs, size: 1, stride: 1, padding: 0, further: 0 }
    : undefined;
}

interface Place {
  readonly channels: number;
  readonly size: number;
}

/** Channels and pixels in front of a convolution: behind dense layers, what its own shape makes of them. */
function placeOf(before: Layer | undefined, shape: readonly number[]): Place | undefined {
  if (!before) return { channels: shape[0], size: 1 };
  if (before.kind !== "dense") return before;
  const fitting = shape
    .slice(0, 2)
    .find((channels) => Number.isInteger(Math.sqrt(before.channels / channels)));
  return fitting === undefined
    ? undefined
    : { channels: fitting, size: Math.sqrt(before.channels / fitting) };
}

/** Of a layer that keeps the number of channels, the kernel tells: an odd one keeps the size. */
function isConvolution([first, second, kernel]: readonly number[], channels: number): boolean {
  return second === channels && (first !== channels || kernel % 2 === 1);
}

function convolutionOf(
  name: string,
  [outputs, inputs, kernel]: readonly number[],
  place: Place,
): Layer | undefined {
  if (inputs !== place.channels || kernel % 2 === 0) return undefined;
  const { size } = place;
  return { kind: "convolution", name, channels: outputs, size, stride: 1, padding: kernel >> 1, further: 0 };
}

/** On one pixel it makes as many as its kernel has; elsewhere it doubles the size. A pickled module says so itself. */
function transposedOf(weights: Weights, name: string, shape: readonly number[], before: number): Layer {
  const [, channels, kernel] = shape;
  const told = (part: string): number | undefined => weights.number(`${name}.${part}.0`);
  const stride = told("stride") ?? (before === 1 ? 1 : 2);
  const padding = told("padding") ?? (before === 1 ? 0 : (kernel - 1) >> 1);
  const further = told("output_padding") ?? (before === 1 ? 0 : kernel % 2);
  const size = (before - 1) * stride - 2 * padding + kernel + further;
  return { kind: "transposed", name, channels, size, stride, padding, further };
}

/** Weights and bias with the batch normalisation behind them, which is constant after training, folded in. */
function folded(weights: Weights, { kind, name, norm, channels }: Layer): { weight: Values; bias: Values } {
  const weight = weights.values(`${name}.weight`);
  const read = (of: string, part: string, preset: number) =>
    vectorOf(weights, `${of}.${part}`, channels, preset);
  const bias = read(name, "bias", 0);
  if (norm === undefined) return { weight, bias: { shape: [channels], data: bias } };
  const [scale, shift] = [read(norm, "weight", 1), read(norm, "bias", 0)];
  const [mean, variance] = [read(norm, "running_mean", 0), read(norm, "running_var", 1)];
  const epsilon = weights.number(`${norm}.eps`) ?? EPSILON;
  const gain = Float64Array.from(scale, (x, i) => x / Math.sqrt(variance[i] + epsilon));
  const moved = bias.map((b, i) => (b - mean[i]) * gain[i] + shift[i]);
  const outward = kind === "transposed" ? permuted(weight, [1, 0, 2, 3]) : weight;
  const scaled = rowsScaled(outward, gain);
  return {
    weight: kind === "transposed" ? permuted(scaled, [1, 0, 2, 3]) : scaled,
    bias: { shape: [channels], data: moved },
  };
}

/** A number for each channel; `preset` where there is no such tensor. */
function vectorOf(weights: Weights, name: string, channels: number, preset: number) {
  const tensor = weights.find(name);
  if (!tensor) return new Float32Array(channels).fill(preset);
  if (tensor.size === channels) return tensor.read();
  throw weights.wrong(name, `has ${tensor.size} numbers, and ${channels} are due`);
}

function write(network: Network, layers: readonly Layer[], weights: Weights, options: BuildOptions): void {
  const activation = activationsOfModules(network, layers, weights) ?? options.activation;
  if (activation === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `activation: the checkpoint holds the weights of ${layers.length} layers in a row, and not what stands between them; say so (--activation relu,tanh as in DCGAN): ${ACTIVATION_GRAMMAR}.`,
    );
  }
  if (options.activation !== undefined && !isSameActivation(options.activation, activation)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `activation: the checkpoint is a whole module that has ${activation}, got "${options.activation}". Leave it out.`,
    );
  }
  if (weights.modules.size === 0) network.remark(RULES);
  const { between, last, range } = parseActivations(activation);
  network.range = range;
  const [, inputs] = layers[0].kind === "dense" ? weights.tensor(`${layers[0].name}.weight`).shape : [0, 0];
  const codes = inputs || weights.tensor(`${layers[0].name}.weight`).shape[0];
  let x = network.input("z", [codes]);
  let place: Place = { channels: codes, size: 1 };
  for (const [i, layer] of layers.entries()) {
    network.scope(layer.name);
    x = applied(network, x, layer, place, weights);
    x = i < layers.length - 1 ? between(network, x) : last(network, x);
    place = layer;
    network.scope("");
    x = network.space(...spaceOf(layer, i, layers.length), x);
  }
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
