// Adam: gradient descent with running means of the gradient and of its square (Kingma & Ba, ICLR 2015). It scales each
// coordinate separately, so a rotation of the coordinates changes its path.

import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import {
  type DifferentiableObjective,
  type Minimum,
  requireFinite,
  requireOptions,
  type StepOptions,
} from "./objective.ts";

/** Steps, learning rate and decay of {@link adam}. */
export interface AdamOptions extends StepOptions {
  /** Default 300. */
  readonly steps?: number | undefined;
  /** Approximate length of a step in every coordinate. Default 0.05. */
  readonly learningRate?: number | undefined;
  /** Memory of the mean of the gradient. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Memory of the mean of its square. Default 0.999. */
  readonly beta2?: number | undefined;
}

/** Keeps quotients of two vanishing means finite; a fraction of the largest gradient met, so that no scale enters. */
const EPSILON = 1e-8;

/**
 * Minimises `objective` by Adam (Kingma & Ba, ICLR 2015) and returns the best point seen; Adam has no criterion of
 * convergence.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `NOT_FINITE` at the start.
 */
export async function adam(
  objective: DifferentiableObjective,
  start: Float64Array,
  options: AdamOptions = {},
): Promise<Minimum> {
  requireKind("adam: objective", "function", objective);
  requireKind("adam: start", "numbers", start);
  const { steps = 300, learningRate = 0.05, beta1 = 0.9, beta2 = 0.999, signal, onStep } = options;
  requireOptions("adam", { steps }, { learningRate });
  requireShare("beta1", beta1);
  requireShare("beta2", beta2);
  const x = start.slice();
  const [mean, square] = [new Float64Array(x.length), new Float64Array(x.length)];
  let best = { point: start, value: Number.POSITIVE_INFINITY };
  let [step, largest] = [0, 0];
  while (step < steps) {
    signal?.throwIfAborted();
    const { value, gradient } = await objective(x);
    if (step === 0) requireFinite("adam", value, gradient);
    if (value < best.value) best = { point: x.slice(), value };
    step++;
    largest = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), largest);
    // A gradient that has always been 0 points nowhere.
    if (largest === 0) break;
    for (let i = 0; i < x.length; i++) {
      mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i];
      square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] ** 2;
      const [m, v] = [mean[i] / (1 - beta1 ** step), square[i] / (1 - beta2 ** step)];
      x[i] -= (learningRate * m) / (Math.sqrt(v) + EPSILON * largest);
    }
    if (onStep?.({ step, ...best })) break;
  }
  return { ...best, steps: step, converged: false };
}

function requireShare(name: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new VielbeinError("INVALID_ARGUMENT", `adam: ${name} must be at least 0 and below 1, got ${value}.`);
}
