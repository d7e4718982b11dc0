// What `compare` says of its sets: JSON, a table, a matrix of distances.

import type { Space } from "@vielbein/core";
import { type Matrix, matrix } from "@vielbein/linalg";
import { heatMap } from "@vielbein/viz";
import { DISTANCE_TITLES, type DistanceName } from "../../inputs/subspace-distances.ts";
import { spacesText } from "../../kit/names.ts";
import { number, table, text } from "../../kit/table.ts";
import { heading } from "../../kit/terminal.ts";
import { version } from "../../kit/version.ts";
import { type Comparison, HAAR_PAIRS, type Measures, measuresOf, type Spread } from "./comparisons.ts";
import type { NamedSet } from "./sets.ts";

interface Result {
  readonly sets: readonly NamedSet[];
  readonly space: Space;
  readonly k: number;
  readonly pairs: readonly Comparison[];
  readonly haar: Measures<Spread>;
}

export function comparisonJson({ sets, space, k, pairs, haar }: Result): object {
  return {
    space,
    k,
    sets: sets.map(({ label, file, set: { method, names, layers, provenance } }) => ({
      label,
      file,
      method,
      names: names.slice(0, k),
      layers,
      provenance,
    })),
    pairs,
    haar: { pairs: HAAR_PAIRS, ...haar },
    provenance: { tool: `vielbein ${version}`, method: "compare directions", options: { k } },
  };
}

/** `[sets, sets]`: distances of the pairs, zeros on the diagonal. */
function distanceMatrix({ sets, pairs }: Result, distance: DistanceName): Matrix {
  const result = matrix(sets.length, sets.length);
  for (const { first, second, distances } of pairs) {
    result.data[first * sets.length + second] = distances[distance];
    result.data[second * sets.length + first] = distances[distance];
  }
  return result;
}

export function comparisonTable({ sets, space, k, pairs, haar }: Result, distance: DistanceName): string {
  const labelOf = (index: number) => sets[index]?.label ?? "";
  const lines: { first: string; second: string; measures: Measures<number | Spread> }[] = [
    ...pairs.map((pair) => ({
      first: labelOf(pair.first),
      second: labelOf(pair.second),
      measures: measuresOf(pair),
    })),
    { first: "uniform (Haar)", second: "", measures: haar },
  ];
  const body = table(lines, [
    text("first", ({ first }) => first),
    text("second", ({ second }) => second),
    number(DISTANCE_TITLES[distance], ({ measures }) => measureText(measures.distances[distance])),
    number("least angle", ({ measures }) => measureText(measures.leastAngle)),
    number("largest", ({ measures }) => measureText(measures.largestAngle)),
    number("overlap", ({ measures }) => measureText(measures.overlap)),
    number("mean |cos|", ({ measures }) => measureText(measures.meanCosine)),
  ]);
  return `${heading(spacesText(space), `leading ${k} directions`)}\n${body}\n`;
}

function measureText(measure: number | Spread): string {
  if (typeof measure === "number") return measure.toFixed(4);
  return `${measure.mean.toFixed(4)} ±${measure.std.toFixed(4)}`;
}

export function comparisonPlot(result: Result, distance: DistanceName): string {
  const { sets, space, k, haar } = result;
  const labels = labelsOf(sets);
  const { mean, std } = haar.distances[distance];
  return heatMap({
    title: "Distances between sets of directions",
    subtitle: `${spacesText(space)} · leading ${k} directions · uniform subspaces: ${mean.toFixed(3)} ± ${std.toFixed(3)}`,
    matrix: distanceMatrix(result, distance),
    rowLabels: labels,
    columnLabels: labels,
    valueTitle: DISTANCE_TITLES[distance],
    domain: [0, Math.max(mean, ...result.pairs.map(({ distances }) => distances[distance]))],
  });
}

/** What found the sets; where two were found by the same, their files. */
function labelsOf(sets: Result["sets"]): string[] {
  const methods = sets.map(({ set }) => set.method);
  return new Set(methods).size === methods.length ? methods : sets.map(({ label }) => label);
}
