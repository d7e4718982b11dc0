// vielbein ppl: perceptual path length, exactly by Jacobian-vector products, beside its definition by differences.

import { type DerivativeRoute, type Provenance, VielbeinError } from "@vielbein/core";
import {
  type DifferenceReport,
  judgeDifferences,
  type PathLengthSummary,
  pathLength,
  summarizePathLengths,
} from "@vielbein/core/paths";
import { uniform } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { originOf } from "../inputs/captions.ts";
import { type Distance, distanceOptions, distanceRemark } from "../inputs/distance.ts";
import { isInput, type LoadedModel, mapOptions, pointOptions, provenanceOf } from "../inputs/model.ts";
import { twosOf } from "../inputs/pairs.ts";
import { pictureOptions } from "../inputs/pictures.ts";
import { type GeneratorTask, openGenerator, withDistance } from "../inputs/task.ts";
import { integer, positive } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { definedItems } from "../kit/defined.ts";
import { choice, json, type OptionsOf, option } from "../kit/options.ts";
import { type Columns, NOT_NEGATIVE } from "../kit/row-file.ts";
import { computeRows, rowOptions } from "../kit/rows.ts";
import { endingAtOnce } from "../kit/signals.ts";
import { number, table, text } from "../kit/table.ts";

/** One product with J for each sample. */
const ROUTE: DerivativeRoute = "products";

/** Squared speed of the output at one place of one interpolation. */
interface PathRow {
  readonly t: number;
  readonly exact: number;
  readonly difference: number;
  /** What rounding does at least to the difference. */
  readonly rounding: number;
}

function columnsOf(position: (row: number) => number): Columns<PathRow> {
  const square = { shape: [], ...NOT_NEGATIVE };
  return { t: { shape: [], at: position }, exact: square, difference: square, rounding: square };
}

/** Without --pairs, at most. */
const PAIRS = 1000;

const options = {
  ...mapOptions,
  ...pointOptions,
  ...pictureOptions,
  ...distanceOptions,
  pairs: option(
    "--pairs <n>",
    `pairs of codes to interpolate between; with --points, rows 2i and 2i + 1 make a pair (default: ${PAIRS}, or fewer where there are fewer rows)`,
    integer(1),
  ),
  path: choice(
    "--path <shape>",
    "on a line between the two, or on a great circle",
    ["linear", "spherical"],
    "linear",
  ),
  at: choice(
    "--at <where>",
    "end: at the first end; full: anywhere between, at random",
    ["end", "full"],
    "end",
  ),
  epsilon: option("--epsilon <eps>", "step of the differences, as a fraction of the path", positive, 1e-4),
  ...rowOptions("every pair"),
  json,
};

type PplOptions = OptionsOf<typeof options>;

export const ppl = command({
  argument: "<model>",
  description:
    "Averages the squared speed of the output along interpolations between random codes: exactly, by one Jacobian-vector product each, and by differences over epsilon, as perceptual path length is defined.",
  options,
  async run(given) {
    const opened = await openGenerator(given);
    requireSphere(opened);
    const task = await withDistance(opened);
    const { loaded, generator, source, distance, options, signal } = task;
    const { path: interpolation, epsilon, at, seed } = options;
    const wanted = {
      what: "an interpolation",
      stride: 2,
      points: options.points,
      pairs: options.pairs,
      preset: PAIRS,
    };
    const pairs = await twosOf(generator.from, source, wanted, signal);
    const provenance = provenanceOf(loaded, generator, "perceptual path length", pairs.source, {
      ...distance.description,
      path: interpolation,
      at,
      epsilon,
      routes: [ROUTE],
    });
    const position = (index: number) => (at === "end" ? 0 : positionOf(seed, index));
    return computeRows<PathRow>(task, {
      what: "pairs",
      total: pairs.total,
      provenance,
      columns: columnsOf(position),
      compute: async (index) => {
        const [start, end] = await pairs.at(index);
        const t = position(index);
        const found = await pathLength(distance.map, start, end, t, { interpolation, epsilon, signal });
        const { exact, difference = Number.NaN, rounding = Number.NaN } = found;
        return { t, exact, difference, rounding };
      },
      report: async (rows, provenance) => {
        const result = { ...(await summaries(rows, seed)), rows, epsilon, provenance };
        requireDifferences(result);
        return { json: () => jsonOf(result), text: () => tableOf(result, distance) };
      },
    });
  },
});

function requireSphere({ loaded, generator, options }: GeneratorTask<PplOptions>): void {
  if (options.path !== "spherical" || isNormal(loaded, generator)) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--path spherical: "${generator.from.name}" has no normal prior, so its codes are not near a sphere. Use linear.`,
  );
}

async function summaries(
  rows: readonly PathRow[],
  seed: number,
): Promise<Pick<Result, "exact" | "difference" | "judgement">> {
  const of = (key: "exact" | "difference") =>
    endingAtOnce(() =>
      summarizePathLengths(
        rows.map((row) => row[key]),
        { seed },
      ),
    );
  return {
    exact: await of("exact"),
    difference: await of("difference"),
    judgement: judgeDifferences(rows),
  };
}

/** Positions are drawn from streams that samples of codes do not reach. */
const FIRST_POSITION = 2 ** 40;

/** Where on interpolation i its speed is taken. */
function positionOf(seed: number, index: number): number {
  const [position = 0] = uniform(seed, FIRST_POSITION + index, 1);
  return position;
}

function isNormal(loaded: LoadedModel, { from }: OnnxMap): boolean {
  return isInput(loaded, from.name) && (from.prior?.kind ?? "normal") === "normal";
}

interface Result {
  readonly exact: PathLengthSummary;
  readonly difference: PathLengthSummary;
  readonly rows: readonly PathRow[];
  readonly judgement: DifferenceReport;
  readonly epsilon: number;
  readonly provenance: Provenance;
}

/** @throws {VielbeinError} `NUMERICAL_FAILURE` for differences that say nothing. */
function requireDifferences({ judgement, exact, difference, epsilon }: Result): void {
  if (judgement.quality !== "rounding") return;
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `--epsilon ${epsilon}: outputs this close differ more by rounding in float32 than by the path between them: the differences give ${difference.mean.toPrecision(5)}, the derivative ${exact.mean.toPrecision(5)} (means of all pairs). Take a larger --epsilon, such as 1e-4.`,
  );
}

/** Root mean square of the relative deviation of the differences from the exact values. */
function deviation(rows: readonly PathRow[]): number {
  const squares = rows.map(({ exact, difference }) => (exact === 0 ? 0 : (difference / exact - 1) ** 2));
  return Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / rows.length);
}

function jsonOf({ exact, difference, rows, judgement, epsilon, provenance }: Result): object {
  return {
    pairs: rows.length,
    exact,
    difference: { epsilon, ...difference, deviation: deviation(rows), ...judgement },
    provenance,
  };
}

function tableOf(
  { exact, difference, rows, judgement, epsilon, provenance }: Result,
  distance: Distance,
): string {
  const lines = [
    { name: `exact, by ${ROUTE}`, ...exact },
    { name: `differences, ε = ${epsilon}`, ...difference },
  ];
  const body = table(lines, [
    text("", ({ name }) => name),
    number("path length", ({ trimmedMean }) => trimmedMean.toPrecision(5)),
    number("std. error", ({ trimmed }) => trimmed.standardError.toPrecision(2)),
    text("95 % interval", ({ trimmed }) => trimmed.interval.map((x) => x.toPrecision(4)).join(" … ")),
    number("untrimmed", ({ mean }) => mean.toPrecision(5)),
    number("std. error", ({ standardError }) => (rows.length > 1 ? standardError.toPrecision(2) : "")),
  ]);
  const remarks = definedItems([
    `${rows.length} pairs, ${originOf(provenance)}; one difference is off by ${(100 * deviation(rows)).toPrecision(2)} % (rms)`,
    judgement.quality === "near rounding"
      ? "the differences are near the rounding of outputs in float32: a larger --epsilon is safer"
      : undefined,
    ...distanceRemark(distance),
  ]);
  return `${body}\n${remarks.join("\n")}\n`;
}
