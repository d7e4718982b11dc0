// Adam: gradient descent with running means of the gradient and of its square (Kingma & Ba, ICLR 2015). It scales each
// coordinate by itself, so that a rotation of the coordinates changes its path.

import type { DifferentiableObjective, Minimum, StepOptions } from "./objective.ts";

export interface AdamOptions extends StepOptions {
  /** Default 300. */
  readonly steps?: number;
  /** Length of a step in every coordinate, about. Default 0.05. */
  readonly learningRate?: number;
  /** Memory of the mean of the gradient. Default 0.9. */
  readonly beta1?: number;
  /** Memory of the mean of its square. Default 0.999. */
  readonly beta2?: number;
}

/** The best point met; Adam has no criterion of convergence. */
export async function adam(
  objective: DifferentiableObjective,
  start: Float64Array,
  options: AdamOptions = {},
): Promise<Minimum> {
  const { steps = 300, learningRate = 0.05, beta1 = 0.9, beta2 = 0.999, signal, onStep } = options;
  const x = start.slice();
  const [mean, square] = [new Float64Array(x.length), new Float64Array(x.length)];
  let best = { point: start, value: Number.POSITIVE_INFINITY };
  let step = 0;
  while (step < steps) {
    signal?.throwIfAborted();
    const { value, gradient } = await objective(x);
    if (value < best.value) best = { point: x.slice(), value };
    step++;
    for (let i = 0; i < x.length; i++) {
      mean[i] = beta1 * mean[i]! + (1 - beta1) * gradient[i]!;
      square[i] = beta2 * square[i]! + (1 - beta2) * gradient[i]! ** 2;
      const [m, v] = [mean[i]! / (1 - beta1 ** step), square[i]! / (1 - beta2 ** step)];
      x[i]! -= (learningRate * m) / (Math.sqrt(v) + 1e-8);
    }
    if (onStep?.({ step, ...best })) break;
  }
  return { ...best, steps: step, converged: false };
}
