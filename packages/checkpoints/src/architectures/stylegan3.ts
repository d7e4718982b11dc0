// StyleGAN3 (Karras et al. 2021), configurations T and R, under NVIDIA's names, which contain the sizes of the layers.
//
// Fourier features, which a rotation and a translation learnt from w move, pass modulated convolutions (as in
// StyleGAN2, on activations) and leaky ReLUs between an upsampling and a downsampling filter. Zeros in between and
// filtering are one transposed convolution, filtering and leaving out one strided convolution, both of one channel, the
// channels of the image counting as images.

import { applied, equalised, everyLayer, mapping, rowOf } from "../build/mapping.ts";
import type { Name, Network } from "../build/network.ts";
import { COUNT, type NumberRule, type Weights } from "../build/weights.ts";
import type { Architecture, BuildOptions } from "./architecture.ts";
import { fourierFeatures, type Sampling } from "./stylegan3-input.ts";
import { LayerWriter } from "./stylegan3-layer.ts";

export const stylegan3: Architecture = {
  name: "StyleGAN3 (NVIDIA)",
  version: 2,
  pattern: [/^mapping\.fc0\.weight$/, /^synthesis\.input\.freqs$/, /^synthesis\.L0_\d+_\d+\.affine\.weight$/],
  whole: /^(synthesis|mapping\.fc\d+)\..*weight$/,
  prior: "normal",
  range: "-1,1",
  options: ["label", "truncation"],
  build,
};

/** StyleGAN-XL (Sauer et al. 2022): the same layers, and classes by the features that a classifier has of them. */
export const styleganXl: Architecture = {
  ...stylegan3,
  name: "StyleGAN-XL",
  pattern: [/^mapping\.embed\.weight$/, ...stylegan3.pattern],
  // StyleGAN3 has a dense layer of classes under this name.
  fits: (weights) => !weights.has("mapping.embed.bias"),
};

/** z → w → w_plus → styles, features → image. */
function build(network: Network, weights: Weights, options: BuildOptions): void {
  const w = mapping(network, weights, options);
  if (weights.number("synthesis.margin_size") === undefined)
    network.remark(
      "weights alone do not say margins, bounds and scales: those of the configuration are taken, else those of the published networks",
    );
  const layers = layersOf(weights);
  const width = weights.tensor("synthesis.input.affine.weight", 2).shape[1];
  const wPlus = everyLayer(network, w, layers.length + 1, width);
  const style = (name: string, label: string, row: number): Name => {
    network.scope("");
    const affine = equalised(weights, `${name}.affine`);
    const value = applied(network, rowOf(network, wPlus, row), affine);
    return network.space(`style_${label}`, [affine.weight.shape[0]], value);
  };
  let before: Sampling = layers[0];
  const { size } = before;
  const input = fourierFeatures(network, weights, style("synthesis.input", "input", 0), before);
  let x = network.space("features_input", [input.channels, size, size], input.output);
  for (const [i, layer] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const writer = new LayerWriter(network, weights, layer.name, before, layer);
    const styled = style(layer.name, `L${i}`, i + 1);
    const y = isLast ? writer.colours(x, styled) : writer.filtered(x, styled);
    network.scope("");
    before = layer;
    x = network.space(isLast ? "image" : `features_L${i}`, [writer.outputs, layer.size, layer.size], y);
  }
}

/** Pixels around the image, as in the published networks, where the file does not tell. */
const MARGIN = 10;

const MARGINS: NumberRule = {
  due: "an integer of at least 0",
  fits: (value) => value === 0 || COUNT.fits(value),
};

/** The layers in their order. What the last two make has no margin. */
function layersOf(weights: Weights): (Sampling & { readonly name: string })[] {
  const margin = weights.number("synthesis.margin_size") ?? weights.stated("margin_size", MARGINS) ?? MARGIN;
  const found = weights.matches(/^synthesis\.L(\d+)_(\d+)_\d+(?=\.affine\.weight$)/);
  return found
    .sort((a, b) => Number(a[1]) - Number(b[1]))
    .map(([name, , text], i) => {
      const size = Number(text);
      const told = weights.number(`${name}.out_sampling_rate`);
      return { name, size, rate: told ?? (i < found.length - 2 ? size - 2 * margin : size) };
    });
}
