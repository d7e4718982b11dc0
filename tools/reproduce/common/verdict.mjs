// Verdicts on claims, by criteria that are stated beside them: what a claim says must be larger than what it is compared
// with beyond the 95 % interval of a bootstrap over samples, or a rank correlation have the claimed sign with p < 0.05.

import { bootstrap } from "@vielbein/core";

export const HOLDS = "holds";
export const FAILS = "does not hold";
export const OPEN = "inconclusive";

/** Whether the mean of paired differences is above 0: the opposite where the whole interval lies below. */
export function isPositive(differences, seed = 0) {
  const mean = meanOf(differences);
  const { interval } = bootstrap(
    differences.length,
    (members) => members.reduce((sum, i) => sum + differences[i], 0) / members.length,
    { seed },
  );
  return { mean, interval, verdict: verdictOf(interval, 0) };
}

/** Whether an interval lies above a bound. */
export function verdictOf([low, high], bound) {
  if (low > bound) return HOLDS;
  return high < bound ? FAILS : OPEN;
}

/** Whether a rank correlation has the sign that is claimed, significantly; the opposite if it has the other one so. */
export function hasSign({ rho, pValue }, sign) {
  if (pValue >= 0.05) return OPEN;
  return Math.sign(rho) === sign ? HOLDS : FAILS;
}

/** Of a claim in several parts: it holds if all do, and does not if one does not. */
export function allOf(verdicts) {
  if (verdicts.includes(FAILS)) return FAILS;
  return verdicts.every((verdict) => verdict === HOLDS) ? HOLDS : OPEN;
}

export function meanOf(values) {
  return Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
}

/** `12 of 14 hold, 1 does not, 1 inconclusive`. */
export function tally(verdicts) {
  const count = (kind) => verdicts.filter((verdict) => verdict === kind).length;
  return `${count(HOLDS)} of ${verdicts.length} parts hold, ${count(FAILS)} do not, ${count(OPEN)} inconclusive`;
}
