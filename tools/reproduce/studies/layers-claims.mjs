// The claims about the layers of a mapping network, and their verdicts.

import { SCORES } from "../common/scores.mjs";
import { allOf, FAILS, HOLDS, hasSign, isPositive, OPEN, tally } from "../common/verdict.mjs";

/** `correlations` of Distortion over the layers, in the trained network and in untrained ones. */
export function layerClaims(world, layers, { trained, untrained }) {
  const signed = (key, sign) => (trained[key] ? hasSign(trained[key], sign) : OPEN);
  const shown = (key, { [key]: found } = trained) =>
    found
      ? `${SCORES[key] ?? key}: ρ = ${found.rho.toFixed(2)}, p ${probability(found.pValue)}`
      : `${SCORES[key] ?? key}: too few layers`;
  const others = ["ridge", "mig", "sap", "factorVae"];
  const last = layers.at(-1);
  const dim = world.mapping.to.dim;
  const lower = layers.map(({ distortion, untrained }) => disjoint(distortion, untrained.distortion));
  const finite = last.dimensions.flatMap((x, i) => {
    const y = last.untrained.dimensions[i];
    return Number.isNaN(x) || Number.isNaN(y) ? [] : [[x, y]];
  });
  const half = isPositive(finite.map(([x]) => dim / 2 - x));
  const less = isPositive(finite.map(([x, y]) => y - x));
  return [
    {
      claim: "The smaller the Distortion of a layer, the better its codes are disentangled (DCI)",
      criterion: "Spearman's ρ < 0 over the layers, exact p < 0.05",
      verdict: signed("disentanglement", -1),
      evidence: shown("disentanglement"),
    },
    {
      claim: "The same by other scores: DCI by ridge, MIG, SAP and FactorVAE",
      criterion: "the same for each",
      verdict: allOf(others.map((key) => signed(key, -1))),
      evidence: others.map((key) => shown(key)).join("; "),
    },
    {
      claim: "The smaller the Distortion of a layer, the better one global basis fits all its points",
      criterion: "Spearman's ρ > 0 of Distortion and incompatibility, exact p < 0.05",
      verdict: signed("incompatibility", 1),
      evidence: shown("incompatibility"),
    },
    {
      claim: "Control: the relation of Distortion and DCI is learnt, untrained networks do not have it",
      criterion:
        "ρ of untrained networks not below 0: it does not hold if theirs is, with exact p < 0.05, and holds if theirs is above",
      verdict: untrained.disentanglement ? absent(untrained.disentanglement) : OPEN,
      evidence: `untrained ${shown("disentanglement", untrained)}`,
    },
    {
      claim: "Control: low Distortion is learnt, at every layer below that of untrained networks",
      criterion: "95 % intervals of trained and untrained Distortion apart at every layer",
      verdict: allOf(lower),
      evidence: tally(lower),
    },
    {
      claim: "The local dimension of W is well below the number of its coordinates",
      criterion: `mean below ${dim / 2}, half of ${dim}, 95 % interval`,
      verdict: half.verdict,
      evidence: `mean ${(dim / 2 - half.mean).toFixed(1)}`,
    },
    {
      claim: "Control: the low dimension is learnt, lower than in untrained networks",
      criterion: "mean difference at the same z above 0, 95 % interval",
      verdict: less.verdict,
      evidence: `lower by ${less.mean.toFixed(1)} (${less.interval.map((x) => x.toFixed(1)).join(" to ")})`,
    },
  ];
}

/** Whether a negative correlation is absent; one without significance may be there unseen. */
function absent(correlation) {
  const found = hasSign(correlation, -1);
  if (found === HOLDS) return FAILS;
  return found === FAILS ? HOLDS : OPEN;
}

function disjoint(trained, untrained) {
  if (!trained.interval || !untrained.interval) return OPEN;
  if (trained.interval[1] < untrained.interval[0]) return HOLDS;
  return trained.interval[0] > untrained.interval[1] ? FAILS : OPEN;
}

/** `= 0.012` or `< 0.001`. */
export function probability(value) {
  return value < 0.0005 ? "< 0.001" : `= ${value.toFixed(3)}`;
}
