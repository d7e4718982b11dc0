// StyleGAN2 and StyleGAN2-ADA (Karras et al. 2020), under the names of NVIDIA's PyTorch code.
//
// Modulation scales activations: with the style s, the weights W and the demodulation d of a layer,
//
//     y = d ⊙ conv(s ⊙ x, W),   d = 1/√(Σ s²·ΣₖW² + 1e-8),
//
// which is the paper's convolution with weights d·W·s (appendix B) while the weights stay as they lie in the file. The
// √2 behind the leaky ReLU, which passes positive factors, is folded into d, noise and biases.

import { clamped, convolution, leakyRelu, transposedConvolution } from "../build/layers.ts";
import { applied, equalised, everyLayer, mapping, rowOf } from "../build/mapping.ts";
import { demodulation } from "../build/modulation.ts";
import type { Name, Network } from "../build/network.ts";
import { POSITIVE, type Weights } from "../build/weights.ts";
import { flipped, isZero, scaled, swapped } from "../tensors/arrays.ts";
import { type StoredTensor, type Values, valuesOf } from "../tensors/tensor.ts";
import type { Architecture, BuildOptions } from "./architecture.ts";

const EPSILON = 1e-8;

export const stylegan2: Architecture = {
  name: "StyleGAN2 (NVIDIA)",
  version: 2,
  pattern: [/^mapping\.fc0\.weight$/, /^synthesis\.b4\.conv1\.affine\.weight$/, /^synthesis\.b4\.const$/],
  whole: /^(synthesis|mapping\.fc\d+)\..*weight$/,
  prior: "normal",
  range: "-1,1",
  options: ["label", "truncation"],
  build: (network, weights, options) => {
    const hasModules = weights.number("mapping.fc0.bias_gain") !== undefined;
    buildStylegan2(network, weights, options, hasModules ? {} : { clamp: statedClamp(network, weights) });
  },
};

/** The bound of activations, of weights alone: as a configuration says, or none. */
function statedClamp(network: Network, weights: Weights): number | undefined {
  const clamp = weights.stated("conv_clamp", { ...POSITIVE, isOptional: true });
  if (clamp === undefined)
    network.remark(
      "weights alone do not say whether activations have bounds: none are taken (NVIDIA's training takes 256 where some layers are of half precision)",
    );
  else if (clamp !== null)
    network.remark(`activations are bounded by ${clamp}, the conv_clamp of the configuration`);
  for (const part of ["mapping", "synthesis"]) weights.requireConfig(`${part}_kwargs.activation`, ["lrelu"]);
  return clamp ?? undefined;
}

/** What tells one code base from another. */
export interface Conventions {
  /** Whether the 3 × 3 weights have a gain 1/√(fan-in) before demodulation, which then changes nothing but ε. */
  readonly isEqualised?: boolean;
  /** Bound of activations and colours, where layers do not say it themselves. */
  readonly clamp?: number | undefined;
}

/** One resolution: its layers in the order of their rows of w_plus. */
interface Block {
  readonly size: number;
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly residual: StoredTensor | undefined;
}

interface Layer {
  readonly name: string;
  readonly kind: "conv0" | "conv1" | "torgb";
}

/** The graph z → w → w_plus → styles, features → image. */
export function buildStylegan2(
  network: Network,
  weights: Weights,
  options: BuildOptions,
  conventions: Conventions = {},
): void {
  const w = mapping(network, weights, options);
  const [constant, strength] = ["const", "strength"].map((part) =>
    weights.has(`synthesis.b4.conv1.noise_${part}`),
  );
  if (constant) network.remark("noise is the constant noise of the checkpoint");
  else if (strength)
    network.remark("noise, of which the checkpoint has strengths and no patterns, is left out");
  const sizes = weights.matches(/^synthesis\.b(\d+)\.conv1\.weight$/).map(([, size]) => Number(size));
  const blocks = sizes.sort((a, b) => a - b).map((size) => blockOf(weights, size));
  // The colours of a block share their row with the next block's first convolution.
  const rows = 1 + blocks.reduce((sum, { layers }) => sum + convolutionsOf(layers).length, 0);
  const width = weights.tensor("synthesis.b4.conv1.affine.weight").shape[1];
  const wPlus = everyLayer(network, w, rows, width);
  let [row, x, image]: [number, Name, Name | undefined] = [0, "", undefined];
  for (const [i, block] of blocks.entries()) {
    const isLast = i === blocks.length - 1;
    const synthesis = new BlockWriter(network, weights, block, conventions);
    [x, image] = synthesis.write(wPlus, row, x, image);
    row += convolutionsOf(block.layers).length;
    if (isLast && image !== undefined)
      network.space("image", [synthesis.colours, block.size, block.size], image);
  }
}

function blockOf(weights: Weights, size: number): Block {
  const name = `synthesis.b${size}`;
  const kinds = ["conv0", "conv1", "torgb"] as const;
  const layers = kinds.map((kind) => ({ kind, name: `${name}.${kind}` }));
  const there = layers.filter((layer) => weights.has(`${layer.name}.weight`));
  return { size, name, layers: there, residual: weights.find(`${name}.skip.weight`) };
}

const convolutionsOf = (layers: readonly Layer[]): readonly Layer[] =>
  layers.filter(({ kind }) => kind !== "torgb");

/** The filter [4, 4] of unit sum that resampling has; by default (1, 3, 3, 1) both ways. */
function resamplingFilter(weights: Weights, name: string): Values {
  const stored = weights.find(`${name}.resample_filter`);
  const taps = [1, 3, 3, 1];
  const filter = stored
    ? valuesOf(stored)
    : { shape: [4, 4], data: Float32Array.from(taps.flatMap((a) => taps.map((b) => a * b))) };
  if (filter.shape.join() !== "4,4")
    throw weights.wrong(`${name}.resample_filter`, "is not 4 × 4, which is what is supported");
  return { ...scaled(filter, 1 / filter.data.reduce((sum, x) => sum + x, 0)), shape: [1, 1, 4, 4] };
}

class BlockWriter {
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #block: Block;
  readonly #conventions: Conventions;
  colours = 0;

  constructor(network: Network, weights: Weights, block: Block, conventions: Conventions) {
    this.#network = network;
    this.#weights = weights;
    this.#block = block;
    this.#conventions = conventions;
  }

  /** Features and image behind the block. */
  write(wPlus: Name, row: number, before: Name, image: Name | undefined): [Name, Name | undefined] {
    const { size, name, layers, residual } = this.#block;
    const network = this.#network;
    const styles = layers.map((layer, i) => this.#style(layer, rowOf(network, wPlus, row + i)));
    let x = before || network.weight("const", this.#weights.tensor(`${name}.const`), this.#constantShape());
    const convolutions = convolutionsOf(layers);
    for (const [i, layer] of convolutions.entries())
      x = this.#styled(layer, x, styles[i], residual !== undefined);
    if (residual) x = network.op("Add", [x, this.#path(before, residual)]);
    network.scope("");
    const channels = this.#weights.tensor(`${name}.conv1.bias`).size;
    x = network.space(`features_${size}`, [channels, size, size], x);
    return [x, this.#coloured(x, styles, image)];
  }

  /** Of NVIDIA's code and of the others', which have the batch before it. */
  #constantShape(): number[] {
    const name = `${this.#block.name}.const`;
    const { shape } = this.#weights.tensor(name);
    if (shape.slice(-2).join() === "4,4") return [1, ...shape.slice(-3)];
    throw this.#weights.wrong(name, `has shape [${shape.join(", ")}], and 4 × 4 pixels are what is built`);
  }

  #style({ name, kind }: Layer, w: Name): Name {
    this.#network.scope("");
    const affine = equalised(this.#weights, `${name}.affine`);
    const style = applied(this.#network, w, affine);
    return this.#network.space(`style_${this.#block.size}_${kind}`, [affine.weight.shape[0]], style);
  }

  /** Modulated 3 × 3 convolution, perhaps to twice the size; demodulation, noise, bias, leaky ReLU, clamping. */
  #styled({ name, kind }: Layer, x: Name, style: Name, isResidual: boolean): Name {
    const network = this.#network;
    network.scope(name);
    const gain = Math.SQRT2 * (isResidual && kind === "conv1" ? Math.SQRT1_2 : 1);
    const stored = this.#weights.tensor(`${name}.weight`);
    const weight = stored.reshaped(stored.shape.slice(-4));
    const [outputs, inputs, kernel] = weight.shape;
    this.#weights.requireSetting(`${name}.activation`, ["lrelu"]);
    if (kind === "conv0" && kernel !== 3)
      throw this.#weights.wrong(
        `${name}.weight`,
        `has ${kernel} × ${kernel} pixels where the size doubles, and 3 × 3 are what is built`,
      );
    const modulated = network.op("Mul", [x, network.reshape(style, [inputs, 1, 1])]);
    const y =
      kind === "conv0"
        ? this.#enlarged(modulated, weight, name)
        : convolution(network, modulated, weight, { padding: kernel >> 1 });
    const epsilon = EPSILON * (this.#conventions.isEqualised ? inputs * kernel ** 2 : 1);
    const even = network.op("Mul", [y, demodulation(network, style, weight, { gain, epsilon })]);
    const noisy = this.#noise(even, name, gain);
    const bias = scaled(this.#weights.values(`${name}.bias`), gain);
    const shifted = network.op("Add", [noisy, network.weight("bias", bias, [1, outputs, 1, 1])]);
    const clamp = this.#clampOf(name);
    return clamped(network, leakyRelu(network, shifted), clamp && (clamp * gain) / Math.SQRT2);
  }

  #clampOf(layer: string): number | undefined {
    return this.#weights.number(`${layer}.conv_clamp`) ?? this.#conventions.clamp;
  }

  #enlarged(x: Name, weight: StoredTensor, name: string): Name {
    const { size } = this.#block;
    const y = transposedConvolution(this.#network, x, swapped(weight), { stride: 2 });
    // A filter is convolved with, the engine correlates. No convolution has groups: channels count as images.
    const filter = scaled(flipped(resamplingFilter(this.#weights, name)), 4);
    const images = this.#network.channelsAsImages(y, size + 1, size + 1);
    const smooth = convolution(this.#network, images, filter, { padding: 1 });
    return this.#network.reshape(smooth, [weight.shape[0], size, size]);
  }

  #noise(x: Name, name: string, gain: number): Name {
    const [pattern, strength] = ["noise_const", "noise_strength"].map((part) =>
      this.#weights.find(`${name}.${part}`),
    );
    if (!pattern || !strength) return x;
    const { size } = this.#block;
    const noise = scaled({ shape: [1, 1, size, size], data: pattern.read() }, gain * strength.read()[0]);
    return isZero(noise) ? x : this.#network.op("Add", [x, this.#network.weight("noise", noise)]);
  }

  /** The residual path: a 1 × 1 convolution, then twice the size. */
  #path(before: Name, residual: StoredTensor): Name {
    this.#network.scope(`${this.#block.name}.skip`);
    const weight = scaled(valuesOf(residual), Math.sqrt(0.5 / residual.shape[1]));
    return this.#doubled(convolution(this.#network, before, weight), weight.shape[0]);
  }

  /** Every channel to twice the size, that of the block: zeros in between, then the filter at gain 4. */
  #doubled(x: Name, channels: number): Name {
    const { size, name } = this.#block;
    const filter = scaled(resamplingFilter(this.#weights, name), 4);
    const images = this.#network.channelsAsImages(x, size / 2, size / 2);
    const y = transposedConvolution(this.#network, images, filter, { stride: 2, padding: 1 });
    return this.#network.reshape(y, [channels, size, size]);
  }

  /** The image so far, at the block's size, with the block's colours. */
  #coloured(x: Name, styles: readonly Name[], image: Name | undefined): Name | undefined {
    const layer = this.#block.layers.find(({ kind }) => kind === "torgb");
    const network = this.#network;
    network.scope(`${this.#block.name}.torgb`);
    if (!layer) return image;
    const stored = this.#weights.tensor(`${layer.name}.weight`);
    const [colours, inputs] = stored.shape.slice(-4);
    this.colours = colours;
    const weight = scaled({ shape: [colours, inputs, 1, 1], data: stored.read() }, 1 / Math.sqrt(inputs));
    const modulated = network.op("Mul", [x, network.reshape(styles[styles.length - 1], [inputs, 1, 1])]);
    const { data } = this.#weights.values(`${layer.name}.bias`);
    const y = convolution(network, modulated, weight, { bias: { shape: [colours], data } });
    const added = clamped(network, y, this.#clampOf(layer.name));
    return image === undefined ? added : network.op("Add", [this.#doubled(image, colours), added]);
  }
}
