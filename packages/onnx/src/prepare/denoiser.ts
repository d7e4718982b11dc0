// Denoising networks as maps from data with noise, x_t = α·x₀ + σ·ε, to the data they guess, x̂₀, and to the noise: what
// a network predicts is one of several combinations of the two, and the others follow from it and x_t.

import { VielbeinError } from "@vielbein/core";
import { makeNode } from "../model/attributes.ts";
import { tensorNames } from "../model/graph.ts";
import { type Graph, type Model, type Node, requiredInputs, type Tensor } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { float32Tensor } from "../model/tensor.ts";
import { normalize } from "./normalize.ts";

/**
 * What networks predict: the noise ε; v = α·ε − σ·x₀ (Salimans & Ho, "Progressive Distillation for Fast Sampling of
 * Diffusion Models", ICLR 2022); the data x₀; the score ∇log p(x_t) = −ε/σ; or the velocity ε − x₀ of a rectified flow
 * (Liu, Gong & Liu, "Flow Straight and Fast", ICLR 2023).
 */
export const PREDICTIONS = ["epsilon", "v", "x0", "score", "flow"] as const;
export type Prediction = (typeof PREDICTIONS)[number];

/**
 * How data fade as noise grows: not at all, α = 1, so that the variance explodes; α² = 1 − σ², so that it is preserved
 * (Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations", ICLR 2021); or α = 1 − σ, as
 * on the way of a flow.
 */
export const PROCESSES = ["exploding", "preserving", "flow"] as const;
export type NoiseProcess = (typeof PROCESSES)[number];

/**
 * α at a level of noise.
 *
 * @throws {VielbeinError} `OUT_OF_RANGE` for σ that the process does not reach before the data are gone.
 */
export function signalLevel(process: NoiseProcess, sigma: number): number {
  const most = process === "exploding" ? Number.POSITIVE_INFINITY : 1;
  if (!(sigma > 0 && sigma < most)) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `σ must be positive${most === 1 ? " and below 1, where the process has no data left" : " and finite"}, got ${sigma} (process ${process}).`,
    );
  }
  if (process === "exploding") return 1;
  return process === "preserving" ? Math.sqrt(1 - sigma * sigma) : 1 - sigma;
}

export interface DenoiserOptions {
  /** The tensor of x_t, an input. */
  readonly input: string;
  /** The tensor of what the network predicts. */
  readonly output: string;
  readonly prediction: Prediction;
  readonly alpha: number;
  readonly sigma: number;
}

export interface Denoiser {
  readonly model: Model;
  /** The tensor x̂₀. */
  readonly denoised: string;
  /** The tensor n = σ·∇log p(x_t) = (α·x̂₀ − x_t)/σ, the noise that the network sees, with its sign turned. */
  readonly noise: string;
}

/**
 * The model with x̂₀ and n as further outputs, at one level of noise.
 *
 * @throws {VielbeinError} `INVALID_SPACE` where `input` is no input, or the model has no tensor `output`.
 */
export function composeDenoiser(original: Model, options: DenoiserOptions): Denoiser {
  const model = normalize(original);
  const { graph } = model;
  const { input, output } = options;
  const declared = requiredInputs(graph).find(({ name }) => name === input);
  if (!declared || !tensorNames(graph).has(output)) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `denoiser: "${input}" must be an input of the model, and "${output}" one of its tensors.`,
    );
  }
  const sums = new WeightedSums(graph);
  const { denoised, noise } = coefficients(options);
  const tensors = {
    denoised: sums.add("denoised", [input, output], denoised),
    noise: sums.add("noise", [input, output], noise),
  };
  const outputs = Object.values(tensors).map((name) => ({ ...declared, name }));
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        nodes: [...graph.nodes, ...sums.nodes],
        initializers: [...graph.initializers, ...sums.initializers],
        outputs: [...graph.outputs, ...outputs],
      },
    },
    ...tensors,
  };
}

/** Sums of tensors of a graph with constant weights. */
class WeightedSums {
  readonly nodes: Node[] = [];
  readonly initializers: Tensor[] = [];
  readonly #names: NameSupply;
  readonly #nodeNames: NameSupply;

  constructor(graph: Graph) {
    this.#names = new NameSupply(tensorNames(graph));
    this.#nodeNames = new NameSupply(graph.nodes.map(({ name }) => name));
  }

  /** Returns the name of the sum, `wish` where that is free. */
  add(wish: string, tensors: readonly string[], weights: readonly number[]): string {
    const result = this.#names.claim(wish);
    const present = tensors.filter((_, i) => weights[i] !== 0);
    const factors = weights.filter((weight) => weight !== 0);
    const products = present.length === 1 ? [result] : present.map(() => this.#names.claim(`${wish}/term`));
    for (const [i, tensor] of present.entries()) {
      const factor = this.#names.claim(`${wish}/weight`);
      this.initializers.push(float32Tensor(factor, [factors[i]], []));
      this.#push(wish, "Mul", [tensor, factor], products[i]);
    }
    if (products.length > 1) this.#push(wish, "Add", products, result);
    return result;
  }

  #push(part: string, opType: string, inputs: readonly string[], output: string): void {
    this.nodes.push({
      ...makeNode(opType, inputs, [output]),
      name: this.#nodeNames.claim(`denoiser/${part}`),
    });
  }
}

/** What x_t and the prediction are multiplied by in the sums that make x̂₀ and n. */
interface Coefficients {
  readonly denoised: readonly [ofInput: number, ofOutput: number];
  readonly noise: readonly [ofInput: number, ofOutput: number];
}

function coefficients({ prediction, alpha: a, sigma: s }: DenoiserOptions): Coefficients {
  const power = a * a + s * s;
  const table: Readonly<Record<Prediction, Coefficients>> = {
    epsilon: { denoised: [1 / a, -s / a], noise: [0, -1] },
    v: { denoised: [a / power, -s / power], noise: [-s / power, -a / power] },
    x0: { denoised: [0, 1], noise: [-1 / s, a / s] },
    score: { denoised: [1 / a, (s * s) / a], noise: [0, s] },
    flow: { denoised: [1 / (a + s), -s / (a + s)], noise: [-1 / (a + s), -a / (a + s)] },
  };
  return table[prediction];
}
