// Decoders of autoencoders for latent diffusion (Rombach et al. 2022): diffusers' AutoencoderKL, of Stable Diffusion,
// SDXL, SD3 and Flux. The code is what the diffusion model sees: latents times the scaling factor, moved by the shift.

import { int } from "@vielbein/onnx/graph";
import { groupNormalised } from "../build/groups.ts";
import { convolution, doubled, swish } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import { COUNT, FINITE, POSITIVE, type Weights } from "../build/weights.ts";
import { notBuilt } from "../errors.ts";
import { permuted } from "../tensors/arrays.ts";
import { valuesOf } from "../tensors/tensor.ts";
import { type Architecture, type BuildOptions, requireSize } from "./architecture.ts";

/** What earlier versions of diffusers call the projections, as most published autoencoders do. */
const EARLIER = { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" } as const;

/** diffusers' defaults, of what a file of weights does not tell. */
const [GROUPS, EPSILON] = [32, 1e-6];

export const autoencoderKl: Architecture = {
  name: "AutoencoderKL (diffusers)",
  version: 2,
  pattern: [
    /^decoder\.mid_block\.resnets\.0\.norm1\.weight$/,
    /^decoder\.up_blocks\.0\.resnets\.0\.conv1\.weight$/,
    /^decoder\.conv_norm_out\.weight$/,
  ],
  // Those of videos have kernels of three axes.
  fits: (weights) => weights.find("decoder.conv_in.weight")?.shape.length === 4,
  prior: "normal",
  range: "-1,1",
  options: ["size"],
  build: buildAutoencoderKl,
};

/** What it is made of; of an asymmetric one, what takes in the image that is painted over is not. */
const WHOLE = /^(decoder|post_quant_conv)\.(?!condition_encoder\.)/;

/** z → features → image. */
export function buildAutoencoderKl(network: Network, weights: Weights, options: BuildOptions): void {
  weights.requireConfig("act_fn", ["silu", "swish"]);
  const blocks = weights.matches(/^decoder\.up_blocks\.(\d+)\.resnets\.0\.norm1\.weight$/).length;
  const factor = 2 ** weights.matches(/^decoder\.up_blocks\.\d+\.upsamplers\.0\.conv\.weight$/).length;
  const size = requireSize(
    options.size,
    weights.config("sample_size", { ...COUNT, isOptional: true }),
    factor,
  );
  const side = size / factor;
  const first = weights.has("post_quant_conv.weight") ? "post_quant_conv.weight" : "decoder.conv_in.weight";
  const channels = weights.tensor(first, 4).shape[1];
  const writer = new DecoderWriter(network, weights, channels, side);
  let x = writer.latents(network.input("z", [channels, side, side]));
  x = writer.convolved(x, "decoder.conv_in");
  x = writer.residual(x, "decoder.mid_block.resnets.0");
  if (weights.has("decoder.mid_block.attentions.0.group_norm.weight"))
    x = writer.attended(x, "decoder.mid_block.attentions.0");
  x = writer.residual(x, "decoder.mid_block.resnets.1");
  for (let block = 0; block < blocks; block++) x = writer.block(x, `decoder.up_blocks.${block}`);
  x = writer.convolved(writer.activated(x, "decoder.conv_norm_out"), "decoder.conv_out");
  writer.space("image", x);
  weights.requireUsed(WHOLE);
}

class DecoderWriter {
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #groups: number;
  /** Of what was written last. */
  #channels: number;
  #size: number;

  constructor(network: Network, weights: Weights, channels: number, size: number) {
    this.#network = network;
    this.#weights = weights;
    const groups = weights.config("norm_num_groups", COUNT);
    if (groups === undefined)
      network.remark(`no config.json says in how many groups channels are normalised: ${GROUPS} are taken`);
    this.#groups = groups ?? GROUPS;
    this.#channels = channels;
    this.#size = size;
  }

  space(name: Name, x: Name): Name {
    this.#network.scope("");
    return this.#network.space(name, [this.#channels, this.#size, this.#size], x);
  }

  /**
   * What the decoder is given: z over the scaling factor, plus the shift, and behind a convolution where there is one;
   * in place of factor and shift, channels may have deviations and means.
   */
  latents(z: Name): Name {
    const network = this.#network;
    const factor = this.#weights.config("scaling_factor", POSITIVE);
    if (factor === undefined)
      network.remark("no config.json beside the weights: z are the autoencoder's own latents, not scaled");
    if (this.#weights.has("quantize.embedding.weight"))
      network.remark("the quantiser is left out: z are latents behind it");
    const deviations = this.#weights.configs("latents_std", this.#channels, POSITIVE);
    const means = this.#weights.configs("latents_mean", this.#channels, FINITE);
    if ((means === undefined) !== (deviations === undefined))
      throw notBuilt("its configuration has one of latents_mean and latents_std, and both are due");
    const shifts = means ?? [this.#weights.config("shift_factor", { ...FINITE, isOptional: true }) ?? 0];
    const factors = (deviations ?? [1]).map((deviation) => deviation / (factor ?? 1));
    let x = z;
    if (factors.some((value) => value !== 1)) x = network.op("Mul", [x, this.#perChannel(factors)]);
    if (shifts.some((value) => value !== 0)) x = network.op("Add", [x, this.#perChannel(shifts)]);
    return this.#weights.has("post_quant_conv.weight") ? this.convolved(x, "post_quant_conv") : x;
  }

  #perChannel(values: readonly number[]): Name {
    return this.#network.constant(values, values.length === 1 ? [] : [values.length, 1, 1]);
  }

  convolved(x: Name, name: string): Name {
    const weight = this.#weights.tensor(`${name}.weight`, 4);
    this.#network.scope(name);
    this.#channels = weight.shape[0];
    const bias = this.#weights.find(`${name}.bias`);
    return convolution(this.#network, x, weight, { bias, padding: weight.shape[3] >> 1 });
  }

  #normalised(x: Name, name: string): Name {
    this.#network.scope(name);
    return groupNormalised(this.#network, x, {
      groups: this.#groups,
      epsilon: EPSILON,
      scale: this.#weights.tensor(`${name}.weight`, 1),
      shift: this.#weights.tensor(`${name}.bias`, 1),
      shape: [this.#channels, this.#size, this.#size],
    });
  }

  /** Normalisation and SiLU. */
  activated(x: Name, name: string): Name {
    return swish(this.#network, this.#normalised(x, name));
  }

  /** Two convolutions beside a path of their own channels. */
  residual(x: Name, name: string): Name {
    const channels = this.#channels;
    const first = this.convolved(this.activated(x, `${name}.norm1`), `${name}.conv1`);
    const second = this.convolved(this.activated(first, `${name}.norm2`), `${name}.conv2`);
    this.#channels = channels;
    const isChanged = this.#weights.has(`${name}.conv_shortcut.weight`);
    const path = isChanged ? this.convolved(x, `${name}.conv_shortcut`) : x;
    return this.#network.op("Add", [path, second]);
  }

  /** Every pixel attends to all, with one head. */
  attended(x: Name, name: string): Name {
    const network = this.#network;
    const [channels, pixels] = [this.#channels, this.#size ** 2];
    const flat = network.reshape(this.#normalised(x, `${name}.group_norm`), [channels, pixels]);
    network.scope(name);
    const rows = network.transpose(flat, [0, 2, 1]);
    const projected = (part: keyof typeof EARLIER, x: Name): Name => {
      const is = this.#weights.has(`${name}.${part}.weight`) ? part : EARLIER[part];
      return this.#projected(x, `${name}.${is}`);
    };
    const [query, key, value] = (["to_q", "to_k", "to_v"] as const).map((part) => projected(part, rows));
    const products = network.op("MatMul", [query, network.transpose(key, [0, 2, 1])]);
    const scaled = network.op("Mul", [products, network.constant([1 / Math.sqrt(channels)])]);
    const shares = network.op("Softmax", [scaled], { axis: int(-1) });
    const mixed = projected("to_out.0", network.op("MatMul", [shares, value]));
    const image = network.reshape(network.transpose(mixed, [0, 2, 1]), [channels, this.#size, this.#size]);
    return network.op("Add", [x, image]);
  }

  /** x [n, pixels, c] · Wᵀ + b; the weights may be those of a convolution of single pixels. */
  #projected(x: Name, name: string): Name {
    const stored = valuesOf(this.#weights.tensor(`${name}.weight`));
    const [outputs, inputs] = stored.shape;
    const matrix = permuted({ shape: [outputs, inputs], data: stored.data }, [1, 0]);
    const product = this.#network.op("MatMul", [x, this.#network.weight("weight", matrix)]);
    const bias = this.#weights.find(`${name}.bias`);
    return bias ? this.#network.op("Add", [product, this.#network.weight("bias", bias)]) : product;
  }

  /** Residual layers, then perhaps twice the size. */
  block(x: Name, name: string): Name {
    const layers = this.#weights.matches(
      new RegExp(`^${name.replaceAll(".", "\\.")}\\.resnets\\.(\\d+)\\.norm1\\.weight$`),
    );
    let y = x;
    for (let i = 0; i < layers.length; i++) y = this.residual(y, `${name}.resnets.${i}`);
    const features = this.space(this.#network.claim(`features_${this.#size}_${this.#channels}`), y);
    if (!this.#weights.has(`${name}.upsamplers.0.conv.weight`)) return features;
    this.#network.scope(`${name}.upsamplers.0`);
    const wide = doubled(this.#network, features);
    this.#size *= 2;
    return this.convolved(wide, `${name}.upsamplers.0.conv`);
  }
}
