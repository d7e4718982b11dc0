// Rank correlation between networks at equal depth: layers of one network are in order and not exchangeable, networks
// are.

import { uniform } from "@vielbein/linalg";
import { RESAMPLES } from "./verdict.mjs";

/** Ranks less their mean, equal values having the mean of theirs. */
function centredRanks(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((x) => (sorted.indexOf(x) + sorted.lastIndexOf(x) - (values.length - 1)) / 2);
}

/**
 * Spearman's ρ of x and y `[layers][networks]`, ranked within each layer, over all layers together, with p-values that
 * come from permutations of the networks, the same in every layer. Constant layers count for nothing.
 */
export function correlationAtEqualDepth(x, y, { permutations = RESAMPLES, seed = 0 } = {}) {
  const [a, b] = [x.map(centredRanks), y.map(centredRanks)];
  const networks = a[0].length;
  const product = (p, q, order) =>
    p.reduce((sum, row, layer) => sum + row.reduce((s, value, n) => s + value * q[layer][order[n]], 0), 0);
  const own = Array.from({ length: networks }, (_, n) => n);
  const scale = Math.sqrt(product(a, a, own) * product(b, b, own));
  const observed = product(a, b, own);
  const draws = Array.from({ length: permutations }, (_, p) =>
    product(a, b, shuffled(own, uniform(seed, p, networks))),
  );
  const share = (beyond) => Math.min(1, (2 * (1 + draws.filter(beyond).length)) / (permutations + 1));
  return {
    rho: scale > 0 ? observed / scale : Number.NaN,
    pNegative: share((t) => t <= observed),
    pPositive: share((t) => t >= observed),
  };
}

/** Fisher and Yates. */
function shuffled(values, draws) {
  const result = values.slice();
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(draws[i] * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
