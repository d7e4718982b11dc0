// What `intrinsic` says: as JSON, as a table, as a plot, and as arrays of the estimates at the points.

import { VielbeinError } from "@vielbein/core";
import type { Cloud } from "@vielbein/core/intrinsic-dimension";
import { type NpyArray, writeNpz } from "@vielbein/linalg/npy";
import { layerPlot } from "@vielbein/viz";
import { provenanceArray } from "../../inputs/archives.ts";
import { definedItems } from "../../kit/defined.ts";
import { fixed, number, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";
import type { OpenedCloud } from "./clouds.ts";
import type { Estimated } from "./estimates.ts";

/** What a column of estimates at points is summarised by. */
interface Spread {
  readonly median: number;
  /** The 5th and the 95th percentile. */
  readonly low: number;
  readonly high: number;
  /** Points at which there is an estimate. */
  readonly count: number;
}

export function intrinsicJson(
  { cloud, jacobians, provenance }: OpenedCloud,
  estimates: readonly Estimated[],
): object {
  return {
    points: cloud.rowOf.length,
    distinct: cloud.n,
    coordinates: cloud.points.cols,
    estimates: estimates.map((each) => estimateJson(each, cloud)),
    jacobians: jacobians.map(({ dimension, status, kept }) => ({
      dimension: dimension ?? null,
      status,
      kept,
    })),
    provenance,
  };
}

function estimateJson({ name, k, estimate, reference }: Estimated, cloud: Cloud): object {
  const { dimension, reason, local } = estimate;
  return {
    estimator: name,
    neighbours: k,
    dimension: dimension ?? null,
    reason,
    gaussian: reference && {
      known: reference.known,
      estimated: reference.estimate.dimension ?? null,
      reason: reference.estimate.reason,
    },
    perPoint: local && {
      ...spreadOf(local),
      estimates: Array.from(ofGivenPoints(local, cloud), (x) => (Number.isNaN(x) ? null : x)),
    },
  };
}

/** The estimates at the points as they were given, `[N]`. */
function ofGivenPoints(local: Float64Array, { rowOf }: Cloud): Float64Array {
  return Float64Array.from(rowOf, (row) => local[row] ?? Number.NaN);
}

function spreadOf(local: Float64Array): Spread | undefined {
  const known = local.filter((x) => !Number.isNaN(x)).sort();
  if (known.length === 0) return undefined;
  const at = (share: number) => known[Math.round(share * (known.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.05), high: at(0.95), count: known.length };
}

export function intrinsicText(
  { cloud, name, origin, jacobians }: OpenedCloud,
  estimates: readonly Estimated[],
): string {
  const hasLocal = estimates.some(({ estimate }) => estimate.local);
  const body = table(estimates, [
    text("estimator", ({ title }) => title),
    number("neighbours", ({ k }) => k ?? ""),
    number("dimension", ({ estimate }) => fixed(estimate.dimension, 2)),
    text("Gaussian: known → estimated", ({ reference }) =>
      reference ? `${reference.known} → ${fixed(reference.estimate.dimension, 2)}` : "–",
    ),
    hasLocal
      ? text("at the points: median [5 %–95 %]", ({ estimate }) => localCell(estimate.local))
      : undefined,
  ]);
  const lines = definedItems([
    jacobians.length > 0 ? jacobianLine(jacobians) : undefined,
    cloud.repeated > 0 ? `${cloud.repeated} points are equal to earlier ones, and are left out` : undefined,
    ...reasonLines(estimates),
  ]);
  return `${heading(name, origin)}\n${body}\n${lines.map((line) => `${dim(line)}\n`).join("")}`;
}

function localCell(local: Float64Array | undefined): string {
  const spread = local && spreadOf(local);
  if (!spread) return "–";
  return `${fixed(spread.median, 2)} [${fixed(spread.low, 2)}–${fixed(spread.high, 2)}]`;
}

function jacobianLine(jacobians: OpenedCloud["jacobians"]): string {
  const count = jacobians.length === 1 ? "1 point" : `${jacobians.length} points`;
  const found = jacobians.map(({ dimension }) => dimension ?? "–").join(", ");
  const isMissing = jacobians.some(({ dimension }) => dimension === undefined);
  const why = isMissing ? " (–: its spectrum looks like noise alone, or is too short for the test)" : "";
  return `local dimension of the Jacobian at ${count}: ${found}${why}`;
}

/** Why there are dashes, one line for each reason. */
function reasonLines(estimates: readonly Estimated[]): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, estimate } of estimates) {
    if (estimate.reason === undefined) continue;
    titles.set(estimate.reason, [...(titles.get(estimate.reason) ?? []), title]);
  }
  return Array.from(titles, ([reason, all]) => `${all.join(", ")}: ${reason}`);
}

/** Boxes, or points, of every estimator with an estimate; and the Jacobian's dimension across. */
export function intrinsicPlot(opened: OpenedCloud, estimates: readonly Estimated[]): string {
  // A rule that counts no direction has no place on a logarithmic axis.
  const shown = estimates.filter(({ estimate }) => (estimate.dimension ?? 0) > 0);
  if (shown.length === 0) {
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `--plot: no estimator finds a dimension of "${opened.file}", so there is nothing to draw. The output says why; take other points or estimators.`,
    );
  }
  const locals = shown.map(({ estimate }) =>
    (estimate.local ?? new Float64Array()).filter((x) => !Number.isNaN(x)),
  );
  return layerPlot({
    title: `${opened.file}: intrinsic dimension`,
    subtitle: `${opened.name} · ${opened.origin}`,
    layers: shown.map(({ title }) => title),
    groups: definedItems([
      { label: "estimate", y: shown.map(({ estimate }) => estimate.dimension ?? Number.NaN) },
      {
        label: "the same of a Gaussian of that dimension",
        y: shown.map(({ reference }) => reference?.estimate.dimension ?? Number.NaN),
      },
      locals.some((values) => values.length > 0) ? { label: "at the points", samples: locals } : undefined,
    ]),
    reference: jacobianReference(opened.jacobians, shown.length),
    // From 1 to hundreds.
    y: { title: "dimension", scale: "log" },
  });
}

/** Median, least and greatest of the local dimensions, the same beside every estimator. */
function jacobianReference(jacobians: OpenedCloud["jacobians"], length: number) {
  const known = jacobians.flatMap(({ dimension }) => (dimension === undefined ? [] : [dimension]));
  if (known.length === 0) return undefined;
  const sorted = known.sort((a, b) => a - b);
  const all = (value: number | undefined) => Array.from({ length }, () => value ?? Number.NaN);
  const count = known.length === 1 ? "1 point" : `${known.length} points`;
  return {
    label: `local dimension of the Jacobian, ${count}`,
    y: all(sorted[sorted.length >> 1]),
    low: all(sorted[0]),
    high: all(sorted.at(-1)),
  };
}

/** The estimates at the points as they were given, `[N]` under the name of the estimator; NaN where there is none. */
export function encodeLocal({ cloud, provenance }: OpenedCloud, estimates: readonly Estimated[]): Uint8Array {
  const arrays = estimates.flatMap(({ name, estimate: { local } }): [string, NpyArray][] =>
    local ? [[name, { shape: [cloud.rowOf.length], data: ofGivenPoints(local, cloud) }]] : [],
  );
  return writeNpz({ ...Object.fromEntries(arrays), provenance: provenanceArray(provenance) });
}
