// The claims about the layers of a mapping network, and their verdicts.

import { SCORES } from "../common/scores.mjs";
import { allOf, isPositive, judged, tally, tested, UNTESTED } from "../common/verdict.mjs";

const SEED = 2;

/** `correlations` of Distortion over the layers of the trained network, and between untrained ones at equal depth. */
export function layerClaims(world, layers, { trained, untrained }, networks) {
  const shown = (key) =>
    `${SCORES[key] ?? key}: ${rhoOf(trained[key])}, of depth ${rhoOf(trained[key], "ofDepth")}`;
  const others = ["ridge", "mig", "sap", "factorVae"];
  const undecided = `none: depth orders the layers, and ${layers.length} of one network cannot tell Distortion from it; it would take several trained networks`;
  const dim = world.mapping.to.dim;
  const lower = layers.map((layer) => lowerThanUntrained(layer, networks));
  const half = isPositive(
    layers
      .at(-1)
      .dimensions.filter(Number.isFinite)
      .map((x) => dim / 2 - x),
  );
  const less = fewerDimensions(layers.at(-1), networks);
  const between = untrained.disentanglement;
  return [
    {
      claim: "The smaller the Distortion of a layer, the better its codes are disentangled (DCI)",
      criterion: undecided,
      ...UNTESTED,
      evidence: `Distortion and depth: ${rhoOf(trained.depth)}; Distortion and ${shown("disentanglement")}`,
    },
    {
      claim: "The same by other scores: DCI by ridge, MIG, SAP and FactorVAE",
      criterion: "none, likewise",
      ...UNTESTED,
      evidence: others.map(shown).join("; "),
    },
    {
      claim: "The smaller the Distortion of a layer, the better one global basis fits all its points",
      criterion: "none, likewise",
      ...UNTESTED,
      evidence: shown("incompatibility"),
    },
    {
      claim: "Control: the relation of Distortion and DCI is learnt, untrained networks do not have it",
      criterion: `ρ of Distortion and DCI between ${networks} untrained networks at equal depth: it does not hold if ρ is below 0 with p < 0.05 by permutations of the networks, and holds if it is above`,
      // A correlation without significance may be there unseen.
      ...(between ? judged({ pHolds: between.pPositive, pFails: between.pNegative }) : UNTESTED),
      evidence: `untrained ${SCORES.disentanglement}: ${rhoOf(between)}`,
    },
    {
      claim: "Control: low Distortion is learnt, at every layer below that of untrained networks",
      criterion:
        "95 % interval of untrained Distortion / trained Distortion above 1 at every layer, for the same pairs; networks are resampled",
      ...allOf(lower),
      evidence: tally(lower),
    },
    {
      claim: "The local dimension of W is well below the number of its coordinates",
      criterion: `mean below ${dim / 2}, half of ${dim}, 95 % interval`,
      ...half,
      evidence: `mean ${(dim / 2 - half.value).toFixed(1)}`,
    },
    {
      claim: "Control: the low dimension is learnt, lower than in untrained networks",
      criterion: "mean difference at the same z above 0, 95 % interval; networks are resampled",
      ...less,
      evidence: `lower by ${less.value.toFixed(1)} (${less.interval.map((x) => x.toFixed(1)).join(" to ")})`,
    },
  ];
}

function rhoOf(found, key = "rho") {
  return found ? `ρ = ${found[key].toFixed(2)}` : "too few layers";
}

/** Whether untrained Distortion exceeds that of the trained layer, for pairs where both are known. */
function lowerThanUntrained({ distances, untrained }, networks) {
  const known = [...distances.keys()].filter((i) =>
    [distances[i], untrained.distances[i]].every(({ random, near }) => random && near),
  );
  if (known.length === 0) return judged({ pHolds: 1, pFails: 1 });
  const ratio = (samples, members) => {
    const sum = (side) => members.reduce((total, m) => total + samples[known[m]][side].distance, 0);
    return sum("random") / sum("near");
  };
  const statistic = (members) => ratio(untrained.distances, members) / ratio(distances, members);
  const clusters = known.map((i) => i % networks);
  return tested(known.length, statistic, { bound: 1, seed: SEED, clusters });
}

function fewerDimensions({ dimensions, untrained }, networks) {
  const known = [...dimensions.keys()].filter(
    (i) => Number.isFinite(dimensions[i]) && Number.isFinite(untrained.dimensions[i]),
  );
  return isPositive(
    known.map((i) => untrained.dimensions[i] - dimensions[i]),
    { seed: SEED, clusters: known.map((i) => i % networks) },
  );
}
