// The same decoders under the names of the code of latent diffusion (CompVis), in whose checkpoints a whole model is.

import { Weights } from "../build/weights.ts";
import type { StoredTensor } from "../tensors/tensor.ts";
import type { Architecture } from "./architecture.ts";
import { buildAutoencoderKl } from "./autoencoder-kl.ts";

export const autoencoderLdm: Architecture = {
  name: "AutoencoderKL (latent diffusion)",
  version: 2,
  pattern: [
    /^decoder\.mid\.block_1\.norm1\.weight$/,
    /^decoder\.up\.0\.block\.0\.conv1\.weight$/,
    /^decoder\.norm_out\.weight$/,
  ],
  fits: (weights) => weights.find("decoder.conv_in.weight")?.shape.length === 4,
  prior: "normal",
  range: "-1,1",
  options: ["size"],
  build: (network, weights, options) => buildAutoencoderKl(network, renamed(weights), options),
};

/** Parts of names there and here; blocks are counted from the other end. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^decoder\.norm_out\./, "decoder.conv_norm_out."],
  [/\.mid\.block_(\d)\./, ".mid_block.resnets.$1."],
  [/\.mid\.attn_1\.norm\./, ".mid_block.attentions.0.group_norm."],
  [/\.mid\.attn_1\.([qkv])\./, ".mid_block.attentions.0.to_$1."],
  [/\.mid\.attn_1\.proj_out\./, ".mid_block.attentions.0.to_out.0."],
  [/\.nin_shortcut\./, ".conv_shortcut."],
];

function renamed(weights: Weights): Weights {
  const last = weights.matches(/^decoder\.up\.(\d+)\.block\.0\.norm1\.weight$/).length - 1;
  const tensors = new Map<string, StoredTensor>();
  for (const name of weights.names) {
    if (!/^(decoder|post_quant_conv)\./.test(name)) continue;
    const parts = PARTS.reduce((text, [from, to]) => text.replace(from, to), name);
    const ours = parts
      .replace(/\.mid_block\.resnets\.(\d)\./, (_, i) => `.mid_block.resnets.${Number(i) - 1}.`)
      .replace(/\.up\.(\d+)\.block\.(\d+)\./, (_, i, j) => `.up_blocks.${last - Number(i)}.resnets.${j}.`)
      .replace(/\.up\.(\d+)\.upsample\./, (_, i) => `.up_blocks.${last - Number(i)}.upsamplers.0.`);
    tensors.set(ours, weights.tensor(name));
  }
  return new Weights({ tensors, settings: new Map() }, "");
}
