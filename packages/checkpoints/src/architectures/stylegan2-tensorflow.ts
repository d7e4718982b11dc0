// StyleGAN2 in NVIDIA's pickles of TensorFlow, as StyleGAN2 and StyleGAN2-ADA were first published: the graph is that of
// the names of their PyTorch code.

import { Weights } from "../build/weights.ts";
import type { Setting } from "../files/content.ts";
import { flipped } from "../tensors/arrays.ts";
import { StoredTensor, type Values, valuesOf } from "../tensors/tensor.ts";
import type { Architecture } from "./architecture.ts";
import { buildStylegan2 } from "./stylegan2.ts";

export const stylegan2Tensorflow: Architecture = {
  name: "StyleGAN2 (NVIDIA, TensorFlow)",
  version: 2,
  pattern: [
    /^mapping\/Dense0\/weight$/,
    /^synthesis\/4x4\/Conv\/mod_weight$/,
    /^synthesis\/4x4\/Const\/const$/,
  ],
  whole: /^(synthesis|mapping)\/.*weight$/,
  prior: "normal",
  range: "-1,1",
  options: ["label", "truncation"],
  build: (network, weights, options) => buildStylegan2(network, renamed(weights), options),
};

/** Layers by their names there and here. */
const LAYERS: Readonly<Record<string, string>> = {
  Conv: "conv1",
  Conv0_up: "conv0",
  Conv1: "conv1",
  ToRGB: "torgb",
  Skip: "skip",
};

/** Variables by their names there, and what becomes of them. */
const PARTS: Readonly<
  Record<string, readonly [name: string, change: (tensor: StoredTensor) => StoredTensor]>
> = {
  weight: ["weight", (tensor) => tensor.permuted([3, 2, 0, 1])],
  bias: ["bias", (tensor) => tensor],
  noise_strength: ["noise_strength", (tensor) => tensor],
  mod_weight: ["affine.weight", (tensor) => tensor.permuted([1, 0])],
  mod_bias: [
    "affine.bias",
    (tensor) => changed(tensor, ({ shape, data }) => ({ shape, data: data.map((x) => x + 1) })),
  ],
};

function changed(tensor: StoredTensor, change: (values: Values) => Values): StoredTensor {
  const { shape, data } = change(valuesOf(tensor));
  return StoredTensor.whole("float32", shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Learning rate of the mapping, where the pickle does not say it. */
const RATE = 0.01;

/** What else the published networks have, which is what is built. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  nonlinearity: "lrelu",
  mapping_nonlinearity: "lrelu",
  normalize_latents: true,
};

/** The filter of resampling [k, k], of the taps along one axis; undefined where the pickle has that of all others. */
function filterOf(weights: Weights): StoredTensor | undefined {
  const taps: number[] = [];
  for (;;) {
    const tap = weights.number(`static_kwargs.resample_kernel.${taps.length}`);
    if (tap === undefined) break;
    taps.push(tap);
  }
  if (taps.length === 0) return undefined;
  const filter = Float32Array.from(taps.flatMap((a) => taps.map((b) => a * b)));
  return StoredTensor.whole("float32", [taps.length, taps.length], new Uint8Array(filter.buffer));
}

/** The same tensors under the names of the PyTorch code. */
function renamed(weights: Weights): Weights {
  for (const [name, due] of Object.entries(SETTINGS)) weights.requireSetting(`static_kwargs.${name}`, [due]);
  const tensors = new Map<string, StoredTensor>();
  const settings = new Map([
    ["mapping.fc0.bias_gain", weights.number("static_kwargs.mapping_lrmul") ?? RATE],
  ]);
  const filter = filterOf(weights);
  const clamp = weights.number("static_kwargs.conv_clamp");
  for (const [name, size, layer, part] of weights.matches(/^synthesis\/(\d+)x\1\/(\w+)\/(\w+)$/)) {
    if (!Object.hasOwn(LAYERS, layer) || !Object.hasOwn(PARTS, part)) continue;
    const ours = `synthesis.b${size}.${LAYERS[layer]}`;
    const [variable, change] = PARTS[part];
    const tensor = change(weights.tensor(name, part === "weight" ? 4 : undefined));
    // Convolutions that enlarge have their kernels the other way round.
    const isFlipped = part === "weight" && (layer === "Conv0_up" || layer === "Skip");
    tensors.set(`${ours}.${variable}`, isFlipped ? changed(tensor, flipped) : tensor);
    if (clamp !== undefined) settings.set(`${ours}.conv_clamp`, clamp);
    for (const place of filter ? [ours, `synthesis.b${size}`] : [])
      tensors.set(`${place}.resample_filter`, filter!);
  }
  for (const [name, layer, part] of weights.matches(/^mapping\/(Dense\d+|LabelEmbed)\/(weight|bias)$/)) {
    const ours = layer === "LabelEmbed" ? "embed" : layer.replace("Dense", "fc");
    const tensor = weights.tensor(name);
    tensors.set(`mapping.${ours}.${part}`, part === "weight" ? tensor.permuted([1, 0]) : tensor);
  }
  for (const [name, index] of weights.matches(/^synthesis\/noise(\d+)$/)) {
    const level = (Number(index) + 5) >> 1;
    const layer = Number(index) % 2 === 0 ? "conv1" : "conv0";
    tensors.set(`synthesis.b${2 ** level}.${layer}.noise_const`, weights.tensor(name));
  }
  tensors.set("synthesis.b4.const", weights.tensor("synthesis/4x4/Const/const", 4));
  const mean = weights.find("dlatent_avg");
  if (mean) tensors.set("mapping.w_avg", mean);
  return new Weights({ tensors, settings }, "");
}
