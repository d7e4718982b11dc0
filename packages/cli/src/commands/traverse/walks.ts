// The three ways to walk along a local direction, as the traverse command offers them: on a line, on a sphere, along
// the curve. A walk ends in values of the head map (from → via, or from → to); with --via, the tail decodes them.

import { type LocalBasis, VielbeinError } from "@vielbein/core";
import {
  type CurveStep,
  curveTraversal,
  linearTraversal,
  restrictToLayers,
  sphericalTraversal,
  symmetricSteps,
} from "@vielbein/core/paths";
import type { OnnxMap } from "@vielbein/onnx";
import { formatStep } from "@vielbein/viz";
import type { MapOptions } from "../../inputs/model.ts";
import { indexList, integer, positive } from "../../kit/arguments.ts";
import { columnOf } from "../../kit/columns.ts";
import { choice, type OptionsOf, option } from "../../kit/options.ts";

export const walkOptions = {
  directions: option(
    "--directions <list>",
    "directions, from 0, by falling singular value (default: 0-4)",
    indexList,
  ),
  path: choice(
    "--path <shape>",
    "on a line, on the sphere of the code's norm, or along the curve that follows the direction",
    ["linear", "spherical", "curve"],
    "linear",
  ),
  via: option(
    "--via <tensor>",
    "take the directions of from → via; a line runs in the space of this tensor, which is then decoded",
  ).conflicts("region"),
  layers: option(
    "--layers <list>",
    "in a space [layers, dim], move these layers only, e.g. 0-3 (linear)",
    indexList,
  ),
  range: option(
    "--range <t>",
    "how far to go either way: in the space that the line runs in, in radians, or the length of the curve (default: 0.6 rad, 3 units of the input, or 3σ of the weakest direction in another space)",
    positive,
  ),
  unit: choice("--unit <space>", "what --range measures on a curve (default: input)", ["input", "output"]),
  curveSteps: option("--curve-steps <n>", "steps of a curve, both ways together", integer(2, 10_000), 24),
  columns: option("--columns <n>", "columns of images", integer(2, 999), 7),
  sample: option("--sample <j>", "index of the sample, or row of --points", integer(0), 0),
};

export type WalkOptions = OptionsOf<typeof walkOptions> & Pick<MapOptions, "memory">;

/** Maps that a traversal runs through; `tail` where directions are those of a space on the way. */
export interface Route {
  readonly head: OnnxMap;
  readonly tail?: OnnxMap | undefined;
}

/** What the columns are. */
export interface Columns {
  readonly title: string;
  readonly positions: readonly number[];
  readonly labels: readonly string[];
}

/** The columns for these options, the range by default as far as samples of a normal prior lie apart. */
export function columnsOf(
  options: WalkOptions,
  basis: LocalBasis,
  directions: readonly number[],
  { head, tail }: Route,
): Columns {
  const { path, unit = "input" } = options;
  if (options.layers && path !== "linear") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--layers goes with --path linear, got --path ${path}. Leave out one of them.`,
    );
  }
  if (path === "curve" && options.columns % 2 === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--columns must be odd with --path curve, which starts in the middle, got ${options.columns}.`,
    );
  }
  const inOutput = (path === "linear" && tail !== undefined) || (path === "curve" && unit === "output");
  // Three input units are three standard deviations of a normal prior. In the output, 3σ of the weakest direction: for
  // the others the way is shorter than three input units, for none is it longer.
  const weakest = Math.min(...directions.map((k) => basis.singularValues[k] ?? 0));
  const reach = inOutput && weakest > 0 ? 3 * weakest : 3;
  const range = options.range ?? (path === "spherical" ? 0.6 : Number(reach.toPrecision(2)));
  const space = inOutput ? head.to.name : head.from.name;
  const title = { linear: `t in ${space}`, spherical: "angle (rad)", curve: `length in ${space}` }[path];
  const positions = symmetricSteps(range, options.columns);
  return { title, positions, labels: positions.map(formatStep) };
}

/** A row of the sheet: images `[columns, to.dim]`, and the report of a curve. */
export interface Strip {
  readonly images: Float32Array;
  readonly walk?: readonly CurveStep[];
}

/** Walks along direction `k` of the basis. */
export async function walk(
  { head, tail }: Route,
  basis: LocalBasis,
  k: number,
  columns: Columns,
  options: WalkOptions,
  signal: AbortSignal,
): Promise<Strip> {
  const { positions } = columns;
  const decode = async (values: Float32Array) =>
    tail ? tail.evaluate(values, positions.length, { signal }) : values;
  if (options.path === "curve") {
    const { values, steps: report } = await curveTraversal(head, basis, k, {
      length: Math.max(...positions),
      unit: options.unit ?? "input",
      steps: options.curveSteps,
      frames: positions.length,
      signal,
      memoryBudget: options.memory,
    });
    return { images: await decode(values), walk: report };
  }
  if (options.path === "spherical") {
    const points = sphericalTraversal(basis.point, columnOf(basis.inputVectors, k), positions);
    return { images: await decode(await head.evaluate(points, positions.length, { signal })) };
  }
  const space = tail ? tail.from : head.from;
  const vector = columnOf(tail ? basis.outputVectors : basis.inputVectors, k);
  const direction = options.layers ? restrictToLayers(space, vector, options.layers) : vector;
  const points = linearTraversal(tail ? basis.value : basis.point, direction, positions);
  return { images: await (tail ?? head).evaluate(points, positions.length, { signal }) };
}
