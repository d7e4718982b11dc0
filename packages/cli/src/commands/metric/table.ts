// The report of `metric` as tables.

import type { Correlations, Homogeneity, HomogeneityProblem, Space } from "@vielbein/core";
import { type Matrix, toRows } from "@vielbein/linalg";
import { iterationText, originOf, stillnessRemark } from "../../inputs/captions.ts";
import { type Distance, distanceRemark } from "../../inputs/distance.ts";
import { drawsText } from "../../inputs/draws.ts";
import { layerLabels } from "../../inputs/layers.ts";
import { definedItems } from "../../kit/defined.ts";
import { type Column, fixed, number, significant, table, text } from "../../kit/table.ts";
import { dim, heading } from "../../kit/terminal.ts";
import { type LayerMetric, type MetricReport, PROBLEMS, sum, targetText } from "./report.ts";

const SHOWN = 8;

/** @param distance undefined of several layers. */
export function metricTable(report: MetricReport, distance: Distance | undefined): string {
  const { layers, between, provenance } = report;
  const remarks = [
    originOf(provenance),
    `eigenvalues of ${provenance.options.matrix}`,
    ...drawsText(provenance.options.draws),
    ...distanceRemark(distance),
  ];
  const parts = [
    heading(targetText(provenance, layers), remarks.join(", ")),
    ...spectrumPart(report),
    ...anisotropyPart(layers),
    ...homogeneityPart(layers),
    ...betweenPart(layers, between?.logarithmic),
  ];
  return `${parts.join("\n")}\n`;
}

/** The column of the layer's name, where there are several. */
function layerColumn<T extends { readonly to: Space }>(layers: readonly LayerMetric[]): Column<T>[] {
  return layers.length > 1 ? [text("layer", ({ to }) => to.name)] : [];
}

function spectrumPart({ layers, provenance: { from } }: MetricReport): string[] {
  const k = Math.max(...layers.map(({ mean }) => mean.length));
  const shown = Math.min(SHOWN, k);
  const lines = layers.flatMap(({ to, rows, mean }) => {
    const points = rows.map((row) => ({ to, point: String(row.index), values: row.eigenvalues }));
    const average = { to, point: "mean", values: mean };
    return layers.length > 1 ? [average] : [...points, average];
  });
  const body = table(lines, [
    ...layerColumn(layers),
    number("point", ({ point }) => point),
    number("trace", ({ values }) => (values.length === from.dim ? sum(values).toPrecision(5) : "–")),
    ...Array.from({ length: shown }, (_, i) =>
      number(`λ${i}`, ({ values }: { values: Float64Array }) => significant(values[i], 5)),
    ),
  ]);
  const more = k > shown ? [`… ${k - shown} more of each: --json or --out`] : [];
  return [body, ...[...more, ...accuracyLines(layers), ...stillLines(from, layers)].map((line) => dim(line))];
}

/** On leading pairs. */
function accuracyLines(layers: readonly LayerMetric[]): string[] {
  const found = layers.flatMap(({ rows }) => rows).filter(({ products }) => products !== undefined);
  if (found.length === 0) return [];
  const most = Math.max(...found.map(({ products }) => products as number));
  const worst = Math.max(...found.flatMap(({ residuals }) => [...(residuals as Float64Array)]));
  return [iterationText(most, worst)];
}

function stillLines(from: Space, layers: readonly LayerMetric[]): string[] {
  return layers.flatMap(({ to, rows }) =>
    stillnessRemark(
      from.name,
      to.name,
      rows.map(({ eigenvalues }) => Math.max(0, ...eigenvalues.map(Math.abs))),
    ),
  );
}

function anisotropyPart(layers: readonly LayerMetric[]): string[] {
  const lines = layers.flatMap(({ to, anisotropy: known }) =>
    known ? [{ to, ...known, axes: Object.values(known.axes) }] : [],
  );
  if (lines.length === 0) return [];
  const axes = ["axes for 99 %", "99.9 %", "99.99 %", "99.999 %"].map((title, i) =>
    number(title, (line: { axes: readonly number[] }) => line.axes[i] ?? ""),
  );
  const body = table(lines, [
    ...layerColumn(layers),
    ...axes,
    number("particip. ratio", ({ participationRatio }) => participationRatio.toFixed(2)),
    number("log-volume", ({ logVolume }) => logVolume.toFixed(1)),
    number("of rank", ({ rank }) => rank),
    number("√(λ₁/λᵣ)", ({ condition }) => condition.toExponential(1)),
  ]);
  const note = "of the mean spectrum; log-volume and the condition √(λ₁/λᵣ), of lengths, are of g = JᵀJ";
  return ["", dim(note), body];
}

/** Homogeneity between points, of the model and of its nulls. */
function homogeneityPart(layers: readonly LayerMetric[]): string[] {
  const lines = layers.flatMap(({ to, homogeneity: own, haar, shuffled }) =>
    definedItems([
      own && { to, label: "homogeneity", ...own },
      haar && { to, label: "random axes", ...haar },
      shuffled && { to, label: "shuffled weights", ...shuffled },
    ]),
  );
  if (lines.length === 0) return [];
  const body = table(lines, [
    ...layerColumn(layers),
    text("", ({ label }) => label),
    ...correlationColumns("of log λ", ({ logarithmic }) => logarithmic),
    ...correlationColumns("of λ", ({ linear }) => linear),
  ]);
  return ["", dim("between points"), body, ...remarksOn(layers)];
}

function correlationColumns(what: string, of: (found: Homogeneity) => Correlations): Column<Homogeneity>[] {
  return [
    number(`${what}: mean`, (found) => fixed(of(found).mean, 3)),
    number("median", (found) => fixed(of(found).median, 3)),
    number("deviation", (found) => fixed(of(found).standardDeviation, 3)),
  ];
}

/** Homogeneity between layers, where it was taken. */
function betweenPart(layers: readonly LayerMetric[], logarithmic: Matrix | undefined): string[] {
  if (!logarithmic) return [];
  const labels = layerLabels(layers.map(({ to }) => to));
  const body = table(toRows(logarithmic), [
    text("", (_, i) => labels[i] ?? ""),
    ...labels.map((label, k) => number(label, (row: readonly number[]) => fixed(row[k], 3))),
  ]);
  return ["", dim("between layers, of log λ: axes of the row at the layer of the column"), body];
}

/** How many pairs of points have no homogeneity, and why. */
function remarksOn(layers: readonly LayerMetric[]): string[] {
  const total = (problem: HomogeneityProblem) =>
    layers
      .flatMap(({ homogeneity: found }) => (found ? [found.logarithmic, found.linear] : []))
      .reduce((count, { undetermined }) => count + undetermined[problem], 0);
  return (["few", "constant"] as const).flatMap((problem) =>
    total(problem) === 0 ? [] : [dim(`${total(problem)} correlations left out: ${PROBLEMS[problem]}`)],
  );
}
