// TAESD, small decoders of the latents of diffusion models (Boer Bohan): diffusers' AutoencoderTiny, and the original's
// files of a decoder alone. Convolutions and blocks of three with a path beside them; one without a bias doubles the size.

import { convolution, doubled } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { type Architecture, type BuildOptions, requireSize } from "./architecture.ts";

export const autoencoderTiny: Architecture = {
  name: "TAESD (diffusers)",
  version: 1,
  pattern: [
    /^decoder\.layers\.0\.weight$/,
    /^decoder\.layers\.2\.conv\.0\.weight$/,
    /^decoder\.layers\.2\.conv\.4\.weight$/,
  ],
  whole: /^decoder\.layers\./,
  prior: "normal",
  range: "-1,1",
  options: ["size"],
  build: (network, weights, options) => build(network, weights, "decoder.layers.", options),
};

export const taesd: Architecture = {
  name: "TAESD",
  version: 1,
  pattern: [/^1\.weight$/, /^3\.conv\.0\.weight$/, /^3\.conv\.4\.weight$/],
  whole: /^\d+\./,
  fits: (weights) => !weights.has("0.weight"),
  prior: "normal",
  range: "0,1",
  options: ["size"],
  build: (network, weights, options) => build(network, weights, "", options),
};

/** z → features → image. In diffusers the image goes from −1 to 1. */
function build(network: Network, weights: Weights, prefix: string, options: BuildOptions): void {
  const isSigned = prefix !== "";
  weights.requireConfig("act_fn", ["relu"]);
  weights.requireConfig("upsample_fn", ["nearest"]);
  weights.requireConfig("upsampling_scaling_factor", [2]);
  weights.requireConfig("scaling_factor", [1]);
  weights.requireConfig("shift_factor", [0, null]);
  const layers = layersOf(weights, prefix);
  const factor = 2 ** layers.filter((name) => isDoubling(weights, name)).length;
  const side = requireSize(options.size, undefined, factor) / factor;
  const channels = weights.tensor(`${layers[0]}.weight`, 4).shape[1];
  let x = clampedSoftly(network, network.input("z", [channels, side, side]));
  let size = side;
  for (const [i, name] of layers.entries()) {
    network.scope(name);
    if (isDoubling(weights, name)) {
      x = network.space(`features_${size}`, [weights.tensor(`${name}.weight`, 4).shape[1], size, size], x);
      x = doubled(network, x);
      size *= 2;
    }
    x = weights.has(`${name}.weight`)
      ? convolved(network, weights, x, name)
      : block(network, weights, x, name);
    if (i === 0) x = network.op("Relu", [x]);
  }
  if (isSigned) x = network.op("Sub", [network.op("Mul", [x, network.constant([2])]), network.constant([1])]);
  network.space("image", [weights.tensor(`${layers.at(-1)}.weight`, 4).shape[0], size, size], x);
}

/** In their order: those between, activations and the doubling of sizes, have no weights. */
function layersOf(weights: Weights, prefix: string): string[] {
  const start = new RegExp(`^${prefix.replaceAll(".", "\\.")}(\\d+)(?=\\.)`);
  return weights
    .matches(start)
    .sort((a, b) => Number(a[1]) - Number(b[1]))
    .map(([name]) => name);
}

function isDoubling(weights: Weights, name: string): boolean {
  return weights.has(`${name}.weight`) && !weights.has(`${name}.bias`);
}

/** 3·tanh(z/3). */
function clampedSoftly(network: Network, z: Name): Name {
  const small = network.op("Div", [z, network.constant([3])]);
  return network.op("Mul", [network.op("Tanh", [small]), network.constant([3])]);
}

function convolved(network: Network, weights: Weights, x: Name, name: string): Name {
  const weight = weights.tensor(`${name}.weight`, 4);
  return convolution(network, x, weight, {
    bias: weights.find(`${name}.bias`),
    padding: weight.shape[3] >> 1,
  });
}

function block(network: Network, weights: Weights, x: Name, name: string): Name {
  let y = x;
  for (const layer of [0, 2, 4]) {
    y = convolved(network, weights, y, `${name}.conv.${layer}`);
    if (layer < 4) y = network.op("Relu", [y]);
  }
  const path = weights.has(`${name}.skip.weight`) ? convolved(network, weights, x, `${name}.skip`) : x;
  return network.op("Relu", [network.op("Add", [y, path])]);
}
