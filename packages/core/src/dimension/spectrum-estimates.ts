// Statistics of a spectrum of which the leading part is known and the rest was sampled: estimates, with intervals that
// hold the true value in 95 of 100 draws of the random vectors. With λᵢ = σᵢ²/σ₁²,
//
//   Σ f(λᵢ) ≈ Σ_{i≤k} f(λᵢ) + (total − k)·mean over the probes of ∫ f,
//
// where ∫ f is exact by quadrature for Σλ and Σλ². For Σ λ·log λ, and for numbers of values above a threshold, two
// rules bound it from both sides, and the interval takes both in (Golub & Meurant, "Matrices, Moments and Quadrature",
// 2010, ch. 6; Chebyshev, Markov & Stieltjes for the numbers).

import { requireKind } from "../requirements.ts";
import { jackknife } from "../statistics/jackknife.ts";
import { gaussRule, type QuadratureRule, radauRule } from "./lanczos-quadrature.ts";
import type { SampledSpectrum } from "./sampled-spectrum.ts";

/** A number that random vectors estimate. */
export interface Estimate {
  /** The estimate, in the units of what is estimated. */
  readonly value: number;
  /** Ends of the 95 % interval. */
  readonly interval: readonly [number, number];
}

/** The statistics of {@link SpectrumStatistics} that a sampled spectrum determines, of λ = σ². */
export interface SpectrumEstimates {
  /** Σλ = ‖J‖², by Hutchinson's estimator. */
  readonly trace: Estimate;
  /** Share of the leading values found in it. */
  readonly leadingShare: Estimate;
  /** (Σλ)²/Σλ². */
  readonly participationRatio: Estimate;
  /** exp of the entropy of the shares. */
  readonly effectiveRank: Estimate;
  /** Σλ/λ₁. */
  readonly stableRank: Estimate;
}

/** Means over the spectrum of what is not leading, less its size: [λ, λ², λ·log λ from below, from above]. */
type Moments = Float64Array;

/** All estimates; 0 throughout where the derivative is 0. */
export function spectrumEstimates(sampled: SampledSpectrum): SpectrumEstimates {
  requireKind("spectrumEstimates: sampled", "sampledSpectrum", sampled);
  const [first] = sampled.leading;
  if (first === 0) {
    const nothing = exactly(0);
    return {
      trace: nothing,
      leadingShare: nothing,
      participationRatio: nothing,
      effectiveRank: nothing,
      stableRank: nothing,
    };
  }
  const known = leadingMoments(sampled);
  const members = probeMoments(sampled);
  const all = (mean: Moments, i: number): number => known[i] + mean[i];
  const estimate = (statistic: (mean: Moments) => number, most: number): Estimate =>
    within(estimateOf(members, statistic), 1, most);
  const stableRank = estimate((mean) => all(mean, 0), sampled.total);
  const scaled = (factor: number): Estimate => ({
    value: factor * stableRank.value,
    interval: [factor * stableRank.interval[0], factor * stableRank.interval[1]],
  });
  return {
    trace: scaled(first * first),
    leadingShare: inverse(stableRank, known[0]),
    participationRatio: estimate((mean) => all(mean, 0) ** 2 / all(mean, 1), sampled.total),
    effectiveRank: effectiveRankOf(all, members, sampled.total),
    stableRank,
  };
}

/**
 * How many singular values exceed `threshold`·σ₁. Where the leading ones go further down than that, they are counted
 * and nothing is estimated.
 *
 * @param threshold at least 0.
 */
export function estimateCount(sampled: SampledSpectrum, threshold: number): Estimate {
  requireKind("estimateCount: sampled", "sampledSpectrum", sampled);
  const { leading, total, diagonal } = sampled;
  const found = leading.filter((sigma) => sigma > threshold * leading[0]).length;
  if (found < leading.length || found === total) return exactly(found);
  const rest = total - found;
  const bounds = Array.from({ length: diagonal.rows }, (_, row) =>
    massAbove(gaussRule(sampled, row), threshold ** 2),
  );
  const [low, high] = [0, 1].map((side) => jackknife(bounds, (mean) => mean[side]));
  return within(
    {
      value: found + (rest * (low.value + high.value)) / 2,
      interval: [found + rest * (low.value - low.margin), found + rest * (high.value + high.margin)],
    },
    found,
    total,
  );
}

/** Bounds of the mass beyond λ: without the node next above it, and with the one next below. */
function massAbove({ nodes, weights }: QuadratureRule, lambda: number): Float64Array {
  const above = nodes.filter((node) => node > lambda).length;
  const mass = (count: number): number => weights.subarray(0, count).reduce((sum, w) => sum + w, 0);
  return Float64Array.of(mass(Math.max(0, above - 1)), mass(above + 1));
}

function leadingMoments({ leading, residuals }: SampledSpectrum): Moments {
  const lambda = leading.map((sigma) => (sigma / leading[0]) ** 2);
  const sum = (f: (x: number) => number): number => lambda.reduce((total, x) => total + f(x), 0);
  const entropy = sum(entropyTerm);
  // Of vectors that are not quite eigenvectors, what of G·v leaves their space counts in Σλ², on both sides of it.
  const outside = residuals.reduce((total, residual) => total + 2 * residual * residual, 0);
  return Float64Array.of(
    sum((x) => x),
    sum((x) => x * x) + outside,
    entropy,
    entropy,
  );
}

function probeMoments(sampled: SampledSpectrum): Moments[] {
  const rest = sampled.total - sampled.leading.length;
  return Array.from({ length: sampled.diagonal.rows }, (_, row) => {
    const [gauss, radau] = [gaussRule(sampled, row), radauRule(sampled, row)];
    return Float64Array.of(
      rest * integral(gauss, (x) => x),
      rest * integral(gauss, (x) => x * x),
      rest * integral(gauss, entropyTerm),
      rest * integral(radau, entropyTerm),
    );
  });
}

function integral({ nodes, weights }: QuadratureRule, f: (x: number) => number): number {
  return nodes.reduce((sum, node, i) => sum + weights[i] * f(node), 0);
}

function entropyTerm(x: number): number {
  return x > 0 ? x * Math.log(x) : 0;
}

/** exp H, H = log Σλ − Σλ·log λ/Σλ: the more Σλ·log λ, the less. */
function effectiveRankOf(
  all: (mean: Moments, i: number) => number,
  members: readonly Moments[],
  most: number,
): Estimate {
  const [high, low] = [2, 3].map((i) =>
    estimateOf(members, (mean) => all(mean, 0) * Math.exp(-all(mean, i) / all(mean, 0))),
  );
  return within(
    { value: (low.value + high.value) / 2, interval: [low.interval[0], high.interval[1]] },
    1,
    most,
  );
}

/** Of a positive statistic, on a logarithmic scale, on which its scatter is more nearly normal. */
function estimateOf(members: readonly Moments[], statistic: (mean: Moments) => number): Estimate {
  const { value, margin } = jackknife(members, (mean) => Math.log(statistic(mean)));
  return { value: Math.exp(value), interval: [Math.exp(value - margin), Math.exp(value + margin)] };
}

function inverse({ value, interval: [low, high] }: Estimate, numerator: number): Estimate {
  const share = (x: number): number => Math.min(1, numerator / x);
  return { value: share(value), interval: [share(high), share(low)] };
}

function within({ value, interval: [low, high] }: Estimate, least: number, most: number): Estimate {
  const clamp = (x: number): number => Math.min(most, Math.max(least, x));
  return { value: clamp(value), interval: [clamp(low), clamp(high)] };
}

function exactly(value: number): Estimate {
  return { value, interval: [value, value] };
}
