// What `curvature` says of its rows: as JSON, as a table, and as a plot along the spectrum. Curvatures are in radians per
// unit of the output; times ‖J·v‖ they are in radians per unit of the input, which compare between networks.

import type { Provenance } from "@vielbein/core";
import { bandOf, bandPlot, type LineSeries } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import { type Distance, distanceRemark } from "../../inputs/distance.ts";
import { defined, definedItems } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import { routeOf } from "../../kit/routes.ts";
import { number, significant, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";
import { counted } from "../report/words.ts";
import type { Along, CurvatureRow, Side } from "./rows.ts";

export interface CurvatureReport {
  readonly rows: readonly CurvatureRow[];
  /** Of the directions, and their numbers. */
  readonly names: readonly string[];
  readonly numbers: readonly number[];
  /** Step of the secant form, in units of the input. */
  readonly epsilon: number;
  /** Number of untrained networks. */
  readonly untrained: number;
  readonly isPiecewiseLinear: boolean;
  readonly provenance: Provenance;
}

export function curvatureJson(report: CurvatureReport): object {
  const { rows, names, epsilon, isPiecewiseLinear, provenance } = report;
  return {
    units: unitsOf(report),
    isPiecewiseLinear,
    epsilon,
    points: rows.map((row) => ({
      index: row.index,
      route: routeOf(row),
      products: known(row.products),
      share: known(row.share),
      rank: known(row.rank),
      ...sideJson(row, "", names),
      untrained: report.untrained > 0 ? sideJson(row, "untrained_", names) : undefined,
    })),
    provenance,
  };
}

function sideJson(row: CurvatureRow, side: Side, names: readonly string[]): object {
  const along = (what: Along, i: number) => known(row[`${side}${what}`][i]);
  const { data, cols } = row[`${side}sectional`];
  return {
    directions: names.map((name, i) => ({
      name,
      speed: along("speed", i),
      normal: along("normal", i),
      geodesic: along("geodesic", i),
      secant: along("secant", i),
      turn: along("turn", i),
      problem: along("normal", i) === null ? "does not move the output" : undefined,
    })),
    sectional: names.map((_, i) => names.map((_, j) => known(data[i * cols + j]))),
    mean: known(row[`${side}mean`]),
  };
}

function unitsOf({ provenance: { from, to } }: CurvatureReport): object {
  return {
    speed: `${to.name} / ${from.name}`,
    ...Object.fromEntries(
      ["normal", "geodesic", "secant", "turn", "mean"].map((what) => [what, `rad / ${to.name}`]),
    ),
    sectional: `1 / ${to.name}²`,
  };
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** What was found along direction i at all points, where there is something: per unit of the output, or of the input. */
function valuesOf(
  { rows }: CurvatureReport,
  side: Side,
  what: Along,
  i: number,
  per: "output" | "input" = "output",
): number[] {
  const scale = (row: CurvatureRow): number => (per === "input" ? (row[`${side}speed`][i] ?? Number.NaN) : 1);
  return rows
    .map((row) => (row[`${side}${what}`][i] ?? Number.NaN) * scale(row))
    .filter((value) => !Number.isNaN(value));
}

function median(values: readonly number[]): number {
  return bandOf([values], "percentiles").y[0] ?? Number.NaN;
}

export function curvatureText(report: CurvatureReport, distance: Distance): string {
  const { rows, names, untrained, provenance } = report;
  const over = (title: string, side: Side, what: Along, per: "output" | "input" = "output") =>
    number<string>(title, (_, i) => significant(median(valuesOf(report, side, what, i, per)), 4));
  const body = table(names, [
    text("direction", (name) => name),
    over("‖J·v‖", "", "speed"),
    over("normal", "", "normal"),
    over("geodesic", "", "geodesic"),
    over("secant", "", "secant"),
    over("turn", "", "turn"),
    over("normal·‖J·v‖", "", "normal", "input"),
    over("secant·‖J·v‖", "", "secant", "input"),
    untrained > 0 ? over("untrained normal", "untrained_", "normal", "input") : undefined,
    untrained > 0 ? over("untrained secant", "untrained_", "secant", "input") : undefined,
  ]);
  const { from, to } = provenance;
  const count = rows.length === 1 ? [] : [`median of ${rows.length} points`];
  const remarks = [originOf(provenance), ...count, ...distanceRemark(distance)].join(", ");
  return `${[heading(spacesText(from, to), remarks), body, ...remarksOn(report).map(dim)].join("\n")}\n`;
}

function remarksOn(report: CurvatureReport): string[] {
  const { rows, epsilon, untrained, provenance } = report;
  const { from, to } = provenance;
  return [
    `normal, geodesic, secant and turn in radians per unit of ${to.name} (1/normal is a radius); secant and turn over ${epsilon} of ${from.name} to either side; times ‖J·v‖${untrained > 0 ? ", and untrained," : ""} in radians per unit of ${from.name}`,
    ...pointRemarks(report),
    ...planeRemarks(rows),
    ...definedItems([stepRemark(report), kinkRemark(report), productsRemark(rows)]),
  ];
}

/** Points and directions at which there is nothing to say. */
function pointRemarks({ rows, names, provenance }: CurvatureReport): string[] {
  const { from, to } = provenance;
  const filled = rows.filter(({ rank }) => rank === to.dim).length;
  const still = rows.filter(({ normal }) => normal.some(Number.isNaN)).length;
  return definedItems([
    filled > 0
      ? `at ${filled} of ${rows.length} points the tangent space is all of ${to.name}: nothing is normal to it, and normal curvature is 0 whatever the map does`
      : undefined,
    still > 0
      ? `at ${still} of ${rows.length} points some of ${names.length} directions of ${from.name} do not move ${to.name}: they have no curvature, and are left out`
      : undefined,
  ]);
}

/** The sectional curvatures of all planes at all points. */
function planesOf(rows: readonly CurvatureRow[], side: Side): number[] {
  return rows.flatMap(({ [`${side}sectional` as const]: { data, cols } }) =>
    Array.from(data).filter((value, at) => at % cols > Math.floor(at / cols) && !Number.isNaN(value)),
  );
}

/** Mean curvature, and the sectional curvatures. */
function planeRemarks(rows: readonly CurvatureRow[]): string[] {
  const means = rows.map(({ mean }) => mean).filter((value) => !Number.isNaN(value));
  const [planes, others] = [planesOf(rows, ""), planesOf(rows, "untrained_")];
  const negative = (values: readonly number[]) => values.filter((value) => value < 0).length;
  const beside = others.length > 0 ? `; untrained, ${negative(others)} of ${others.length}` : "";
  return definedItems([
    means.length > 0
      ? `mean curvature over the span of these directions: ${significant(median(means), 4)}`
      : undefined,
    planes.length > 0
      ? `sectional curvature of their ${planes.length} planes: median ${significant(median(planes), 3)}, from ${significant(Math.min(...planes), 3)} to ${significant(Math.max(...planes), 3)}, ${negative(planes)} negative${beside}`
      : undefined,
  ]);
}

/** How many times as much a finite step must see as a second derivative for kinks to be named. */
const KINKED = 2;

function stepRemark(report: CurvatureReport): string | undefined {
  const { provenance, names, epsilon } = report;
  const known = (what: Along) => names.flatMap((_, i) => valuesOf(report, "", what, i)).length;
  if (known("secant") >= known("normal")) return undefined;
  return `at some points a step of ${epsilon} is lost in the rounding of "${provenance.from.name}", or does not move "${provenance.to.name}": there are no secant and turn there. A larger --epsilon may see more`;
}

function kinkRemark(report: CurvatureReport): string | undefined {
  const { provenance, isPiecewiseLinear, names } = report;
  if (isPiecewiseLinear) {
    return `this network is piecewise linear: between kinks its second derivative is 0, and so are normal, geodesic, mean and sectional curvature; secant and turn say how "${provenance.to.name}" bends`;
  }
  const all = (what: Along) => names.flatMap((_, i) => valuesOf(report, "", what, i));
  const ratio = median(all("secant")) / median(all("normal"));
  if (!(ratio > KINKED)) return undefined;
  return `the finite step sees ${significant(ratio, 2)} times the normal curvature: the rest lies on kinks, or changes over the step; with a smaller --epsilon it grows where there are kinks, and vanishes where there are none`;
}

function productsRemark(rows: readonly CurvatureRow[]): string | undefined {
  const used = rows.filter(({ products }) => !Number.isNaN(products));
  if (used.length === 0) return undefined;
  const most = Math.max(...used.map(({ products }) => products));
  const share = Math.max(...used.map(({ share }) => share));
  return `tangent space by at most ${most} products with the Jacobian and its transpose for each point; of a normal part, at most ${significant(share, 2)}·σ₀/σᵢ may still lie along direction i`;
}

/** An SVG document. */
export function curvaturePlot(report: CurvatureReport): string {
  const { epsilon, provenance, rows } = report;
  const lines = [
    lineOf(report, "", "normal", "second derivative"),
    lineOf(report, "", "secant", `step of ${epsilon}`),
    lineOf(report, "untrained_", "normal", "untrained, second derivative"),
    lineOf(report, "untrained_", "secant", `untrained, step of ${epsilon}`),
  ];
  return bandPlot({
    title: `${provenance.model.file}: curvature along the spectrum`,
    subtitle: `${spacesText(provenance.from, provenance.to)} · ${originOf(provenance)}, ${counted(rows.length, "point")}`,
    series: lines.filter(({ y }) => Array.from(y).some((value) => value > 0)),
    x: { title: "direction", scale: "whole" },
    y: { title: `normal curvature (rad per unit of ${provenance.from.name})`, scale: "log" },
    ...defined({ bandTitle: rows.length > 1 ? "median over points, 5 to 95 %" : undefined }),
  });
}

function lineOf(report: CurvatureReport, side: Side, what: Along, label: string): LineSeries {
  const samples = report.names.map((_, i) => valuesOf(report, side, what, i, "input"));
  const { y, low, high } = bandOf(samples, "percentiles");
  const line = { label, x: report.numbers, y, reference: side !== "" };
  return report.rows.length > 1 ? { ...line, low, high } : line;
}
