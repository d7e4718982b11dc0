// StyleGAN (Karras et al. 2019) in NVIDIA's pickles of TensorFlow. Upsampling is fused with the convolution behind it from
// 128 pixels on; noise, bias and leaky ReLU come before the normalisation by instance, behind which styles act.

import { blurred, instanceStyled, spread } from "../build/instances.ts";
import {
  convolution,
  dense,
  doubled,
  leakyRelu,
  normalised,
  transposedConvolution,
} from "../build/layers.ts";
import { everyLayer, meanOf, rowOf, truncated } from "../build/mapping.ts";
import type { Name, Network } from "../build/network.ts";
import type { Weights } from "../build/weights.ts";
import { isZero, permuted, scaled } from "../tensors/arrays.ts";
import { type StoredTensor, type Values, valuesOf } from "../tensors/tensor.ts";
import { type Architecture, type BuildOptions, requireTruncation } from "./architecture.ts";

const EPSILON = 1e-8;
/** Learning rate of the mapping's layers. */
const RATE = 0.01;
/** Of images whose upsampling is fused with the convolution, where the pickle does not say. */
const SMALLEST_FUSED = 128;
const BLUR = [1, 2, 1].flatMap((a) => [1, 2, 1].map((b) => (a * b) / 16));

/** The published networks', which are what is built. */
const SETTINGS: Readonly<Record<string, string | number | boolean>> = {
  nonlinearity: "lrelu",
  mapping_nonlinearity: "lrelu",
  mapping_lrmul: RATE,
  normalize_latents: true,
  use_wscale: true,
  use_styles: true,
  use_pixel_norm: false,
  use_instance_norm: true,
  "blur_filter.0": 1,
  "blur_filter.1": 2,
  "blur_filter.2": 1,
};

export const stylegan1Tensorflow: Architecture = {
  name: "StyleGAN1 (NVIDIA, TensorFlow)",
  version: 1,
  pattern: [
    /^mapping\/Dense0\/weight$/,
    /^synthesis\/4x4\/Const\/StyleMod\/weight$/,
    /^synthesis\/ToRGB_lod0\/weight$/,
  ],
  prior: "normal",
  range: "-1,1",
  options: ["truncation"],
  build,
};

/** z → w → w_plus, two rows for each size → styles, features → image. */
function build(network: Network, weights: Weights, { truncation }: BuildOptions): void {
  requirePublished(weights);
  network.remark("noise is the constant noise of the checkpoint");
  const w = mapping(network, weights, requireTruncation(truncation));
  const sizes = weights
    .matches(/^synthesis\/(\d+)x\1\/Conv1?\/weight$/)
    .map(([, size]) => Number(size))
    .sort((a, b) => a - b);
  const wPlus = everyLayer(network, w, 2 * sizes.length, weights.tensor("mapping/Dense0/weight", 2).shape[1]);
  let x = "";
  for (const [i, size] of sizes.entries()) {
    const writer = new BlockWriter(network, weights, size);
    x = writer.styled(writer.first(x), writer.firstName, rowOf(network, wPlus, 2 * i), 1);
    x = writer.styled(writer.second(x), writer.secondName, rowOf(network, wPlus, 2 * i + 1), 2);
    network.scope("");
    x = network.space(`features_${size}`, [writer.channels, size, size], x);
  }
  const size = sizes[sizes.length - 1];
  network.scope("ToRGB");
  const weight = convolutional(weights, "synthesis/ToRGB_lod0/weight", 1);
  const image = convolution(network, x, weight, { bias: weights.tensor("synthesis/ToRGB_lod0/bias", 1) });
  network.scope("");
  network.space("image", [weight.shape[0], size, size], image);
}

/** @throws {VielbeinError} `INVALID_MODEL` for networks that are built another way. */
function requirePublished(weights: Weights): void {
  for (const [name, due] of Object.entries(SETTINGS)) weights.requireSetting(`static_kwargs.${name}`, [due]);
  if (weights.has("mapping/LabelConcat/weight"))
    throw weights.wrong("mapping/LabelConcat/weight", "is of classes, which are not supported here");
  if ((weights.find("synthesis/lod")?.read()[0] ?? 0) !== 0)
    throw weights.wrong("synthesis/lod", "is not 0: the images are not yet of the full size");
}

/** z → w: normalisation, dense layers, truncation. */
function mapping(network: Network, weights: Weights, psi: number): Name {
  network.scope("mapping");
  const count = weights.matches(/^mapping\/Dense\d+\/weight$/).length;
  const width = weights.tensor("mapping/Dense0/weight", 2).shape[0];
  let w = normalised(network, network.input("z", [width]), EPSILON);
  for (let i = 0; i < count; i++) {
    const bias = scaled(weights.values(`mapping/Dense${i}/bias`, 1), RATE);
    w = leakyRelu(network, linear(network, weights, w, `mapping/Dense${i}/weight`, bias, RATE * Math.SQRT2));
  }
  if (psi !== 1) w = truncated(network, w, meanOf(weights.find("dlatent_avg")), psi);
  return network.space("w", [weights.tensor(`mapping/Dense${count - 1}/weight`, 2).shape[1]], w);
}

/** gain/√in·x·W + b, of W [in, out]. */
function linear(network: Network, weights: Weights, x: Name, name: string, bias: Values, gain: number): Name {
  const weight = weights.tensor(name, 2);
  return dense(network, x, weight.permuted([1, 0]), bias, gain / Math.sqrt(weight.shape[0]));
}

/** A kernel [k, k, in, out] as [out, in, k, k], with its gain. */
function convolutional(weights: Weights, name: string, gain: number): Values {
  const stored = weights.tensor(name, 4);
  const fanIn = stored.size / stored.shape[3];
  return scaled(valuesOf(stored.permuted([3, 2, 0, 1])), gain / Math.sqrt(fanIn));
}

class BlockWriter {
  readonly firstName: string;
  readonly secondName: string;
  readonly channels: number;
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #size: number;

  constructor(network: Network, weights: Weights, size: number) {
    this.#network = network;
    this.#weights = weights;
    this.#size = size;
    const names = size === 4 ? ["Const", "Conv"] : ["Conv0_up", "Conv1"];
    [this.firstName, this.secondName] = names.map((name) => `synthesis/${size}x${size}/${name}`);
    this.channels = weights.tensor(`${this.secondName}/bias`, 1).size;
  }

  /** What a size begins with: a constant, or the size before made twice as large and blurred. */
  first(before: Name): Name {
    const network = this.#network;
    network.scope(this.firstName);
    if (this.#size === 4) return network.weight("const", this.#weights.tensor(`${this.firstName}/const`, 4));
    const weight = convolutional(this.#weights, `${this.firstName}/weight`, Math.SQRT2);
    const said = this.#weights.setting("static_kwargs.fused_scale");
    const isFused = typeof said === "boolean" ? said : this.#size >= SMALLEST_FUSED;
    const wide = isFused
      ? transposedConvolution(network, before, spread(permuted(weight, [1, 0, 2, 3])), {
          stride: 2,
          padding: 1,
        })
      : convolution(network, doubled(network, before), weight, { padding: 1 });
    return blurred(network, wide, Float32Array.from(BLUR), this.channels, this.#size);
  }

  second(x: Name): Name {
    this.#network.scope(this.secondName);
    const weight = convolutional(this.#weights, `${this.secondName}/weight`, Math.SQRT2);
    return convolution(this.#network, x, weight, { padding: 1 });
  }

  /** Noise, bias, leaky ReLU, normalisation, style. */
  styled(x: Name, name: string, w: Name, layer: number): Name {
    const network = this.#network;
    network.scope(name);
    const noisy = this.#noise(x, name, layer);
    const bias = network.weight("bias", this.#weights.tensor(`${name}/bias`, 1), [1, this.channels, 1, 1]);
    const active = leakyRelu(network, network.op("Add", [noisy, bias]));
    const style = this.#style(`${name}/StyleMod`, w, layer);
    network.scope(name);
    return instanceStyled(network, active, style, this.channels, EPSILON);
  }

  /** Factors and shifts [n, 2·channels]; factors are added to 1, which the bias contains here. */
  #style(name: string, w: Name, layer: number): Name {
    const { shape, data } = this.#weights.values(`${name}/bias`, 1);
    const bias = { shape, data: data.map((b, i) => (i < this.channels ? b + 1 : b)) };
    this.#network.scope("");
    const style = linear(this.#network, this.#weights, w, `${name}/weight`, bias, 1);
    return this.#network.space(`style_${this.#size}_${layer}`, [2 * this.channels], style);
  }

  #noise(x: Name, name: string, layer: number): Name {
    const index = 2 * Math.log2(this.#size) - 5 + layer;
    const [pattern, strength] = [`synthesis/noise${index}`, `${name}/Noise/weight`].map(
      (part): StoredTensor | undefined => this.#weights.find(part),
    );
    if (!pattern || !strength || isZero(valuesOf(strength))) return x;
    const strengths = this.#network.weight("noise_strength", strength, [1, this.channels, 1, 1]);
    const noise = this.#network.op("Mul", [this.#network.weight("noise", pattern), strengths]);
    return this.#network.op("Add", [x, noise]);
  }
}
