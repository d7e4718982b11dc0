// The rows of `curvature`: what was found at a point of the model, and of a network with redrawn weights.

import type { Curvature } from "@vielbein/core";
import { type Matrix, matrix } from "@vielbein/linalg";
import { ROUTE_COLUMN, routeCell } from "../../kit/routes.ts";
import { type Column, type Columns, NOT_NEGATIVE } from "../../kit/row-file.ts";

/** Numbers along the directions, `[d]`: see {@link Curvature}. */
const ALONG = ["normal", "geodesic", "secant", "turn"] as const;

export type Along = "speed" | (typeof ALONG)[number];

/** Of the model, or of the untrained network in its place. */
export type Side = "" | "untrained_";

/** Arrays of the .npz file, less their first axis; NaN for what there is not. */
export type CurvatureRow = Readonly<
  Record<"index" | "route" | "products" | "share" | "rank", number> &
    Record<`${Side}${Along}`, Float64Array> &
    Record<`${Side}sectional`, Matrix> &
    Record<`${Side}mean`, number>
>;

export function rowOf(
  index: number,
  count: number,
  trained: Curvature,
  untrained: Curvature | undefined,
): CurvatureRow {
  const cells = {
    index,
    route: routeCell(trained.route),
    products: trained.products ?? Number.NaN,
    share: trained.share ?? Number.NaN,
    rank: trained.rank ?? Number.NaN,
    ...cellsOf("", count, trained),
    ...cellsOf("untrained_", count, untrained),
  };
  return cells as unknown as CurvatureRow;
}

function cellsOf(side: Side, count: number, found: Curvature | undefined): object {
  const along = (what: Along): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => found?.directions[i]?.[what] ?? Number.NaN);
  const planes = Float64Array.from(
    { length: count * count },
    (_, at) => found?.sectional[Math.floor(at / count)]?.[at % count] ?? Number.NaN,
  );
  return {
    ...Object.fromEntries((["speed", ...ALONG] as const).map((what) => [`${side}${what}`, along(what)])),
    [`${side}sectional`]: matrix(count, count, planes),
    [`${side}mean`]: found?.mean ?? Number.NaN,
  };
}

export function columnsOf(count: number): Columns<CurvatureRow> {
  const single: Column = { shape: [], hasGaps: true, ...NOT_NEGATIVE };
  const whole: Column = { ...single, isWhole: true };
  const columns = {
    index: { shape: [], at: (row: number) => row },
    route: ROUTE_COLUMN,
    products: whole,
    share: single,
    rank: whole,
    ...columnsFor("", count),
    ...columnsFor("untrained_", count),
  };
  return columns as unknown as Columns<CurvatureRow>;
}

function columnsFor(side: Side, count: number): Readonly<Record<string, Column>> {
  const along: Column = { shape: [count], hasGaps: true, ...NOT_NEGATIVE };
  return {
    ...Object.fromEntries((["speed", ...ALONG] as const).map((what) => [`${side}${what}`, along])),
    [`${side}sectional`]: { shape: [count, count], hasGaps: true },
    [`${side}mean`]: { shape: [], hasGaps: true, ...NOT_NEGATIVE },
  };
}
