// StyleGAN2 under the names of rosinality's PyTorch code: the graph is that of NVIDIA's names.

import { Weights } from "../build/weights.ts";
import type { StoredTensor } from "../tensors/tensor.ts";
import type { Architecture } from "./architecture.ts";
import { buildStylegan2 } from "./stylegan2.ts";

export const stylegan2Rosinality: Architecture = {
  name: "StyleGAN2 (rosinality)",
  version: 1,
  pattern: [
    /^input\.input$/,
    /^style\.1\.weight$/,
    /^conv1\.conv\.modulation\.weight$/,
    /^to_rgb1\.conv\.weight$/,
  ],
  whole: /^(style|conv1|convs|to_rgb1|to_rgbs)\..*weight$/,
  prior: "normal",
  range: "-1,1",
  options: ["truncation"],
  build: (network, weights, options) =>
    buildStylegan2(network, renamed(weights), options, { isEqualised: true }),
};

/** Layers by their names here and there. */
function layerNames(weights: Weights): [theirs: string, block: string, layer: string][] {
  const names: [string, string, string][] = [
    ["conv1", "b4", "conv1"],
    ["to_rgb1", "b4", "torgb"],
  ];
  for (let i = 0; i < weights.matches(/^to_rgbs\.\d+\.bias$/).length; i++) {
    const block = `b${8 << i}`;
    names.push(
      [`convs.${2 * i}`, block, "conv0"],
      [`convs.${2 * i + 1}`, block, "conv1"],
      [`to_rgbs.${i}`, block, "torgb"],
    );
  }
  return names;
}

/** The same tensors under NVIDIA's names. */
function renamed(weights: Weights): Weights {
  const tensors = new Map<string, StoredTensor>();
  const take = (ours: string, theirs: string): void => {
    const tensor = weights.find(theirs);
    if (tensor) tensors.set(ours, tensor);
  };
  take("synthesis.b4.const", "input.input");
  for (const [theirs, layer, part] of weights.matches(/^style\.(\d+)\.(weight|bias)$/)) {
    take(`mapping.fc${Number(layer) - 1}.${part}`, theirs);
  }
  let noises = 0;
  for (const [theirs, block, layer] of layerNames(weights)) {
    const ours = `synthesis.${block}.${layer}`;
    take(`${ours}.affine.weight`, `${theirs}.conv.modulation.weight`);
    take(`${ours}.affine.bias`, `${theirs}.conv.modulation.bias`);
    take(`${ours}.weight`, `${theirs}.conv.weight`);
    if (layer === "torgb") {
      take(`${ours}.bias`, `${theirs}.bias`);
      take(`synthesis.${block}.resample_filter`, `${theirs}.upsample.kernel`);
      continue;
    }
    take(`${ours}.bias`, `${theirs}.activate.bias`);
    take(`${ours}.noise_strength`, `${theirs}.noise.weight`);
    take(`${ours}.resample_filter`, `${theirs}.conv.blur.kernel`);
    take(`${ours}.noise_const`, `noises.noise_${noises++}`);
  }
  const mean = weights.beside("latent_avg");
  if (mean) tensors.set("mapping.w_avg", mean);
  return new Weights({ tensors, settings: new Map() }, "");
}
