// The singular values of the Jacobian, and the local dimension, beside networks with redrawn weights.

import { compareMeans, FEWEST, medianOf, summaryOf } from "../evidence.ts";
import { singleDirection } from "../problems.ts";
import { section } from "../section.ts";
import { counted, named, ranged } from "../words.ts";
import { work } from "../workbench.ts";

/** What the document of `dimension` says of one point. */
interface DimensionPoint {
  readonly dimension?: number | null | undefined;
  readonly effectiveRank?: number | undefined;
  readonly untrained?: { readonly dimension: number | null } | undefined;
}

export interface DimensionDocument {
  readonly layers: readonly {
    readonly to: { readonly name: string };
    readonly points: readonly DimensionPoint[];
  }[];
  readonly provenance: { readonly options: { readonly untrained: number } };
}

export interface SpectrumNumbers {
  readonly from: string;
  readonly inputs: number;
  readonly points: number;
  /** Of the points that have one. */
  readonly dimensions: readonly number[];
  readonly untrained: readonly number[];
  /** At the points whose spectrum is known whole. */
  readonly effectiveRanks: readonly number[];
  /** Networks with redrawn weights. */
  readonly networks: number;
}

export const spectrumSection = section<SpectrumNumbers>({
  id: "spectrum",
  title: "How many directions move the output",
  question: "If the code moves a little, in how many independent directions does the output follow?",
  reading:
    "Singular values of the derivative, largest first: how far the output moves for a step of length 1 along each of the code's directions. Where the line falls steeply, directions stop counting. In grey, the same architecture with random weights.",
  share: 12,
  absence: singleDirection,
  async compute(bench) {
    const { points, untrained } = bench.budget;
    const run = await bench.run<DimensionDocument>("dimension", [
      ...["--samples", points, "--untrained", untrained],
      ...["--spectra", work("spectrum.svg")],
    ]);
    const { from } = bench.subject;
    const numbers = spectrumNumbers(run.document, from.name, from.dim);
    return { numbers, figures: Object.values(run.figures), runs: [run] };
  },
  sentence: spectrumSentence,
  facts: ({ dimensions, inputs, untrained, effectiveRanks }) => [
    ["directions of the code", String(inputs)],
    ["local dimension", dimensions.length === 0 ? "–" : ranged(medianOf(dimensions), dimensions)],
    ["… untrained", untrained.length === 0 ? "–" : ranged(medianOf(untrained), untrained)],
    ["effective rank", effectiveRanks.length === 0 ? "–" : ranged(medianOf(effectiveRanks), effectiveRanks)],
  ],
});

function spectrumNumbers(
  { layers, provenance }: DimensionDocument,
  from: string,
  inputs: number,
): SpectrumNumbers {
  const points = layers[0]?.points ?? [];
  return {
    from,
    inputs,
    points: points.length,
    dimensions: points.flatMap((point) => point.dimension ?? []),
    untrained: points.flatMap((point) => point.untrained?.dimension ?? []),
    effectiveRanks: points.flatMap((point) =>
      typeof point.effectiveRank === "number" ? point.effectiveRank : [],
    ),
    networks: provenance.options.untrained,
  };
}

export function spectrumSentence({
  from,
  inputs,
  points,
  dimensions,
  untrained,
  effectiveRanks,
  networks,
}: SpectrumNumbers): string {
  if (dimensions.length === 0) {
    return `At none of ${counted(points, "point")} do some directions of ${named(from)} stand out from the others: the spectrum is flat, or too large to be known whole, and has no local dimension.`;
  }
  const middle = medianOf(dimensions);
  const rank =
    effectiveRanks.length === 0
      ? ""
      : ` (their effective rank, which weighs each by how much it moves it: ${ranged(medianOf(effectiveRanks), effectiveRanks)})`;
  const where =
    dimensions.length < points ? `${dimensions.length} of ${points} points` : counted(points, "point");
  const found = `Of ${counted(inputs, "direction")} of ${named(from)}, ${ranged(middle, dimensions)} ${middle === 1 ? "moves" : "move"} the output by more than the tail that counts as noise, at ${where}${rank}`;
  if (networks === 0) return `${found}; there are no weights to redraw, so nothing to compare that with.`;
  if (untrained.length === 0) return `${found}; untrained networks have no local dimension there.`;
  const other = `an untrained network has ${ranged(medianOf(untrained), untrained)}`;
  return `${found}; ${other}: ${verdictOn(dimensions, untrained)}.`;
}

function verdictOn(dimensions: readonly number[], untrained: readonly number[]): string {
  switch (compareMeans(summaryOf(dimensions), summaryOf(untrained))) {
    case "few":
      return `fewer than ${FEWEST} points are too few to tell them apart`;
    case "indistinct":
      return "not distinguishable from an untrained network";
    case "less":
      return "the trained model has fewer";
    case "more":
      return "the trained model has more";
  }
}
