// A layer of StyleGAN3: a modulated convolution, then a leaky ReLU at a higher rate, between two filters.

import { float, ints } from "@vielbein/onnx/graph";
import { clamped, convolution } from "../build/layers.ts";
import type { Name, Network } from "../build/network.ts";
import { COUNT, FINITE, POSITIVE, type Weights } from "../build/weights.ts";
import { energies, flipped, scaled } from "../tensors/arrays.ts";
import type { StoredTensor, Values } from "../tensors/tensor.ts";
import type { Sampling } from "./stylegan3-input.ts";

/**
 * What a state dictionary does not tell, as in the published networks: taps for each factor, rate of leaky ReLUs relative
 * to those around them, bound, scale of the image.
 */
const [TAPS, UPSAMPLING, CLAMP, SCALE] = [6, 2, 256, 0.25];

/** Filters as kernels of convolutions, and how much of the borders they leave. */
interface Design {
  readonly up: Values;
  readonly down: Values;
  readonly upFactor: number;
  readonly downFactor: number;
  readonly crop: number;
  /** Height and width before the filters. */
  readonly before: number;
}

export class LayerWriter {
  readonly outputs: number;
  readonly #network: Network;
  readonly #weights: Weights;
  readonly #name: string;
  readonly #inputs: number;
  readonly #kernel: number;
  readonly #before: Sampling;
  readonly #after: Sampling;

  constructor(network: Network, weights: Weights, name: string, before: Sampling, after: Sampling) {
    this.#network = network;
    this.#weights = weights;
    this.#name = name;
    [this.outputs, this.#inputs, this.#kernel] = weights.tensor(`${name}.weight`, 4).shape;
    this.#before = before;
    this.#after = after;
  }

  /** 1/√ of the mean square of what the layer is given, which training has followed. */
  #gain(): number {
    return 1 / Math.sqrt(this.#weights.values(`${this.#name}.magnitude_ema`).data[0]);
  }

  /** Undefined of networks that say that they have none. */
  #clamp(): number | undefined {
    const isWhole = this.#weights.number("synthesis.margin_size") !== undefined;
    const own = this.#weights.number(`${this.#name}.conv_clamp`);
    if (own !== undefined || isWhole) return own;
    const stated = this.#weights.stated("conv_clamp", { ...POSITIVE, isOptional: true });
    return stated === undefined ? CLAMP : (stated ?? undefined);
  }

  #modulated(x: Name, style: Name, weight: StoredTensor | Values): Name {
    this.#network.scope(this.#name);
    const styled = this.#network.op("Mul", [x, this.#network.reshape(style, [this.#inputs, 1, 1])]);
    return convolution(this.#network, styled, weight, { padding: this.#kernel - 1 });
  }

  #shifted(x: Name, factor: number): Name {
    const bias = scaled(this.#weights.values(`${this.#name}.bias`, 1), factor);
    return this.#network.op("Add", [x, this.#network.weight("bias", bias, [1, this.outputs, 1, 1])]);
  }

  /** The last layer, without demodulation and filters. */
  colours(x: Name, style: Name): Name {
    const stored = this.#weights.values(`${this.#name}.weight`, 4);
    const factor =
      this.#weights.number("synthesis.output_scale") ?? this.#weights.stated("output_scale", FINITE) ?? SCALE;
    const weight = scaled(stored, (factor * this.#gain()) / Math.sqrt(this.#inputs * this.#kernel ** 2));
    const clamp = this.#clamp();
    const y = this.#shifted(this.#modulated(x, style, weight), factor);
    return clamped(this.#network, y, clamp && factor * clamp);
  }

  /** All other layers. */
  filtered(x: Name, style: Name): Name {
    const network = this.#network;
    const weight = this.#weights.tensor(`${this.#name}.weight`, 4);
    const y = this.#modulated(x, style, weight);
    // NVIDIA's code normalises weights and styles first, which cancels out.
    const gain = this.#gain();
    const energy = network.weight("energy", energies(weight, 1 / gain ** 2));
    const squares = network.op("MatMul", [network.op("Mul", [style, style]), energy]);
    const demodulation = network.op("Reciprocal", [network.op("Sqrt", [squares])]);
    const even = network.op("Mul", [y, network.reshape(demodulation, [this.outputs, 1, 1])]);
    return this.#activated(this.#shifted(even, 1), this.#design());
  }

  #design(): Design {
    const [up, down] = ["up", "down"].map((side) => this.#weights.values(`${this.#name}.${side}_filter`));
    const [upTaps, downTaps] = [up.shape[0], down.shape[0]];
    const upFactor = this.#factor("up", this.#before.rate, upTaps);
    const downFactor = this.#factor("down", this.#after.rate, downTaps);
    const before = this.#before.size + this.#kernel - 1;
    const padding = (this.#after.size - 1) * downFactor + 1 - before * upFactor + upTaps + downTaps - 2;
    const low = Math.floor((padding + upFactor) / 2);
    const crop = upTaps - 1 - low;
    if (crop < 0 || crop !== upTaps - upFactor - (padding - low) || up.shape.length !== 1) {
      throw this.#weights.wrong(
        `${this.#name}.up_filter`,
        "is not centred, which those of the published networks are",
      );
    }
    return { up, down, upFactor, downFactor, crop, before };
  }

  /** What a filter goes up or down by: as the layer says, or as the rates and the number of taps do. */
  #factor(side: "up" | "down", rate: number, taps: number): number {
    const weights = this.#weights;
    const told = weights.number(`${this.#name}.${side}_factor`);
    if (told !== undefined) return told;
    const upsampling = weights.stated("lrelu_upsampling", COUNT) ?? UPSAMPLING;
    const each = weights.stated("filter_size", COUNT) ?? TAPS;
    const factor = (upsampling * Math.max(this.#before.rate, this.#after.rate)) / rate;
    if (taps === each * factor) return factor;
    throw weights.wrong(
      `${this.#name}.${side}_filter`,
      `has ${taps} taps, and ${each * factor} are due; a config.json beside the file may say filter_size, lrelu_upsampling and margin_size`,
    );
  }

  /** Filter up, activate, clamp, filter down: every channel by itself, as an image. */
  #activated(x: Name, design: Design): Name {
    const { up, upFactor, crop, before } = design;
    const network = this.#network;
    // √2 of the leaky ReLU, which passes positive factors, and the up² that make up for the zeros.
    const taps = scaled(up, Math.sqrt(Math.SQRT2) * upFactor);
    const count = taps.data.length;
    const images = network.channelsAsImages(x, before, before);
    const tall = this.#stretched(images, taps, [count, 1], [upFactor, 1], [crop, 0]);
    const wide = this.#stretched(tall, taps, [1, count], [1, upFactor], [0, crop]);
    const active = network.op("LeakyRelu", [wide], { alpha: float(0.2) });
    const bounded = clamped(network, active, this.#clamp());
    return network.reshape(this.#lowered(bounded, design), [
      this.outputs,
      this.#after.size,
      this.#after.size,
    ]);
  }

  #stretched(x: Name, taps: Values, kernel: number[], strides: number[], [down, across]: number[]): Name {
    const weight = this.#network.weight("up", taps, [1, 1, ...kernel]);
    const pads = ints([down, across, down, across]);
    return this.#network.op("ConvTranspose", [x, weight], {
      kernel_shape: ints(kernel),
      strides: ints(strides),
      pads,
    });
  }

  /** A filter is convolved with, the engine correlates; that of configuration R is not separable. */
  #lowered(x: Name, { down, downFactor }: Design): Name {
    const count = down.shape[0];
    if (down.shape.length === 2)
      return this.#thinned(x, flipped(down), [count, count], [downFactor, downFactor]);
    const taps = { shape: [count], data: down.data.toReversed() };
    const low = this.#thinned(x, taps, [count, 1], [downFactor, 1]);
    return this.#thinned(low, taps, [1, count], [1, downFactor]);
  }

  #thinned(x: Name, taps: Values, kernel: number[], strides: number[]): Name {
    const weight = this.#network.weight("down", taps, [1, 1, ...kernel]);
    return this.#network.op("Conv", [x, weight], { kernel_shape: ints(kernel), strides: ints(strides) });
  }
}
