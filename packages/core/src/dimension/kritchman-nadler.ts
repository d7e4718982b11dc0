// How many eigenvalues of a sample covariance stand out of noise: the sequential test of Kritchman & Nadler
// ("Determining the number of components in a factor model from limited noisy data", Chemometrics and Intelligent
// Laboratory Systems 94, 2008). The k-th eigenvalue is signal if it exceeds what the largest of q = p − k pure noise
// eigenvalues reaches once in 100/α times, by the Tracy–Widom law with Johnstone's centring and scaling in the
// corrected form of Ma (Bernoulli 18, 2012):
//
//   μ = (√(n−½) + √(q−½))²,   τ = √μ·(1/√(n−½) + 1/√(q−½))^{1/3},   n·ℓ_k > σ̂²_k·(μ + s(α)·τ).

import { VielbeinError } from "../errors.ts";
import { requireInteger, requireKind } from "../requirements.ts";

/** The level of the tests of {@link kritchmanNadler}. */
export interface KritchmanNadlerOptions {
  /** Level of each test in percent, above 0 and below 14.1, where the approximation of the tail ends. Default 0.5. */
  readonly alpha?: number | undefined;
}

/** The test of one eigenvalue. */
export interface NoiseTest {
  /** μ, τ: centre and scale of n·ℓ/σ² for the largest noise eigenvalue. */
  readonly centre: number;
  /** τ, the scale that belongs to `centre`. */
  readonly scale: number;
  /** σ̂², the noise level if k eigenvalues are signal. */
  readonly noise: number;
  /** ℓ_k must exceed this: σ̂²·(μ + s·τ)/n. */
  readonly threshold: number;
  /** Whether ℓ_k exceeds the threshold: then it is signal. */
  readonly passed: boolean;
}

/** How many eigenvalues of a covariance stand out of the noise, with the tests that say so. */
export interface KritchmanNadler {
  /** K: eigenvalues that stand out, from 0 to min(n, p) − 1. */
  readonly rank: number;
  /** σ̂²: mean noise eigenvalue given K. */
  readonly noise: number;
  /** Tests of ℓ₁, ℓ₂, … up to the first that failed. */
  readonly tests: readonly NoiseTest[];
}

/**
 * The number of signal directions among p variables in white noise, from n real samples.
 *
 * @param eigenvalues ℓ₁ ≥ … ≥ ℓ_p ≥ 0 of the covariance (sum of squares divided by n), p ≥ 1.
 * @param n number of samples, at least 1.
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function kritchmanNadler(
  eigenvalues: ArrayLike<number>,
  n: number,
  options: KritchmanNadlerOptions = {},
): KritchmanNadler {
  requireKind("kritchmanNadler: eigenvalues", "numbers", eigenvalues);
  requireDescending("kritchmanNadler: eigenvalues", eigenvalues);
  // Relative to the first, so that sums neither overflow nor vanish; a spectrum of zeros stays as it is.
  const unit = eigenvalues[0] || 1;
  const ell = Float64Array.from(eigenvalues, (value) => value / unit);
  requireInteger("kritchmanNadler: n", n, 1);
  const s = tracyWidomQuantile(options.alpha ?? 0.5);
  const p = ell.length;
  const tests: NoiseTest[] = [];
  for (let k = 1; k <= Math.min(n, p) - 1; k++) {
    const [a, b] = [Math.sqrt(n - 0.5), Math.sqrt(p - k - 0.5)];
    const centre = (a + b) ** 2;
    const scale = Math.sqrt(centre) * Math.cbrt(1 / a + 1 / b);
    const noise = noiseLevel(ell, n, k);
    const threshold = (noise * (centre + s * scale)) / n;
    const passed = ell[k - 1] > threshold;
    tests.push({ centre, scale, noise: unit * noise, threshold: unit * threshold, passed });
    if (!passed) break;
  }
  const rank = tests.filter((test) => test.passed).length;
  const noise = rank === 0 ? (unit * sum(ell)) / p : tests[rank - 1].noise;
  return { rank, noise, tests };
}

/**
 * s(α) with P(TW₁ > s) ≈ α %, from the leading term of the tail, e^{−⅔s^{3/2}}/(4√π·s^{3/2}), without its power.
 *
 * @param alpha in percent.
 */
function tracyWidomQuantile(alpha: number): number {
  const logarithm = Math.log((4 * Math.sqrt(Math.PI) * alpha) / 100);
  if (!(alpha > 0 && logarithm < 0)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `kritchmanNadler: alpha is in percent, above 0 and below 14.1, got ${alpha}. 0.5 is usual.`,
    );
  }
  return (-1.5 * logarithm) ** (2 / 3);
}

const ITERATIONS = 30;
const TOLERANCE = 1e-5;

/** σ̂² if the first k eigenvalues are signal, whose upward bias by the noise counts as noise too. */
function noiseLevel(ell: Float64Array, n: number, k: number): number {
  const p = ell.length;
  const tail = sum(ell.subarray(k));
  const share = (p - k) / n;
  let noise = tail / ((p - k) * (1 - k / n));
  for (let i = 0; i < ITERATIONS; i++) {
    let bias = 0;
    for (let j = 0; j < k; j++) {
      const t = ell[j] + noise - share * noise;
      const discriminant = t * t - 4 * ell[j] * noise;
      if (discriminant < 0) return noise;
      bias += Math.max(ell[j] - (t + Math.sqrt(discriminant)) / 2, 0);
    }
    const next = (tail + bias) / (p - k);
    if (Math.abs(next - noise) <= TOLERANCE * noise) return noise;
    noise = next;
  }
  return noise;
}

/** Checks that `values` are finite, non-negative and descending, and at least one. */
export function requireDescending(what: string, values: ArrayLike<number>): void {
  let previous = Number.MAX_VALUE;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value >= 0 && value <= previous)) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `${what} must be finite, non-negative and descending, got ${value} at ${i}${i > 0 ? ` after ${previous}` : ""}. Sort them first.`,
      );
    }
    previous = value;
  }
  if (values.length === 0) {
    throw new VielbeinError("INVALID_ARGUMENT", `${what}: at least one is needed, got none.`);
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, x) => total + x, 0);
}
