// Denoising networks as maps from data with noise, x_t = α·x₀ + σ·ε, to the data they guess, x̂₀, and to the noise: what
// a network predicts is one of several combinations of the two, and the others follow from it and x_t.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { makeNode } from "../model/attributes.ts";
import { tensorNames } from "../model/graph.ts";
import { type Graph, type Model, type Node, requiredInputs, type Tensor } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { float32Tensor, int64Tensor } from "../model/tensor.ts";
import { normalize } from "./normalize.ts";

/**
 * What networks predict: the noise ε; v = α·ε − σ·x₀ (Salimans & Ho, "Progressive Distillation for Fast Sampling of
 * Diffusion Models", ICLR 2022); the data x₀; the score ∇log p(x_t) = −ε/σ; or the velocity ε − x₀ of a rectified flow
 * (Liu, Gong & Liu, "Flow Straight and Fast", ICLR 2023).
 */
export const PREDICTIONS = ["epsilon", "v", "x0", "score", "flow"] as const;
/** One of {@link PREDICTIONS}: what a denoiser's network predicts. */
export type Prediction = (typeof PREDICTIONS)[number];

/**
 * How data fade as noise grows: not at all, α = 1, so that the variance explodes; α² = 1 − σ², so that it is preserved
 * (Song et al., "Score-Based Generative Modeling through Stochastic Differential Equations", ICLR 2021); or α = 1 − σ, as
 * on the way of a flow.
 */
export const PROCESSES = ["exploding", "preserving", "flow"] as const;
/** One of the processes by which noise is added to data. */
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

/**
 * Which tensors of a network are its noisy input and its prediction, and the level of noise: x_t = α·x₀ +
 * σ·ε.
 */
export interface DenoiserOptions {
  /** The tensor of x_t, an input. */
  readonly input: string;
  /** The tensor of what the network predicts. */
  readonly output: string;
  /** What the network predicts: the noise, the clean point, or the velocity. */
  readonly prediction: Prediction;
  /** α of x_t = α·x₀ + σ·n, at least 0. */
  readonly alpha: number;
  /** σ of x_t = α·x₀ + σ·n, above 0. */
  readonly sigma: number;
  /**
   * Of an output `[n, 2·channels, …]`, in whose second half the network puts the variances that it has learnt (Nichol &
   * Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML 2021): the channels that are the prediction.
   */
  readonly channels?: number | undefined;
}

/**
 * A network with the data that it takes for the origin of x_t as a further tensor, by {@link composeDenoiser}.
 */
export interface Denoiser {
  /** The network with the two tensors below as further outputs. */
  readonly model: Model;
  /** The tensor x̂₀. */
  readonly denoised: string;
  /** The tensor n = σ·∇log p(x_t) = (α·x̂₀ − x_t)/σ, the noise that the network sees, with its sign turned. */
  readonly noise: string;
}

/**
 * The model with x̂₀ and n as further outputs, at one level of noise.
 *
 * @throws {VielbeinError} `INVALID_SPACE` where `input` is no input, or the model has no tensor `output`; `OUT_OF_RANGE`
 *   where σ makes weights that float32 does not hold.
 */
export function composeDenoiser(original: Model, options: DenoiserOptions): Denoiser {
  requireKind("composeDenoiser: original", "model", original);
  requireKind("composeDenoiser: options", "object", options);
  const model = normalize(original);
  const { graph } = model;
  const { input, output, channels } = options;
  const declared = requiredInputs(graph).find(({ name }) => name === input);
  if (!declared || !tensorNames(graph).has(output)) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `denoiser: "${input}" must be an input of the model, and "${output}" one of its tensors.`,
    );
  }
  const sums = new WeightedSums(graph);
  const { denoised, noise } = coefficients(options);
  requireHeld([...denoised, ...noise], options);
  const predicted = channels === undefined ? output : sums.firstChannels(output, channels);
  const tensors = {
    denoised: sums.add("denoised", [input, predicted], denoised),
    noise: sums.add("noise", [input, predicted], noise),
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

  /** Returns the name of the first `count` channels of a tensor `[n, …]`. */
  firstChannels(tensor: string, count: number): string {
    const result = this.#names.claim("prediction");
    const ranges = [0, count, 1].map((value) => {
      const name = this.#names.claim("prediction/range");
      this.initializers.push(int64Tensor(name, [value]));
      return name;
    });
    this.#push("prediction", "Slice", [tensor, ...ranges], result);
    return result;
  }

  #push(part: string, opType: string, inputs: readonly string[], output: string): void {
    this.nodes.push({
      ...makeNode(opType, inputs, [output]),
      name: this.#nodeNames.claim(`denoiser/${part}`),
    });
  }
}

/** The least and the largest number that float32 holds to all its digits. */
const [LEAST, LARGEST] = [2 ** -126, (2 - 2 ** -23) * 2 ** 127];

function requireHeld(weights: readonly number[], { alpha, sigma, prediction }: DenoiserOptions): void {
  const isHeld = (x: number) => x === 0 || (Math.abs(x) >= LEAST && Math.abs(x) <= LARGEST);
  const beyond = weights.find((weight) => !isHeld(weight));
  if (beyond === undefined) return;
  throw new VielbeinError(
    "OUT_OF_RANGE",
    `denoiser: at σ = ${sigma}, α = ${alpha}, sums of x_t and ${prediction} have the weight ${beyond}, which float32 does not hold. Choose a σ that the network was trained for.`,
  );
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
