// Verdicts on claims, by criteria that are stated beside them. Every part of a claim is tested both ways: `pHolds` is
// the p-value of the evidence for it, `pFails` that of the evidence for its opposite.

import { bootstrapValues, intervalOf } from "@vielbein/core/statistics";

export const HOLDS = "holds";
export const FAILS = "does not hold";
export const OPEN = "inconclusive";

const LEVEL = 0.05;

/**
 * Draws of a bootstrap or permutations: the least p-value, 2/10,001, is small enough for the data to decide of many
 * claims.
 */
export const RESAMPLES = 10_000;

/**
 * Whether a statistic of `count` members lies above a bound: p-values are two-sided, twice the share of the resamples
 * beyond the bound. `clusters`: members that share a network or a code, drawn together.
 */
export function tested(count, statistic, { bound = 0, resamples = RESAMPLES, ...options } = {}) {
  const values = bootstrapValues(count, statistic, { resamples, ...options });
  const share = (beyond) => Math.min(1, (2 * (1 + values.filter(beyond).length)) / (values.length + 1));
  return judged({
    value: statistic(Int32Array.from({ length: count }, (_, i) => i)),
    interval: intervalOf(values),
    pHolds: share((x) => !(x > bound)),
    pFails: share((x) => !(x < bound)),
  });
}

/** Whether the mean of paired differences is above 0. */
export function isPositive(differences, options) {
  const mean = (members) => {
    let sum = 0;
    for (const i of members) sum += differences[i];
    return sum / members.length;
  };
  return tested(differences.length, mean, options);
}

/** Whether a value lies above draws of a null: the share of the draws as high, the value itself counted; one-sided. */
export function isAbove(value, draws) {
  const share = (beyond) => (1 + draws.filter(beyond).length) / (1 + draws.length);
  return judged({ value, pHolds: share((x) => x >= value), pFails: share((x) => x <= value) });
}

/** The verdict that goes with the p-values. */
export function judged(part) {
  return { ...part, ...verdictOf(part.pHolds, part.pFails) };
}

/**
 * A claim in several parts: it holds if all do, for which the largest p-value stands, and does not if one does not, for
 * which the least does, times the number of parts.
 */
export function allOf(parts) {
  const pHolds = Math.max(...parts.map((part) => part.pHolds));
  const pFails = Math.min(1, parts.length * Math.min(...parts.map((part) => part.pFails)));
  return { pHolds, pFails, ...verdictOf(pHolds, pFails) };
}

function verdictOf(pHolds, pFails) {
  const verdict = pHolds < LEVEL ? HOLDS : pFails < LEVEL ? FAILS : OPEN;
  return { verdict, pValue: Math.min(pHolds, pFails) };
}

/** What no test can decide here; it counts for no correction. */
export const UNTESTED = { verdict: OPEN, pValue: undefined };

/** p-values corrected for their number (Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979). */
export function holm(pValues) {
  const order = [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b]);
  const corrected = [];
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]));
    corrected[i] = largest;
  });
  return corrected;
}

/**
 * Claims with their p-values corrected for all of them: the verdict is what that leaves, `alone` what it would be
 * without.
 */
export function corrected(claims) {
  const counted = claims.filter(({ pValue }) => pValue !== undefined);
  const values = new Map(holm(counted.map(({ pValue }) => pValue)).map((p, k) => [counted[k], p]));
  return claims.map((claim) => {
    const holmValue = values.get(claim);
    return { ...claim, holmValue, alone: claim.verdict, verdict: holmValue < LEVEL ? claim.verdict : OPEN };
  });
}

export function meanOf(values) {
  return Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
}

/** `12 of 14 parts hold, 1 do not, 1 inconclusive`. */
export function tally(parts) {
  const count = (kind) => parts.filter(({ verdict }) => verdict === kind).length;
  return `${count(HOLDS)} of ${parts.length} parts hold, ${count(FAILS)} do not, ${count(OPEN)} inconclusive`;
}

/** `0.012`, `< 0.001`, or a dash. */
export function probability(value) {
  if (value === undefined) return "–";
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

/** `0.157 (0.131 to 0.182)`. */
export function withInterval({ value, interval }, digits) {
  return `${value.toFixed(digits)} (${interval.map((x) => x.toFixed(digits)).join(" to ")})`;
}
