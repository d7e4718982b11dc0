// The report of a survey as tables, as JSON and as CSV.

import { definedItems } from "../kit/defined.ts";
import { shortHash } from "../kit/names.ts";
import { quoted } from "../kit/shell.ts";
import { type Column, number, significant, table, text } from "../kit/table.ts";
import { dim, heading } from "../kit/terminal.ts";
import type { Found } from "./found.ts";
import { COMPARED, type FoundHomogeneity } from "./homogeneity.ts";
import { isOfPairs, methodOf } from "./methods.ts";
import { type NamedPlan, type PlannedModel, plannedPart } from "./plan.ts";
import { nullTitle, type Quantity, quantitiesOf, shownOf } from "./quantities.ts";
import { countsText } from "./report-counts.ts";
import { isSamePart, rangesText, type Shard } from "./shards.ts";
import type { MethodStatistics, Statistic } from "./statistics.ts";

export interface SurveyReport {
  readonly path: string;
  readonly plan: NamedPlan;
  readonly found: Found;
  readonly homogeneity: Pick<FoundHomogeneity, "damaged" | "lost">;
  readonly methods: readonly MethodStatistics[];
}

/** What is shown of a method, and how it is looked up. */
export interface ShownMethod extends MethodStatistics {
  readonly quantities: readonly Quantity[];
  /** Of a model at a layer. */
  readonly at: (quantity: string, model: number, layer: number) => Statistic | undefined;
}

/** Of a quantity that no row has a value of, nothing is shown, unless it is for want of a local dimension. */
export function shownMethods({ methods }: SurveyReport): ShownMethod[] {
  return methods.map((found) => {
    const { method, statistics } = found;
    const known = statistics.filter(({ points }) => points > 0);
    const at = (quantity: string, model: number, layer: number) =>
      known.find((one) => one.quantity === quantity && one.model === model && one.layer === layer);
    const quantities = shownOf(method.name, quantitiesOf(method.name, method.columns)).filter(
      ({ name, needsDimension }) =>
        (needsDimension ? statistics : known).some(({ quantity }) => quantity === name),
    );
    return { ...found, at, quantities };
  });
}

export function reportText(report: SurveyReport): string {
  const { path, plan, found } = report;
  const rows = found.parts.reduce((sum, part) => sum + part.rows, 0);
  const title = heading(path, `survey ${shortHash(plan.id)}, ${rows} rows`);
  const parts = shownMethods(report).flatMap((shown) => ["", ...methodPart(report, shown)]);
  const remarks = remarksOn(report).map((remark) => dim(remark));
  return `${[title, ...parts, "", ...remarks].join("\n")}\n`;
}

/** One line of the table of a method. */
export interface Line {
  readonly model: PlannedModel;
  readonly layer: string;
  readonly at: (quantity: string) => Statistic | undefined;
  /** Of how many rows the quantities are that not all rows have. */
  readonly counts: string;
}

function methodPart(report: SurveyReport, shown: ShownMethod): string[] {
  const { lines, columns } = methodTable(report, shown);
  const { name, words } = shown.method;
  return [heading(name, words.map(quoted).join(" ")), table(lines, columns)];
}

/** A line for each model and layer. */
export function methodTable(
  { plan, found }: SurveyReport,
  shown: ShownMethod,
): { readonly lines: readonly Line[]; readonly columns: readonly Column<Line>[] } {
  const { method, quantities, at } = shown;
  const lines = plan.models.flatMap((model, m) =>
    method.layers.map(({ name }, layer): Line => {
      const part = { model: m, method: plan.methods.indexOf(method), layer };
      const problems = found.parts.find((one) => isSamePart(one, part))?.problems ?? 0;
      const counts = countsText(shown, quantities, part, problems);
      return { model, layer: name, at: (quantity) => at(quantity, m, layer), counts };
    }),
  );
  const columns = definedItems([
    plan.models.length > 1 ? text<Line>("model", ({ model }) => model.label) : undefined,
    plan.axis === undefined ? undefined : number<Line>(plan.axis, ({ model }) => model.at ?? ""),
    text<Line>("layer", ({ layer }) => layer),
    number<Line>(isOfPairs(methodOf(method.name)) ? "pairs" : "points", (line) =>
      Math.max(0, ...quantities.map(({ name }) => line.at(name)?.points ?? 0)),
    ),
    ...quantities.flatMap((quantity) => quantityColumns(quantity, lines)),
    lines.some(({ counts }) => counts !== "") ? text<Line>("", ({ counts }) => counts) : undefined,
  ]);
  return { lines, columns };
}

/** Of a quantity, and of its null, if that is known. */
function quantityColumns({ name, title, nullName = "" }: Quantity, lines: readonly Line[]): Column<Line>[] {
  const own = number<Line>(title, ({ at }) => withInterval(at(name)));
  if (!lines.some(({ at }) => at(nullName))) return [own];
  return [own, number(nullTitle(nullName), ({ at }) => withInterval(at(nullName)))];
}

function withInterval(statistic: Statistic | undefined): string {
  if (!statistic) return "–";
  const { mean, interval } = statistic;
  const ends = interval?.map((end) => significant(end, 4)).join(", ");
  return ends === undefined ? significant(mean, 4) : `${significant(mean, 4)} [${ends}]`;
}

/** How the numbers are to be read, and what is missing. */
export function remarksOn({ path, found, homogeneity, methods }: SurveyReport): string[] {
  const { missing, parts } = found;
  const problems = parts.reduce((sum, part) => sum + part.problems, 0);
  const size = Math.max(...methods.map(({ groupSize }) => groupSize));
  const grouped = size > 1 ? `, drawn in groups of up to ${size}` : "";
  const rows = missing.reduce((sum, { count }) => sum + count, 0);
  return definedItems([
    `means, with 95 % intervals by the bootstrap over points or pairs${grouped}, the same draws at all layers and models`,
    methods.some(({ statistics }) => statistics.some(({ quantity }) => quantity === "homogeneity"))
      ? `homogeneity is the mean correlation of log λ over pairs of the first ${COMPARED} points`
      : undefined,
    problems > 0 ? `${problems} rows have no values: the computation does not converge there` : undefined,
    missing.length > 0
      ? `unfinished: shards ${numbersText(missing)} with ${rows} rows are missing or damaged; vielbein survey run ${quoted(path)} computes them`
      : undefined,
    homogeneity.damaged.length > 0
      ? `homogeneity lacks ${homogeneity.lost} points: arrays of shards ${numbersText(homogeneity.damaged)} are damaged; vielbein survey run ${quoted(path)} computes them again`
      : undefined,
  ]);
}

function numbersText(shards: readonly Shard[]): string {
  return rangesText(shards.map(({ number }) => number));
}

export function reportJson({ plan, found, homogeneity, methods }: SurveyReport): object {
  return {
    survey: plan.id,
    axis: plan.axis ?? null,
    models: plan.models,
    missing: found.missing.map((shard) => shard.number),
    damagedArrays: homogeneity.damaged.map((shard) => shard.number),
    problems: found.parts.reduce((sum, { problems }) => sum + problems, 0),
    methods: methods.map(({ method, groupSize, statistics }) => ({
      method: method.name,
      words: method.words,
      provenance: method.layers.map(({ provenance }) => provenance),
      groupSize,
      statistics: statistics.map((one) => ({ ...placeOf(plan, one), ...numbersOf(one) })),
    })),
  };
}

function placeOf(plan: NamedPlan, statistic: Statistic) {
  const { model, layer } = plannedPart(plan, statistic);
  return { model: model.label, at: model.at ?? null, layer: layer.name };
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

const CSV_COLUMNS = [
  ...["method", "model", "at", "layer", "quantity", "points", "missing"],
  ...["mean", "low", "high", "standardDeviation", ...PERCENTILES],
];

/** A line for each statistic. */
export function reportCsv({ plan, methods }: SurveyReport): string {
  const lines = methods.flatMap(({ method, statistics }) =>
    statistics.map((one) => ({ method: method.name, ...placeOf(plan, one), ...numbersOf(one) })),
  );
  return [CSV_COLUMNS, ...lines.map((line) => Object.values(line))]
    .map((cells) => `${cells.map(csvCell).join(",")}\r\n`)
    .join("");
}

/** As RFC 4180 has it. */
function csvCell(value: string | number | null): string {
  const cell = String(value ?? "");
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
