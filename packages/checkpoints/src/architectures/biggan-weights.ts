// What of a BigGAN's tensors is constant after training.

import { POSITIVE, type Weights } from "../build/weights.ts";
import { scaled } from "../tensors/arrays.ts";
import type { Values } from "../tensors/tensor.ts";

/** Of the published configurations. */
const EPSILON = 1e-4;

/** Weights over their largest singular value, as uᵀWv of the vectors in the checkpoint has it. */
export function spectral(weights: Weights, name: string): Values {
  const weight = weights.values(`${name}.weight_orig`);
  const [u, v] = ["u", "v"].map((side) => weights.values(`${name}.weight_${side}`, 1).data);
  if (u.length * v.length !== weight.data.length)
    throw weights.wrong(`${name}.weight_u`, "does not fit the weights");
  let sigma = 0;
  for (let i = 0; i < u.length; i++) {
    let sum = 0;
    for (let j = 0; j < v.length; j++) sum += weight.data[i * v.length + j] * v[j];
    sigma += u[i] * sum;
  }
  return scaled(weight, 1 / sigma);
}

/** Mean and standard deviation for a truncation; between two tabulated ones, weighted as the original code does. */
export function statistics(
  weights: Weights,
  name: string,
  truncation: number,
): { mean: Float64Array; deviation: Float64Array } {
  const [means, variances] = ["means", "vars"].map((part) => weights.values(`${name}.running_${part}`, 2));
  const [count, channels] = means.shape;
  const place = truncation / (1 / (count - 1));
  const index = Math.floor(place);
  const share = place - index;
  const epsilon = weights.config("eps", POSITIVE) ?? EPSILON;
  const between = ({ data }: Values): Float64Array =>
    Float64Array.from({ length: channels }, (_, c) => {
      const at = data[index * channels + c];
      // Rounding may put 1 a little behind the last.
      return share === 0 || index === count - 1
        ? at
        : share * at + (1 - share) * data[(index + 1) * channels + c];
    });
  return { mean: between(means), deviation: between(variances).map((x) => Math.sqrt(x + epsilon)) };
}
