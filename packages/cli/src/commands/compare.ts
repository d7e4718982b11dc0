// vielbein compare: principal angles between sets of directions from files, against uniform subspaces.

import { basename } from "node:path";
import {
  type DirectionSet,
  defaultNames,
  displacements,
  type Provenance,
  requireDirections,
  type Space,
  summarizeProfiles,
  VielbeinError,
} from "@vielbein/core";
import {
  type DirectionMatch,
  grassmannDistance,
  matchDirections,
  subspaceAngles,
  subspaceOverlap,
} from "@vielbein/core/grassmann";
import { leadingColumns, type Matrix, matrix, orthogonal } from "@vielbein/linalg";
import { openNpz, type ReadNpyArray } from "@vielbein/linalg/npy";
import { heatMap } from "@vielbein/viz";
import { inFile, readProvenance } from "../inputs/archives.ts";
import { readInput } from "../inputs/array-files.ts";
import { atMost } from "../inputs/direction-counts.ts";
import { readDirections } from "../inputs/direction-files.ts";
import { METRIC_NAMES, METRICS, type Metric, metricOption } from "../inputs/subspace-distances.ts";
import { integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { figure, writeFigure } from "../kit/figure.ts";
import { spacesText } from "../kit/names.ts";
import { json, option } from "../kit/options.ts";
import { endingAtOnce } from "../kit/signals.ts";
import { number, table, text } from "../kit/table.ts";
import { heading, info, type Terminal } from "../kit/terminal.ts";
import { version } from "../kit/version.ts";

/** Pairs of uniform subspaces that the null is taken from. */
const HAAR_PAIRS = 100;

/** Two sets, by their places in the list. */
interface Comparison {
  readonly first: number;
  readonly second: number;
  /** Radians, ascending. */
  readonly angles: readonly number[];
  readonly distances: Readonly<Record<Metric, number>>;
  /** Mean of cos². */
  readonly overlap: number;
  readonly matches: readonly DirectionMatch[];
}

interface Spread {
  readonly mean: number;
  readonly std: number;
}

export const compare = command({
  name: "compare",
  argument: "<files...>",
  summary: "principal angles between sets of directions",
  description:
    "Compares the subspaces of the leading k directions from files: principal angles, distances, overlap, and the best one-to-one matching of directions, against uniform subspaces.",
  options: {
    k: option("--k <k>", "leading directions of each set (default: as many as all sets have)", integer(1)),
    metric: metricOption("normalizedGeodesic"),
    plot: figure("--plot <file>", "matrix of distances, .svg or .png"),
    json,
  },
  async run({ files, options, terminal, signal }) {
    const { metric, plot } = options;
    const sets = (await Promise.all(files.map(readDirectionSets))).flat();
    const { space, k } = requireComparable(sets, options.k, terminal);
    remarkOnModels(terminal, sets);
    const frames = sets.map(({ set }) => leadingColumns(displacements(set), k));
    const { pairs, haar } = await endingAtOnce(
      () => ({ pairs: comparisons(frames, k), haar: haarNull(space.dim, k) }),
      signal,
    );
    const result = { sets, space, k, pairs, haar };
    return {
      json: () => toJson(result),
      text: () => toText(result, metric),
      after: () => writeFigure(plot, () => plotOf(result, metric), terminal, signal),
    };
  },
});

interface NamedSet {
  readonly label: string;
  readonly file: string;
  readonly set: DirectionSet;
}

/** What a comparison comes to. */
interface Measures<T> {
  readonly distances: Readonly<Record<Metric, T>>;
  readonly leastAngle: T;
  readonly largestAngle: T;
  readonly overlap: T;
  /** Of |cos| of the matched directions; matching makes it large by chance too. */
  readonly meanCosine: T;
}

interface Result {
  readonly sets: readonly NamedSet[];
  readonly space: Space;
  readonly k: number;
  readonly pairs: readonly Comparison[];
  readonly haar: Measures<Spread>;
}

/** The set of a directions file, or the output vectors at every point of a file of `vielbein basis`. */
async function readDirectionSets(path: string): Promise<NamedSet[]> {
  const file = basename(path);
  if (!/\.npz$/i.test(path)) return [{ label: file, file, set: await readDirections(path) }];
  const bytes = await readInput("compare", path);
  const { vectors, provenance } = inFile(path, () => localBases(bytes, path));
  const [count, rows, k] = vectors.shape as [number, number, number];
  return Array.from({ length: count }, (_, i) => ({
    label: count === 1 ? file : `${file}, point ${i}`,
    file,
    set: requireIn(path, {
      space: provenance.to,
      vectors: matrix(
        rows,
        k,
        Float64Array.from(vectors.data.slice(i * rows * k, (i + 1) * rows * k), Number),
      ),
      names: defaultNames(k),
      method: "local basis",
      provenance,
    }),
  }));
}

/** As {@link requireDirections}, with the file in the message. */
function requireIn(path: string, set: DirectionSet): DirectionSet {
  try {
    return requireDirections(set);
  } catch (error) {
    if (!(error instanceof VielbeinError)) throw error;
    throw new VielbeinError(
      "INVALID_FILE",
      `"${path}": ${error.message} Pass a file of \`vielbein basis\`, or a directions file.`,
      { cause: error },
    );
  }
}

/** The output vectors `[n, dim, k]` in a file of `vielbein basis`, and their provenance. */
function localBases(bytes: Uint8Array, path: string): { vectors: ReadNpyArray; provenance: Provenance } {
  const archive = openNpz(bytes);
  const has = (name: string) => archive.names.includes(name);
  if (!has("provenance") || !has("output_vectors") || archive.header("output_vectors").shape.length !== 3) {
    throw new VielbeinError(
      "INVALID_FILE",
      `"${path}" has no output_vectors [n, dim, k] with their provenance. Pass a file of \`vielbein basis\`, or a directions file.`,
    );
  }
  return {
    vectors: archive.read("output_vectors"),
    provenance: readProvenance(archive.read("provenance"), path),
  };
}

/** One space, and k directions of it in every set. */
function requireComparable(
  sets: readonly NamedSet[],
  wanted: number | undefined,
  terminal: Terminal,
): { space: Space; k: number } {
  const [first, second] = sets;
  if (!first || !second) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "compare: one set of directions has nothing to be compared with. Name another file.",
    );
  }
  const { space } = first.set;
  const other = sets.find(
    ({ set }) => set.space.name !== space.name || String(set.space.shape) !== String(space.shape),
  );
  if (other) {
    const named = ({ label, set }: NamedSet) => `"${label}" holds directions of ${spacesText(set.space)}`;
    throw new VielbeinError(
      "INVALID_SPACE",
      `compare: ${named(first)}, ${named(other)}. Directions of different spaces have no angles between them: compare files of one space.`,
    );
  }
  const most = Math.min(...sets.map(({ set }) => set.vectors.cols), space.dim);
  return { space, k: atMost(most, wanted, "--k", terminal) ?? most };
}

/** Spaces of the same name in two models need not be the same space. */
function remarkOnModels(terminal: Terminal, sets: readonly NamedSet[]): void {
  const models = new Set(sets.flatMap(({ set }) => set.provenance?.model.sha256 ?? []));
  if (models.size > 1) {
    info(
      terminal,
      `the directions come from ${models.size} models: the angles mean something if their spaces agree`,
    );
  }
}

/** Of every two. */
function comparisons(frames: readonly Matrix[], k: number): Comparison[] {
  return frames.flatMap((a, i) => frames.slice(i + 1).map((b, j) => comparison(a, b, i, i + 1 + j, k)));
}

function comparison(a: Matrix, b: Matrix, first: number, second: number, k: number): Comparison {
  const angles = subspaceAngles(a, b);
  if (angles.length < k) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `compare: the leading ${k} directions of sets ${first} and ${second} (from 0) span ${angles.length} dimensions only. Compare at most --k ${angles.length}.`,
    );
  }
  const distances = Object.fromEntries(
    METRICS.map((metric) => [metric, grassmannDistance(angles, metric)]),
  ) as Record<Metric, number>;
  return {
    first,
    second,
    angles: Array.from(angles),
    distances,
    overlap: subspaceOverlap(a, b),
    matches: matchDirections(a, b),
  };
}

/** What independent uniform subspaces would have. */
function haarNull(n: number, k: number): Measures<Spread> {
  const draws = Array.from({ length: HAAR_PAIRS }, (_, i) =>
    measuresOf(comparison(orthogonal(0, 2 * i, n, k), orthogonal(0, 2 * i + 1, n, k), 0, 1, k)),
  );
  const spread = (pick: (draw: Measures<number>) => number): Spread => {
    const { mean, std } = summarizeProfiles(draws.map((draw) => Float64Array.of(pick(draw))));
    return { mean: only(mean), std: only(std) };
  };
  return {
    distances: {
      geodesic: spread((draw) => draw.distances.geodesic),
      normalizedGeodesic: spread((draw) => draw.distances.normalizedGeodesic),
      projection: spread((draw) => draw.distances.projection),
    },
    leastAngle: spread((draw) => draw.leastAngle),
    largestAngle: spread((draw) => draw.largestAngle),
    overlap: spread((draw) => draw.overlap),
    meanCosine: spread((draw) => draw.meanCosine),
  };
}

function only([value = Number.NaN]: Float64Array): number {
  return value;
}

function measuresOf({ angles, distances, overlap, matches }: Comparison): Measures<number> {
  const meanCosine = matches.reduce((sum, { cosine }) => sum + Math.abs(cosine), 0) / matches.length;
  return {
    distances,
    leastAngle: Math.min(...angles),
    largestAngle: Math.max(...angles),
    overlap,
    meanCosine,
  };
}

function toJson({ sets, space, k, pairs, haar }: Result): object {
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
function distanceMatrix({ sets, pairs }: Result, metric: Metric): Matrix {
  const result = matrix(sets.length, sets.length);
  for (const { first, second, distances } of pairs) {
    result.data[first * sets.length + second] = distances[metric];
    result.data[second * sets.length + first] = distances[metric];
  }
  return result;
}

function toText({ sets, space, k, pairs, haar }: Result, metric: Metric): string {
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
    number(METRIC_NAMES[metric], ({ measures }) => measureText(measures.distances[metric])),
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

function plotOf(result: Result, metric: Metric): string {
  const { sets, space, k, haar } = result;
  const labels = sets.map(({ label }) => label);
  const { mean, std } = haar.distances[metric];
  return heatMap({
    title: "Distances between sets of directions",
    subtitle: `${spacesText(space)} · leading ${k} directions · uniform subspaces: ${mean.toFixed(3)} ± ${std.toFixed(3)}`,
    matrix: distanceMatrix(result, metric),
    rowLabels: labels,
    columnLabels: labels,
    valueTitle: METRIC_NAMES[metric],
    domain: [0, Math.max(mean, ...result.pairs.map(({ distances }) => distances[metric]))],
  });
}
