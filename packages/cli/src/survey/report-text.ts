// The report of a survey as tables, as JSON and as CSV.

import { shortHash } from "../kit/names.ts";
import { type Column, number, significant, table, text } from "../kit/table.ts";
import { dim, heading } from "../kit/terminal.ts";
import type { Found } from "./found.ts";
import { isOfPairs, methodOf } from "./methods.ts";
import type { NamedPlan } from "./plan.ts";
import { type Quantity, quantitiesOf, shownOf } from "./quantities.ts";
import { rangesText } from "./shards.ts";
import type { MethodStatistics, Statistic } from "./statistics.ts";

export interface SurveyReport {
  readonly path: string;
  readonly plan: NamedPlan;
  readonly found: Found;
  readonly methods: readonly MethodStatistics[];
}

/** What is shown of a method, and how it is looked up. */
export interface ShownMethod extends MethodStatistics {
  readonly quantities: readonly Quantity[];
  /** Of a model at a layer. */
  readonly at: (quantity: string, model: number, layer: number) => Statistic | undefined;
}

/** Of a quantity that no row has a value of, nothing is shown. */
export function shownMethods({ plan, methods }: SurveyReport): ShownMethod[] {
  return methods.map((method, i) => {
    const known = method.statistics.filter(({ points }) => points > 0);
    const at = (quantity: string, model: number, layer: number) =>
      known.find((one) => one.quantity === quantity && one.model === model && one.layer === layer);
    const all = quantitiesOf(method.method, plan.methods[i]!.columns);
    const quantities = all.filter(({ name }) => known.some(({ quantity }) => quantity === name));
    return { ...method, at, quantities: shownOf(method.method, quantities) };
  });
}

export function reportText(report: SurveyReport): string {
  const { path, plan, found } = report;
  const rows = found.parts.reduce((sum, part) => sum + part.rows, 0);
  const title = heading(path, `survey ${shortHash(plan.id)}, ${rows} rows`);
  const parts = shownMethods(report).flatMap((method, i) => ["", ...methodPart(report, method, i)]);
  const remarks = remarksOn(report).map((remark) => dim(remark));
  return `${[title, ...parts, "", ...remarks].join("\n")}\n`;
}

/** A line for each model and layer. */
function methodPart({ plan }: SurveyReport, method: ShownMethod, index: number): string[] {
  const { layers, words } = plan.methods[index]!;
  const lines = plan.models.flatMap((model, m) =>
    layers.map(({ name }, layer) => ({
      model,
      layer: name,
      at: (quantity: string) => method.at(quantity, m, layer),
    })),
  );
  type Line = (typeof lines)[number];
  const nulls = method.quantities.some(
    ({ nullName }) => nullName !== undefined && lines.some(({ at }) => at(nullName)),
  );
  const columns = method.quantities.flatMap(({ name, title, nullName }): (Column<Line> | undefined)[] => [
    number(title, ({ at }) => withInterval(at(name))),
    nulls && nullName !== undefined && lines.some(({ at }) => at(nullName))
      ? number(nullTitle(nullName), ({ at }) => withInterval(at(nullName)))
      : undefined,
  ]);
  const kind = isOfPairs(methodOf(method.method)) ? "pairs" : "points";
  const body = table(lines, [
    plan.models.length > 1 ? text("model", ({ model }) => model.label) : undefined,
    plan.axis === undefined ? undefined : number(plan.axis, ({ model }) => model.at ?? ""),
    text("layer", ({ layer }) => layer),
    number(kind, ({ at }) => Math.max(0, ...method.quantities.map(({ name }) => at(name)?.points ?? 0))),
    ...columns,
  ]);
  return [heading(method.method, words.join(" ")), body];
}

function nullTitle(name: string): string {
  return name.startsWith("untrained") ? "(untrained)" : "(Haar)";
}

function withInterval(statistic: Statistic | undefined): string {
  if (!statistic) return "–";
  const { mean, interval } = statistic;
  const ends = interval?.map((end) => significant(end, 4)).join(", ");
  return ends === undefined ? significant(mean, 4) : `${significant(mean, 4)} [${ends}]`;
}

function remarksOn({ path, found, methods }: SurveyReport): string[] {
  const { missing, parts } = found;
  const problems = parts.reduce((sum, part) => sum + part.problems, 0);
  const size = Math.max(...methods.map(({ groupSize }) => groupSize));
  const lost = missing.reduce((sum, { count }) => sum + count, 0);
  return [
    `means, with 95 % intervals by the bootstrap over points or pairs${size > 1 ? `, drawn in groups of up to ${size}` : ""}, the same draws at all layers and models`,
    ...(problems > 0 ? [`${problems} rows have no values: the computation does not converge there`] : []),
    ...(missing.length > 0
      ? [
          `unfinished: shards ${rangesText(missing.map((shard) => shard.number))} with ${lost} rows are missing or damaged; vielbein survey run ${path} computes them`,
        ]
      : []),
  ];
}

export function reportJson({ plan, found, methods }: SurveyReport): object {
  return {
    survey: plan.id,
    axis: plan.axis ?? null,
    models: plan.models,
    missing: found.missing.map((shard) => shard.number),
    problems: found.parts.reduce((sum, { problems }) => sum + problems, 0),
    methods: methods.map(({ method, groupSize, statistics }, i) => ({
      method,
      words: plan.methods[i]!.words,
      provenance: plan.methods[i]!.layers.map(({ provenance }) => provenance),
      groupSize,
      statistics: statistics.map((one) => ({ ...placeOf(plan, i, one), ...numbersOf(one) })),
    })),
  };
}

function placeOf({ models, methods }: NamedPlan, method: number, { model, layer }: Statistic) {
  const { label, at } = models[model]!;
  return { model: label, at: at ?? null, layer: methods[method]!.layers[layer]!.name };
}

const PERCENTILES = ["p5", "p25", "p50", "p75", "p95"] as const;

/** Null stands for what is not known. */
function numbersOf({ quantity, points, missing, mean, interval, values }: Statistic) {
  const percentiles = PERCENTILES.map((name, i) => [name, finite(values?.percentiles[i])] as const);
  return {
    quantity,
    points,
    missing,
    mean: finite(mean),
    low: finite(interval?.[0]),
    high: finite(interval?.[1]),
    standardDeviation: finite(values?.standardDeviation),
    ...Object.fromEntries(percentiles),
  };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** A line for each statistic. */
export function reportCsv({ plan, methods }: SurveyReport): string {
  const lines = methods.flatMap(({ method, statistics }, i) =>
    statistics.map((one) => ({ method, ...placeOf(plan, i, one), ...numbersOf(one) })),
  );
  const header = Object.keys(lines[0] ?? {});
  return [header, ...lines.map((line) => Object.values(line))]
    .map((cells) => `${cells.map(csvCell).join(",")}\r\n`)
    .join("");
}

/** As RFC 4180 has it. */
function csvCell(value: string | number | null): string {
  const cell = String(value ?? "");
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
