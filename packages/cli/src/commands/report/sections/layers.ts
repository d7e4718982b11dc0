// The local dimension layer by layer.

import { layerLabels } from "../../../inputs/layers.ts";
import { compareMeans, FEWEST, medianOf, summaryOf } from "../evidence.ts";
import { singleDirection } from "../problems.ts";
import { section } from "../section.ts";
import { about, counted, named } from "../words.ts";
import { work } from "../workbench.ts";
import type { DimensionDocument } from "./spectrum.ts";

interface LayerNumbers {
  readonly name: string;
  /** Of the points that have one. */
  readonly dimensions: readonly number[];
  readonly untrained: readonly number[];
}

export interface LayersNumbers {
  readonly points: number;
  readonly networks: number;
  readonly layers: readonly LayerNumbers[];
}

export const layersSection = section<LayersNumbers>({
  id: "layers",
  title: "Where directions are lost, layer by layer",
  question: "At which layers does the network stop telling directions of the code apart?",
  reading:
    "For each layer from the code to the output, how many directions move it. A chain of layers can lose directions, and never wins them back but for rounding and for what counts as noise.",
  share: 14,
  absence: (bench) =>
    singleDirection(bench) ??
    (bench.subject.layers.length < 2
      ? `From ${named(bench.subject.from.name)} to ${named(bench.subject.to.name)} there is no layer that everything passes through.`
      : undefined),
  async compute(bench) {
    const { layerPoints, untrained } = bench.budget;
    const run = await bench.run<DimensionDocument>(
      "dimension",
      ["--every-layer", "--samples", layerPoints, "--untrained", untrained, "--plot", work("layers.svg")],
      { to: undefined },
    );
    return { numbers: layersNumbers(run.document), figures: Object.values(run.figures), runs: [run] };
  },
  sentence: layersSentence,
});

function layersNumbers({ layers, provenance }: DimensionDocument): LayersNumbers {
  const names = layerLabels(layers.map(({ to }) => to));
  return {
    points: layers[0]?.points.length ?? 0,
    networks: provenance.options.untrained,
    layers: layers.map(({ points }, i) => ({
      name: names[i] ?? "",
      dimensions: points.flatMap((point) => point.dimension ?? []),
      untrained: points.flatMap((point) => point.untrained?.dimension ?? []),
    })),
  };
}

export function layersSentence({ points, networks, layers }: LayersNumbers): string {
  const known = layers.filter(({ dimensions }) => dimensions.length > 0);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || first === last) {
    return `At ${counted(points, "point")}, fewer than two of ${counted(layers.length, "layer")} have a local dimension: spectra are flat, and there is no course to describe.`;
  }
  const [start, end] = [medianOf(first.dimensions), medianOf(last.dimensions)];
  const course = `From ${named(first.name)} to ${named(last.name)} the median local dimension ${start === end ? `stays at ${about(start)}` : `goes from ${about(start)} to ${about(end)}`}`;
  const steepest = end < start ? steepestStep(known) : undefined;
  const where = steepest ? `, most of it at ${named(steepest.name)} (−${about(steepest.loss)})` : "";
  return `${course}${where}, at ${counted(points, "point")}; ${againstUntrained(known, networks)}.`;
}

/** The layer that loses most directions to the one before it. */
function steepestStep(
  layers: readonly LayerNumbers[],
): { readonly name: string; readonly loss: number } | undefined {
  const losses = layers.slice(1).map(({ name, dimensions }, i) => ({
    name,
    loss: medianOf(layers[i]?.dimensions ?? []) - medianOf(dimensions),
  }));
  const [most] = losses.toSorted((a, b) => b.loss - a.loss);
  return most && most.loss > 0 ? most : undefined;
}

function againstUntrained(layers: readonly LayerNumbers[], networks: number): string {
  if (networks === 0) return "there are no weights to redraw, so nothing to compare that with";
  const verdicts = layers.map(({ dimensions, untrained }) =>
    compareMeans(summaryOf(dimensions), summaryOf(untrained)),
  );
  if (verdicts.every((verdict) => verdict === "few")) {
    return `fewer than ${FEWEST} points are too few to tell a layer from that of an untrained network`;
  }
  const count = verdicts.filter((verdict) => verdict === "more" || verdict === "less").length;
  if (count === 0) return "no layer is distinguishable from that of an untrained network";
  return `${count} of ${counted(layers.length, "layer")} differ from those of untrained networks (each tested at 5 %)`;
}
