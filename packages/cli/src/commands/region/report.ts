// What `region` says of its directions: as JSON, as a table, as a sheet of images.

import type { FoundDirections, Provenance } from "@vielbein/core";
import { linearTraversal, symmetricSteps } from "@vielbein/core/paths";
import { rowAt, transpose } from "@vielbein/linalg";
import { contactSheet, formatStep } from "@vielbein/viz";
import { footerOf, originOf, stillnessRemark } from "../../inputs/captions.ts";
import { type Drawing, imagesOf, sheetLook } from "../../inputs/pictures.ts";
import { changesOf, changesText, withOutline } from "../../inputs/region.ts";
import type { Region } from "../../inputs/region-masks.ts";
import type { GeneratorTask } from "../../inputs/task.ts";
import { definedItems } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import { number, significant, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";
import { type RegionCommandOptions, SHOWN, toleranceOf } from "./options.ts";

/** Below this share of the largest, motion inside is rounding, and so is its quotient. */
const RESOLVED = 1e-6;

/** What becomes of the rest, for captions. */
const REST: Readonly<Record<RegionCommandOptions["outside"], string>> = {
  ignore: "the rest ignored",
  keep: "the rest kept still",
  ratio: "inside per outside",
};

/** The directions, and what other directions do to the same region. */
export interface Found {
  readonly directions: FoundDirections;
  /** Quotients outside / inside. */
  readonly controls: {
    readonly localBasis: readonly number[];
    /** The median of so many. */
    readonly random: number;
    readonly randomCount: number;
  };
}

export function regionJson(
  { directions, controls }: Found,
  point: Float32Array,
  provenance: Provenance,
): object {
  const { vectors, values, inside, outside, kept, products, residual, traceError } = directions;
  return {
    point: Array.from(point),
    kept,
    products,
    residual,
    traceError,
    directions: Array.from(values, (value, k) => ({
      name: `d${k}`,
      value,
      inside: inside[k],
      outside: outside[k],
      vector: Array.from(rowAt(transpose(vectors).data, k, vectors.rows)),
    })),
    controls,
    provenance,
  };
}

export function regionText(
  { directions, controls }: Found,
  provenance: Provenance,
  options: RegionCommandOptions,
): string {
  const { outside } = options;
  const { inside, outside: beyond, products, residual = 0, traceError = 0 } = directions;
  const rows = Array.from(inside.subarray(0, SHOWN), (_, k) => k);
  const most = Math.max(...inside);
  const body = table(rows, [
    text("direction", (k) => `d${k}`),
    number("inside", (k) => significant(inside[k], 4)),
    number("outside", (k) => significant(beyond[k], 4)),
    number("outside/inside", (k) =>
      significant(inside[k]! > RESOLVED * most ? beyond[k]! / inside[k]! : undefined, 4),
    ),
    number("of the local basis", (k) => significant(controls.localBasis[k], 4)),
  ]);
  const rest = inside.length - rows.length;
  const lines = definedItems([
    keptRemark(directions, provenance, options),
    `outside/inside of random directions: ${significant(controls.random, 4)} (median of ${controls.randomCount})`,
    products === undefined
      ? undefined
      : `by iteration, ${products} products with the Jacobian and its transpose; largest residual ${residual.toPrecision(2)} of the largest value`,
    traceError > 0
      ? `τ is off by ${(100 * traceError).toPrecision(2)} % (one standard error): the trace of the outer metric is estimated`
      : undefined,
    rest > 0 ? `… ${rest} more: --json or --directions-out` : undefined,
    ...stillnessRemark(provenance.from.name, provenance.to.name, [Math.max(...inside, ...beyond)]),
  ]);
  const title = heading(
    spacesText(provenance.from, provenance.to),
    `${originOf(provenance)}, ${REST[outside]}`,
  );
  return `${title}\n${body}\n${lines.map((line) => `${dim(line)}\n`).join("")}`;
}

/** Of `keep`: the dimension that is left, and how much of it is of no use. */
function keptRemark(
  { kept, vectors }: FoundDirections,
  { from }: Provenance,
  options: RegionCommandOptions,
): string | undefined {
  if (kept === undefined) return undefined;
  const areAll = vectors.cols < Math.min(options.k ?? SHOWN, kept);
  return definedItems([
    `${kept} of ${from.dim} dimensions move the rest by at most ${toleranceOf(options)} of the most that one does`,
    areAll
      ? `left out of these, since they do not move the region either: ${kept - vectors.cols}`
      : undefined,
  ]).join("; ");
}

/** Computes the images along the directions; the result makes the sheet of them. */
export async function sheetOf(
  { loaded, generator, options, signal }: GeneratorTask<RegionCommandOptions>,
  point: Float32Array,
  { directions }: Found,
  area: Region,
  drawing: Drawing,
  provenance: Provenance,
): Promise<() => string> {
  const { vectors } = directions;
  const changes = changesOf(directions).map(changesText);
  const steps = symmetricSteps(options.range, options.columns);
  const turned = transpose(vectors);
  const rows: Float32Array[] = [];
  for (let k = 0; k < Math.min(SHOWN, vectors.cols); k++) {
    const points = linearTraversal(point, rowAt(turned.data, k, vectors.rows), steps);
    rows.push(await generator.evaluate(points, steps.length, { signal }));
  }
  return () =>
    contactSheet({
      title: `${loaded.file}: directions of a region`,
      subtitle: `${spacesText(generator.from, generator.to)} · ${originOf(provenance)}, sample ${options.sample} · ${REST[options.outside]}`,
      columnTitle: `t in ${generator.from.name}`,
      columnLabels: steps.map(formatStep),
      rows: rows.map((values, k) => ({
        label: `direction ${k}`,
        sublabel: changes[k],
        images: withOutline(imagesOf(values, generator.to, drawing), area),
      })),
      ...sheetLook(drawing),
      footer: footerOf(provenance, drawing),
    });
}
