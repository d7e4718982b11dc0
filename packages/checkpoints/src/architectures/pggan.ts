// Progressively grown GANs (Karras et al. 2018) under the names of pytorch_GAN_zoo, at the last size of their growth.
// Every layer is a convolution with an equalised learning rate, a leaky ReLU and a division of each pixel by its length.
// What training wrote has its configuration with it.

import { convolution, dense, doubled, leakyRelu, normalised } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import { FINITE, type Weights } from "../build/weights.ts";
import { notBuilt } from "../errors.ts";
import { scaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";
import type { Architecture } from "./architecture.ts";

/** Of leaky ReLUs, where nothing says it. */
const SLOPE = 0.2;

export const pggan: Architecture = {
  name: "PGGAN (pytorch_GAN_zoo)",
  version: 2,
  pattern: [
    /^formatLayer\.module\.weight$/,
    /^groupScale0\.0\.module\.weight$/,
    /^toRGBLayers\.0\.module\.weight$/,
  ],
  whole: /^(formatLayer|groupScale0|scaleLayers)\./,
  prior: "normal",
  range: "-1,1",
  options: [],
  build,
};

/** What a configuration leaves open to the networks that are built. */
interface Settings {
  /** Of leaky ReLUs. */
  readonly slope: number;
  /** Whether weights and biases have gains. */
  readonly isEqualised: boolean;
  /** Whether colours are bounded by a tanh, as under the losses MSE and DCGAN. */
  readonly isBounded: boolean;
}

/** @throws {VielbeinError} `INVALID_MODEL` for networks that are not built. */
function settingsOf(network: Network, weights: Weights): Settings {
  if (weights.modules.size > 0)
    throw notBuilt(
      "it is a whole module, whose last activation is not read: save getStateDict() of its model",
    );
  const slope = weights.config("leakyReluLeak", FINITE);
  if (slope === undefined)
    network.remark(
      "no configuration says slopes, gains and the last activation: those of the published networks are taken",
    );
  // Above 0, the size before is still blended in.
  weights.requireConfig("alpha", [0]);
  // Of classes, which are the last part of the code.
  weights.requireConfig("categoryVectorDim", [0]);
  weights.requireConfig("perChannelNormalization", [true]);
  const loss = weights.requireConfig("lossCriterion", ["WGANGP", "Logistic", "MSE", "DCGAN"]);
  return {
    slope: slope ?? SLOPE,
    isEqualised: weights.requireConfig("equalizedlR", [true, false]) !== false,
    isBounded: loss === "MSE" || loss === "DCGAN",
  };
}

/** z → code, z over its length → features → image. */
function build(network: Network, weights: Weights): void {
  const settings = settingsOf(network, weights);
  const { slope, isEqualised } = settings;
  const active = (x: Name): Name => leakyRelu(network, x, slope);
  const first = equalised(weights, "formatLayer", isEqualised);
  const [outputs, inputs] = first.weight.shape;
  network.scope("formatLayer");
  const code = network.space("code", [inputs], normalised(network, network.input("z", [inputs])));
  const flat = active(dense(network, code, first.weight, first.bias));
  let x = normalised(network, network.reshape(flat, [outputs / 16, 4, 4]));
  const scales = weights.matches(/^scaleLayers\.(\d+)\.0\.module\.weight$/).length;
  for (let scale = 0; scale <= scales; scale++) {
    const layers = scale === 0 ? ["groupScale0.0"] : [0, 1].map((i) => `scaleLayers.${scale - 1}.${i}`);
    network.scope(layers[0]);
    if (scale > 0) x = doubled(network, x);
    for (const name of layers)
      x = normalised(network, active(convolved(network, weights, x, name, isEqualised)));
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
  const image = convolved(network, weights, x, colours, isEqualised);
  network.space(
    "image",
    [weights.tensor(`${colours}.module.bias`).size, size, size],
    settings.isBounded ? network.op("Tanh", [image]) : image,
  );
}

function convolved(network: Network, weights: Weights, x: Name, name: string, isEqualised: boolean): Name {
  network.scope(name);
  const { weight, bias } = equalised(weights, name, isEqualised);
  return convolution(network, x, weight, { bias, padding: weight.shape[3] >> 1 });
}

/** The gain √(2/fan-in) multiplies weights and biases alike here. */
function equalised(weights: Weights, name: string, isEqualised: boolean): { weight: Values; bias: Values } {
  const weight = weights.values(`${name}.module.weight`);
  const gain = isEqualised ? Math.sqrt((2 * weight.shape[0]) / weight.data.length) : 1;
  return { weight: scaled(weight, gain), bias: scaled(weights.values(`${name}.module.bias`, 1), gain) };
}
