// Scores of disentanglement of codes whose factors were measured.

import { dci, factorVae, lasso, mig, neighbourBatches, ridge, sap } from "@vielbein/core/disentanglement";
import { matrix } from "@vielbein/linalg";
import { columnMeans, deviations } from "./factors.mjs";

/** What `scoresOf` measures, with names for people. */
export const SCORES = {
  disentanglement: "DCI disentanglement",
  completeness: "DCI completeness",
  informativeness: "DCI informativeness",
  ridge: "DCI disentanglement, ridge",
  mig: "MIG",
  sap: "SAP",
  factorVae: "FactorVAE",
};

/**
 * Scores of codes `[n, d]` with factors `[n, m]`: DCI (by lasso, and once by ridge) and SAP learn on all rows but the
 * last `held`, and are tried on these. Codes are standardised (mean 0, deviation 1), which only SAP sees: its machines
 * penalise the intercept, too.
 */
export async function scoresOf(codes, factors, kinds, { held, votes, seed }) {
  const all = { codes: standardised(codes), factors, kinds };
  const [train, test] = split(all, held);
  const batch = neighbourBatches(all, { seed, size: Math.min(64, held) });
  const voted = await factorVae(all.codes, kinds.length, batch, {
    trainingVotes: votes,
    evaluationVotes: votes / 2,
    seed,
  });
  return {
    ...lassoScores(train, test),
    ridge: dci(train, test, { estimator: ridge() }).disentanglement,
    mig: mig(all).mig,
    sap: sap(train, test).sap,
    factorVae: voted.score,
  };
}

/** DCI by lasso alone, of which many networks can be afforded. */
export function dciScores(codes, factors, kinds, held) {
  return lassoScores(...split({ codes, factors, kinds }, held));
}

function lassoScores(train, test) {
  const { disentanglement, completeness, informativeness } = dci(train, test, { estimator: lasso() });
  return { disentanglement, completeness, informativeness: informativeness.mean };
}

function standardised({ rows, cols, data }) {
  const [means, scales] = [columnMeans({ rows, cols, data }), deviations({ rows, cols, data })];
  return matrix(
    rows,
    cols,
    Float64Array.from(data, (x, at) =>
      scales[at % cols] > 0 ? (x - means[at % cols]) / scales[at % cols] : 0,
    ),
  );
}

/** All but the last `held` rows, and those. */
function split(all, held) {
  const { rows } = all.codes;
  return [part(all, 0, rows - held), part(all, rows - held, rows)];
}

function part({ codes, factors, kinds }, first, end) {
  const cut = ({ cols, data }) => matrix(end - first, cols, data.slice(first * cols, end * cols));
  return { codes: cut(codes), factors: cut(factors), kinds };
}
