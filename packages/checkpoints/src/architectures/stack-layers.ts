// The layers of a plain stack, as the shapes of its tensors say: which is which, in what order they follow each other, and
// how a transposed convolution steps.

import type { Weights } from "../build/weights.ts";
import type { Layer } from "./stack-modules.ts";
import { isOfOther } from "./stack-rest.ts";

const MOST_COLOURS = 4;
const SMALLEST_IMAGE = 8;

/** The layers in their order, or undefined where it is not known, or they do not follow each other. */
export function stackOf(weights: Weights): Layer[] | undefined {
  const layers: Layer[] = [];
  const names = inOrder(weights.names) ?? [];
  for (const [i, name] of names.entries()) {
    const [, owner, part] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    const before = layers.at(-1);
    if (part === "running_mean") {
      if (!before || before.norm !== undefined || weights.tensor(name).size !== before.channels)
        return undefined;
      before.norm = owner;
    }
    if (part !== "weight" || weights.has(`${owner}.running_mean`)) continue;
    const layer = layerOf(weights, owner, before, names.slice(i + 1));
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

/** Others, such as those of spectral normalisation, change what a layer does. */
const PARTS = /\.(weight|bias|running_mean|running_var|num_batches_tracked)$/;

/** Whether every tensor belongs to one of the layers, and none to a network whose layers only seem to follow these. */
function isAll(weights: Weights, layers: readonly Layer[]): boolean {
  const owners = new Set(layers.flatMap(({ name, norm }) => [name, norm]));
  return weights.names.every(
    (name) =>
      owners.has(name.replace(/\.\w+$/, "")) && PARTS.test(name) && !isOfOther(name.split(".").slice(0, -1)),
  );
}

/** @param following names of the tensors behind it. */
function layerOf(
  weights: Weights,
  name: string,
  before: Layer | undefined,
  following: readonly string[],
): Layer | undefined {
  const { shape } = weights.tensor(`${name}.weight`);
  if (shape.length === 2) return denseOf(name, shape, before);
  if (shape.length !== 4 || shape[2] !== shape[3]) return undefined;
  const place = placeOf(before, shape, nextOf(weights, following));
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

export interface Place {
  readonly channels: number;
  readonly size: number;
}

/**
 * Channels and pixels in front of a convolution: behind dense layers, what its own shape makes of them, and where that is
 * two things, the one whose other channels the next layer takes.
 */
function placeOf(
  before: Layer | undefined,
  shape: readonly number[],
  next: readonly number[] | undefined,
): Place | undefined {
  if (!before) return { channels: shape[0], size: 1 };
  if (before.kind !== "dense") return before;
  const placeFor = (channels: number): Place => ({ channels, size: Math.sqrt(before.channels / channels) });
  const fitting = [...new Set(shape.slice(0, 2))].map(placeFor).filter(({ size }) => Number.isInteger(size));
  if (fitting.length < 2) return fitting[0];
  const takenOf = ({ channels }: Place): number => shape[channels === shape[0] ? 1 : 0];
  const leading = fitting.filter((place) =>
    next ? next.includes(takenOf(place)) : takenOf(place) <= MOST_COLOURS,
  );
  return leading.length === 1 ? leading[0] : undefined;
}

/** The channels of the next convolution. */
function nextOf(weights: Weights, following: readonly string[]): readonly number[] | undefined {
  const kernels = following
    .filter((name) => name.endsWith(".weight"))
    .map((name) => weights.tensor(name).shape);
  return kernels.find(({ length }) => length === 4)?.slice(0, 2);
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
