// Mixtures of Gaussians on subspaces, whose noise is known in closed form: what an ideal denoiser of them says.

import { readFileSync } from "node:fs";
import { functionMap } from "../../src/index.ts";

/** N(mean, U·diag(variances)·Uᵀ), U `[D][d]` with orthonormal columns. */
export interface Component {
  readonly weight: number;
  readonly mean: readonly number[];
  readonly basis: readonly (readonly number[])[];
  readonly variances: readonly number[];
}

/** Of tools/reference/core/flipd.py: the dimension at each level and point. */
export interface ReferenceCase {
  readonly name: string;
  readonly dim: number;
  readonly components: readonly Component[];
  readonly points: readonly (readonly number[])[];
  readonly sigmas: readonly number[];
  readonly dimension: readonly (readonly number[])[];
}

export const referenceCases: readonly ReferenceCase[] = JSON.parse(
  readFileSync(new URL("flipd.json", import.meta.url), "utf8"),
);

/** The map x ↦ n = σ·∇log p_σ(x). */
export function mixtureNoise(components: readonly Component[], sigma: number) {
  const dim = components[0]!.mean.length;
  const space = (name: string) => ({ name, dim, shape: [dim] });
  const noiseAt = (x: Float64Array): Float64Array => {
    const parts = components.map((component) => partAt(component, x, sigma));
    const largest = Math.max(...parts.map(({ logit }) => logit));
    const weights = parts.map(({ logit }) => Math.exp(logit - largest));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return x.map((value, i) => {
      const mean = parts.reduce((sum, { denoised }, k) => sum + (weights[k]! / total) * denoised[i]!, 0);
      return (mean - value) / sigma;
    });
  };
  const step = 1e-6;
  return functionMap({
    from: space("x"),
    to: space("n"),
    evaluate: noiseAt,
    jvp: (x, tangent) => {
      const at = (t: number) => noiseAt(x.map((value, i) => value + t * tangent[i]!));
      const [ahead, behind] = [at(step), at(-step)];
      return ahead.map((value, i) => (value - behind[i]!) / (2 * step));
    },
  });
}

/** The mean of x₀ if it comes from this component, and log π + log N(x; mean, UΛUᵀ + σ²I) but for a constant. */
function partAt({ weight, mean, basis, variances }: Component, x: Float64Array, sigma: number) {
  const centred = x.map((value, i) => value - mean[i]!);
  const along = variances.map((_, j) => centred.reduce((sum, c, i) => sum + c * basis[i]![j]!, 0));
  const shrunk = along.map((y, j) => (y * variances[j]!) / (variances[j]! + sigma ** 2));
  const denoised = mean.map((value, i) => value + shrunk.reduce((sum, y, j) => sum + y * basis[i]![j]!, 0));
  const square = centred.reduce((sum, c) => sum + c * c, 0);
  const inside = along.reduce((sum, y, j) => sum + y * shrunk[j]!, 0);
  const determinant =
    variances.reduce((sum, v) => sum + Math.log(v + sigma ** 2), 0) +
    (mean.length - variances.length) * Math.log(sigma ** 2);
  return { denoised, logit: Math.log(weight) - ((square - inside) / sigma ** 2 + determinant) / 2 };
}
