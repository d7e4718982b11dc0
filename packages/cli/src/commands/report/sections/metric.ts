// The metric: how unequal directions are, and whether they are the same at every code.

import { type HomogeneityDocument, type MetricDocument, metricSpectra } from "../directions.ts";
import { compareMeans, FEWEST, medianOf, type Summary, summaryOf, type Verdict } from "../evidence.ts";
import { tooFewDirections } from "../problems.ts";
import { section } from "../section.ts";
import { counted, hundredths, named, ranged } from "../words.ts";

export interface AnisotropyNumbers {
  readonly code: string;
  readonly dim: number;
  readonly points: number;
  /** Axes that have 99 % of the trace of the mean; undefined of a metric that is not known whole, or is 0. */
  readonly axes: number | undefined;
  /** Participation ratios at the points, and of the same with shuffled weights. */
  readonly effective: readonly number[];
  readonly shuffled: readonly number[];
}

export const anisotropySection = section<AnisotropyNumbers>({
  id: "metric",
  title: "How unequal directions are (the metric)",
  question: "Does the output follow all directions of the code alike, or a few only?",
  reading:
    "Eigenvalues of the metric, largest first: the squared speed of the output along each axis, over several codes. A flat line means all directions count alike. In grey, the same weights shuffled.",
  share: 10,
  absence: tooFewDirections,
  async compute(bench) {
    const run = await metricSpectra(bench);
    const svg = run.figures["metric.svg"];
    return {
      numbers: anisotropyNumbers(run.document, bench.subject.code),
      figures: svg === undefined ? [] : [svg],
      runs: [run],
    };
  },
  sentence: anisotropySentence,
  facts: ({ axes }) => [["axes for 99 % of the motion", axes === undefined ? "–" : String(axes)]],
});

function anisotropyNumbers(
  { points, layers }: MetricDocument,
  code: { readonly name: string; readonly dim: number },
): AnisotropyNumbers {
  return {
    code: code.name,
    dim: code.dim,
    points: points.length,
    axes: layers[0]?.anisotropy?.axes["0.99"],
    effective: points.flatMap(({ eigenvalues }) => participationRatio(eigenvalues)),
    shuffled: points.flatMap(({ shuffledEigenvalues = [] }) => participationRatio(shuffledEigenvalues)),
  };
}

/** (Σλ)²/Σλ²; none where all are 0. */
function participationRatio(eigenvalues: readonly number[]): number[] {
  const sum = eigenvalues.reduce((total, value) => total + value, 0);
  const squares = eigenvalues.reduce((total, value) => total + value ** 2, 0);
  return squares > 0 ? [sum ** 2 / squares] : [];
}

export function anisotropySentence({
  code,
  dim,
  points,
  axes,
  effective,
  shuffled,
}: AnisotropyNumbers): string {
  if (axes === undefined || effective.length === 0) {
    return `The metric of ${named(code)} is 0 or not known whole at ${counted(points, "point")}, so its inequality is not summed up.`;
  }
  const found = `${counted(axes, "axis", "axes")} of ${dim} ${axes === 1 ? "carries" : "carry"} 99 % of how far the output moves, on average over ${counted(points, "point")}`;
  const count = `weighted by how much they move it, the metric counts ${ranged(medianOf(effective), effective)} (participation ratio)`;
  if (shuffled.length === 0) return `${found}; ${count}; there are no weights to shuffle beside it.`;
  const verdict = AGAINST_SHUFFLED_COUNT[compareMeans(summaryOf(effective), summaryOf(shuffled))];
  return `${found}; ${count}, with shuffled weights ${ranged(medianOf(shuffled), shuffled)}: ${verdict}.`;
}

const AGAINST_SHUFFLED_COUNT: Readonly<Record<Verdict, string>> = {
  less: "directions are more unequal than in this shuffled network",
  more: "directions are more equal than in this shuffled network",
  indistinct: "not distinguishable from a network of shuffled weights",
  few: `fewer than ${FEWEST} points are too few to tell`,
};

export interface HomogeneityNumbers {
  readonly points: number;
  /** Over the pairs of points. */
  readonly own: Correlation | undefined;
  readonly randomAxes: Correlation | undefined;
  readonly shuffled: Correlation | undefined;
  /** Why there is none. */
  readonly reason: string | undefined;
}

interface Correlation {
  readonly mean: number;
  readonly std: number;
}

export const homogeneitySection = section<HomogeneityNumbers>({
  id: "homogeneity",
  title: "Whether the metric is the same everywhere (homogeneity)",
  question: "Do the axes that matter at one sample also matter at another?",
  reading:
    "Each cell takes the axes of one code and measures them by the metric of another: 1 where both agree on which axes matter, 0 where they have nothing to do with each other.",
  share: 1,
  absence: tooFewDirections,
  async compute(bench) {
    const run = await metricSpectra(bench);
    const svg = run.figures["homogeneity.svg"];
    return {
      numbers: homogeneityNumbers(run.document),
      figures: svg === undefined ? [] : [svg],
      runs: [run],
    };
  },
  sentence: homogeneitySentence,
  facts: ({ own, randomAxes, shuffled }) => [
    ["homogeneity", own ? hundredths(own.mean) : "–"],
    [
      "… random axes, shuffled weights",
      [randomAxes, shuffled].map((one) => (one ? hundredths(one.mean) : "–")).join(", "),
    ],
  ],
});

function homogeneityNumbers({ points, layers }: MetricDocument): HomogeneityNumbers {
  const [layer] = layers;
  const of = (found: HomogeneityDocument | null | undefined): Correlation | undefined => {
    const { mean, standardDeviation } = found?.logarithmic ?? {};
    return mean == null ? undefined : { mean, std: standardDeviation ?? 0 };
  };
  return {
    points: points.length,
    own: of(layer?.homogeneity),
    randomAxes: of(layer?.haar),
    shuffled: of(layer?.shuffled),
    reason: layer?.homogeneity?.logarithmic.reason ?? undefined,
  };
}

/** Correlations that read alike are alike. */
const LEAST = 0.005;

export function homogeneitySentence({
  points,
  own,
  randomAxes,
  shuffled,
  reason,
}: HomogeneityNumbers): string {
  if (!own) {
    return `There is no correlation to report: ${reason ?? "spectra are not known whole, or there is one point"}.`;
  }
  const found = `Axes found at one code predict how much they matter at another with a correlation of ${hundredths(own.mean)}, over ${counted(points, "code")}`;
  // Pairs of codes share codes, so as many are independent as there are codes.
  const summary = ({ mean, std }: Correlation): Summary => ({ mean, std, count: points });
  const against = (name: string, other: Correlation | undefined, words: Readonly<Record<Verdict, string>>) =>
    other
      ? `; ${name} ${hundredths(other.mean)}: ${words[compareMeans(summary(own), summary(other), LEAST)]}`
      : "";
  return `${found}${against("random axes", randomAxes, AGAINST_RANDOM)}${against("shuffled weights", shuffled, AGAINST_SHUFFLED)}.`;
}

const few = `fewer than ${FEWEST} codes are too few to tell`;

const AGAINST_RANDOM: Readonly<Record<Verdict, string>> = {
  more: "the same axes matter in different places",
  less: "axes avoid each other",
  indistinct: "not distinguishable from chance",
  few,
};

const AGAINST_SHUFFLED: Readonly<Record<Verdict, string>> = {
  more: "more alike than in this shuffled network",
  less: "less alike than in this shuffled network",
  indistinct: "not distinguishable from a network of shuffled weights",
  few,
};
