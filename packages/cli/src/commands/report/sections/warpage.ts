// Whether the latent space is warped: how far tangent spaces turn from place to place, beside three nulls.

import { COMPARED } from "../budgets.ts";
import { compareMeans, FEWEST, type Summary, type Verdict } from "../evidence.ts";
import { tooFewDirections } from "../problems.ts";
import { NotApplicable, section } from "../section.ts";
import { named } from "../words.ts";
import { work } from "../workbench.ts";

interface Profile {
  readonly geodesic: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

interface WarpageDocument {
  readonly k: readonly number[];
  readonly pairs: number;
  readonly randomPairs: Profile;
  readonly nearPairs: readonly Profile[];
  readonly haar: Profile;
  readonly untrained: { readonly randomPairs: Profile } | null;
  /** Directions above rounding at every point. */
  readonly resolved: number;
}

export interface WarpageNumbers {
  readonly to: string;
  /** Leading directions. */
  readonly k: number;
  /** Geodesic distances of their subspaces, in radians. */
  readonly random: Summary;
  readonly near: Summary;
  readonly haar: Summary;
  readonly untrained: Summary | undefined;
}

/** Directions that warpage follows, at most. */
const MOST = 20;

export const warpageSection = section<WarpageNumbers>({
  id: "warpage",
  title: "Whether the space is warped",
  question: "Do the strongest directions stay the same from place to place, or do they turn?",
  reading:
    "Distance between the subspaces of the leading k directions at two points. In a flat space independent points lie as close as neighbours; if directions at different places had nothing to do with each other, as far apart as uniform subspaces. Bands are of pairs.",
  share: 14,
  absence: tooFewDirections,
  async compute(bench) {
    const { budget, subject } = bench;
    const { from, to, code, hasMapping } = subject;
    const end = hasMapping ? code : to;
    const k = Math.min(MOST, from.dim, end.dim);
    const run = await bench.run<WarpageDocument>(
      "warpage",
      [
        ...["--pairs", budget.pairs, "--k", k, "--untrained", budget.untrained],
        ...["--pca-samples", hasMapping ? budget.samples : 0, "--plot", work("warpage.svg")],
      ],
      hasMapping ? { to: [code.name] } : undefined,
    );
    return {
      numbers: warpageNumbers(run.document, end.name),
      figures: Object.values(run.figures),
      runs: [run],
    };
  },
  sentence: warpageSentence,
});

function warpageNumbers(document: WarpageDocument, to: string): WarpageNumbers {
  const { pairs, randomPairs, nearPairs, haar, untrained, resolved } = document;
  if (resolved === 0)
    throw new NotApplicable("At some points the derivative is 0, so there are no directions to compare.");
  const k = Math.min(COMPARED, resolved, Math.ceil(document.k.length / 2));
  const at = ({ geodesic: { mean, std } }: Profile): Summary => ({
    mean: mean[k - 1] ?? Number.NaN,
    std: std[k - 1] ?? Number.NaN,
    count: pairs,
  });
  return {
    to,
    k,
    random: at(randomPairs),
    near: at(nearPairs[0] ?? randomPairs),
    haar: at(haar),
    untrained: untrained ? at(untrained.randomPairs) : undefined,
  };
}

export function warpageSentence({ to, k, random, near, haar, untrained }: WarpageNumbers): string {
  const radians = ({ mean }: Summary) => mean.toFixed(2);
  const found = `The leading ${k === 1 ? `direction of ${named(to)} lies` : `${k} directions of ${named(to)} lie`} ${radians(random)} rad apart at independent points and ${radians(near)} at neighbours`;
  const verdict = compareMeans(random, near);
  if (verdict === "few") return `${found}: fewer than ${FEWEST} pairs are too few to tell these apart.`;
  if (verdict !== "more") return `${found}, which is not distinguishable: no warpage is seen.`;
  const uniform = `uniform subspaces ${radians(haar)}: ${AGAINST_UNIFORM[compareMeans(random, haar)]}`;
  const other = untrained
    ? `an untrained network's ${radians(untrained)}: ${AGAINST_UNTRAINED[compareMeans(random, untrained)]}`
    : "without weights to redraw there is no untrained network beside it";
  return `${found}, so the space is warped; ${uniform}; ${other}.`;
}

const AGAINST_UNIFORM: Readonly<Record<Verdict, string>> = {
  less: "directions at different places still have something in common",
  indistinct: "directions at different places are not distinguishable from unrelated ones",
  more: "directions at different places are farther apart than unrelated ones",
  few: "too few pairs to tell",
};

const AGAINST_UNTRAINED: Readonly<Record<Verdict, string>> = {
  less: "the trained model is less warped",
  indistinct: "not distinguishable from an untrained network",
  more: "the trained model is more warped",
  few: "too few pairs to tell",
};
