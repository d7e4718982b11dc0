// What `flipd` says of its estimates: as JSON, as a table over the levels of noise, as curves.

import type { Provenance } from "@vielbein/core";
import { bandOf, bandPlot, type LineSeries } from "@vielbein/viz";
import { originOf } from "../../inputs/captions.ts";
import type { DenoiserDescription } from "../../inputs/denoiser.ts";
import { definedItems } from "../../kit/defined.ts";
import { spacesText } from "../../kit/names.ts";
import { routeOf } from "../../kit/routes.ts";
import { fixed, number, spread, table } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";

/** Columns of the .npz file: one row for each level and point, level by level. */
export interface FlipdRow {
  readonly level: number;
  readonly index: number;
  readonly dimension: number;
  /** Half of the 95 % interval for what random vectors leave open; 0 where the trace is exact. */
  readonly margin: number;
  readonly passed: number;
  readonly displacement: number;
  readonly products: number;
  /** Position in `DERIVATIVE_ROUTES`. */
  readonly route: number;
  /** The estimate by a network with redrawn weights; NaN without --untrained. */
  readonly untrained: number;
}

export interface FlipdReport {
  readonly rows: readonly FlipdRow[];
  readonly levels: readonly DenoiserDescription[];
  /** Networks with redrawn weights. */
  readonly untrained: number;
  readonly provenance: Provenance;
}

/** Rows shown one by one: more are summarised. */
const FEW = 8;

/** The rows of each level that has any. */
function byLevel({ rows, levels }: FlipdReport) {
  return levels
    .map((level, at) => ({ ...level, points: rows.filter((row) => row.level === at) }))
    .filter(({ points }) => points.length > 0);
}

export function flipdJson(report: FlipdReport): object {
  return {
    from: report.provenance.from,
    levels: byLevel(report).map(({ sigma, alpha, points }) => ({
      sigma,
      alpha,
      points: points.map((row) => pointJson(row, report.untrained > 0)),
    })),
    provenance: report.provenance,
  };
}

function pointJson({ level: _, untrained, ...row }: FlipdRow, hasNull: boolean): object {
  return { ...row, route: routeOf(row), untrained: hasNull ? untrained : undefined };
}

export function flipdTable(report: FlipdReport): string {
  const { provenance, untrained, rows } = report;
  const levels = byLevel(report);
  type Level = (typeof levels)[number];
  const over = (title: string, value: (row: FlipdRow) => number, digits = 1) =>
    number<Level>(title, ({ points }) => spread(points.map(value), digits));
  const isSampled = rows.some(({ margin }) => margin > 0);
  const body = table(levels, [
    number("σ", ({ sigma }) => sigma),
    over("dimension", ({ dimension }) => dimension),
    isSampled ? over("± (95 %)", ({ margin }) => margin) : undefined,
    number("below ½", ({ points }) => points.filter(({ dimension }) => dimension < 0.5).length),
    over("let pass", ({ passed }) => passed),
    over("moved by", ({ displacement }) => displacement),
    untrained > 0 ? over("untrained", (row) => row.untrained) : undefined,
  ]);
  const title = heading(
    `dimension of the data at ${spacesText(provenance.from)}`,
    `${originOf(provenance)}, ${provenance.points.count} points, median and range`,
  );
  return `${title}\n${body}\n${pointLines(levels)}${dim(remarkOf(report))}\n`;
}

/** The estimate at every point over the levels, where there are few. */
function pointLines(levels: Levels): string {
  const [{ points } = { points: [] }] = levels;
  if (points.length > FEW || points.length === 1) return "";
  const body = table(points, [
    number("point", ({ index }) => index),
    ...levels.map(({ sigma, points: rows }) =>
      number<FlipdRow>(`σ = ${sigma}`, ({ index }) =>
        fixed(rows.find((row) => row.index === index)?.dimension, 1),
      ),
    ),
  ]);
  return `${body}\n`;
}

function remarkOf({ levels, rows }: FlipdReport): string {
  const [{ prediction, process }] = levels as [DenoiserDescription];
  return definedItems([
    `the network is taken to predict ${prediction}, in a process of kind ${process}`,
    rows.length > 0
      ? `at most ${Math.max(...rows.map(({ products }) => products))} products a point`
      : undefined,
  ]).join("; ");
}

/** The null is written beneath: on one axis with the estimates it would flatten them. */
export function flipdPlot(report: FlipdReport): string {
  const { provenance, untrained, rows } = report;
  const levels = byLevel(report).sort((a, b) => a.sigma - b.sigma);
  const { count } = provenance.points;
  const nulls = rows.map((row) => row.untrained);
  return bandPlot({
    title: `${provenance.model.file}: dimension of the data (FLIPD)`,
    subtitle: `${spacesText(provenance.from)} · ${originOf(provenance)}, ${count} points`,
    series: count > FEW ? [summaryOf(levels)] : pointCurves(levels),
    x: { title: "σ, the deviation of the noise", scale: "log" },
    y: { title: "dimension" },
    bandTitle: definedItems([
      count > FEW ? "median and 5–95 %" : undefined,
      untrained > 0 ? `untrained: ${spread(nulls, 0)}` : undefined,
    ]).join("; "),
  });
}

type Levels = ReturnType<typeof byLevel>;

function summaryOf(levels: Levels): LineSeries {
  const samples = levels.map(({ points }) => points.map(({ dimension }) => dimension));
  return { label: "denoiser", x: levels.map(({ sigma }) => sigma), ...bandOf(samples, "percentiles") };
}

function pointCurves(levels: Levels): LineSeries[] {
  const [first] = levels;
  return (first?.points ?? []).map(({ index }) => ({
    label: `point ${index}`,
    x: levels.map(({ sigma }) => sigma),
    y: levels.map(({ points }) => points.find((row) => row.index === index)?.dimension ?? Number.NaN),
  }));
}
