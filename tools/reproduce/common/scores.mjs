// Scores of disentanglement of codes whose factors were measured.

import { dci, factorVae, lasso, mig, neighbourBatches, ridge, sap } from "@vielbein/core";
import { matrix } from "@vielbein/linalg";
import { deviations } from "./factors.mjs";

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
 * Scores of codes `[n, d]` with factors `[n, m]`: DCI (by lasso, and once by ridge) and SAP learn on all rows but the last `held`, and are
 * tried on these. Codes are standardised, which only SAP sees.
 */
export async function scoresOf(codes, factors, kinds, { held, votes, seed }) {
  const all = { codes: standardised(codes), factors, kinds };
  const [train, test] = [part(all, 0, codes.rows - held), part(all, codes.rows - held, codes.rows)];
  const learnt = dci(train, test, { estimator: lasso() });
  const batch = neighbourBatches(all, { seed, size: Math.min(64, held) });
  const voted = await factorVae(all.codes, kinds.length, batch, {
    trainingVotes: votes,
    evaluationVotes: votes / 2,
    seed,
  });
  return {
    disentanglement: learnt.disentanglement,
    completeness: learnt.completeness,
    informativeness: learnt.informativeness.mean,
    ridge: dci(train, test, { estimator: ridge() }).disentanglement,
    mig: mig(all).mig,
    sap: sap(train, test).sap,
    factorVae: voted.score,
  };
}

function standardised({ rows, cols, data }) {
  const scales = deviations({ rows, cols, data });
  return matrix(
    rows,
    cols,
    Float64Array.from(data, (x, at) => (scales[at % cols] > 0 ? x / scales[at % cols] : 0)),
  );
}

function part({ codes, factors, kinds }, first, end) {
  const cut = ({ cols, data }) => matrix(end - first, cols, data.slice(first * cols, end * cols));
  return { codes: cut(codes), factors: cut(factors), kinds };
}
