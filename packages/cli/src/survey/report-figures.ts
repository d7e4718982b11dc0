// The plots of a survey: every quantity that is shown, by layer, and by what the models differ in, beside its null.

import { type AxisOptions, type BandGroup, bandPlot, type LineSeries, layerPlot } from "@vielbein/viz";
import { layerLabels } from "../inputs/layers.ts";
import { defined, definedItems } from "../kit/defined.ts";
import { shortHash } from "../kit/names.ts";
import { isOfPairs, methodOf } from "./methods.ts";
import type { PlannedModel } from "./plan.ts";
import type { Quantity } from "./quantities.ts";
import type { ShownMethod, SurveyReport } from "./report-text.ts";
import type { Statistic } from "./statistics.ts";

/** A figure that is not composed yet. */
interface Figure {
  /** Of the file. */
  readonly name: string;
  readonly compose: () => string;
}

/** Those of a method. */
export function figuresOf(report: SurveyReport, shown: ShownMethod): Figure[] {
  const { axis } = report.plan;
  const known = new Set(
    shown.statistics.flatMap(({ quantity, mean }) => (Number.isFinite(mean) ? quantity : [])),
  );
  return shown.quantities.flatMap((quantity) => {
    if (!known.has(quantity.name)) return [];
    const plot = { report, shown, quantity };
    const name = `${shown.method.name}-${quantity.name.replaceAll("_", "-")}`;
    return definedItems<Figure>([
      { name: `${name}-by-layer.svg`, compose: () => byLayer(plot) },
      axis === undefined ? undefined : { name: `${name}-by-axis.svg`, compose: () => byAxis(plot, axis) },
    ]);
  });
}

interface Plot {
  readonly report: SurveyReport;
  readonly shown: ShownMethod;
  readonly quantity: Quantity;
}

/** A group for each model, over the null of the first. */
function byLayer(plot: Plot): string {
  const { report, shown, quantity } = plot;
  const { layers } = shown.method;
  const { plan } = report;
  const groupOf = (label: string, name: string, model: number): BandGroup => ({
    label,
    ...bandOf(layers.map((_, layer) => shown.at(name, model, layer))),
  });
  const { nullName } = quantity;
  const groups = plan.models.map(({ label }, model) =>
    groupOf(`${label} (95 % interval)`, quantity.name, model),
  );
  const reference = nullName === undefined ? undefined : groupOf(nullLabel(nullName), nullName, 0);
  return layerPlot({
    ...headingOf(plot),
    layers: layerLabels(layers.map(({ name, dim }) => ({ name, dim, shape: [dim] }))),
    groups,
    ...defined({ reference: reference && hasValue(reference.y) ? reference : undefined }),
    y: axisOf(quantity, groups),
  });
}

/** A line for each layer, and for the null of the last. */
function byAxis(plot: Plot, axis: string): string {
  const { report, shown, quantity } = plot;
  const { layers } = shown.method;
  const { models } = report.plan;
  const places = models.map(({ at }, i) => at ?? i);
  const order = [...models.keys()].sort((a, b) => (places[a] ?? a) - (places[b] ?? b));
  const labels = layerLabels(layers.map(({ name, dim }) => ({ name, dim, shape: [dim] })));
  const lineOf = (label: string, name: string, layer: number, isNull: boolean): LineSeries => ({
    label,
    x: order.map((model) => places[model] ?? model),
    ...bandOf(order.map((model) => shown.at(name, model, layer))),
    reference: isNull,
  });
  const { nullName } = quantity;
  const lines = labels.map((label, layer) => lineOf(label, quantity.name, layer, false));
  const last = layers.length - 1;
  const nulls = nullName === undefined ? [] : [lineOf(nullLabel(nullName), nullName, last, true)];
  return bandPlot({
    ...headingOf(plot),
    series: [...lines, ...nulls].filter(({ y }) => hasValue(y)),
    x: { title: axis },
    y: axisOf(quantity, lines),
    bandTitle: "mean, 95 % interval by the bootstrap",
  });
}

/** Of a model that does not answer to its code, all is 0, which no logarithm shows. */
function axisOf(
  { axis, title, isLogarithmic }: Quantity,
  shown: readonly { readonly y: ArrayLike<number> }[],
): AxisOptions {
  const hasPositive = shown.some(({ y }) => Array.from(y).some((value) => value > 0));
  return { title: axis ?? title, scale: isLogarithmic && hasPositive ? "log" : "linear" };
}

function headingOf({ report: { plan, found }, shown: { method } }: Plot) {
  const unfinished = found.missing.length > 0 ? ` · unfinished, ${found.missing.length} shards missing` : "";
  const [{ label }, ...others] = plan.models as [PlannedModel, ...PlannedModel[]];
  const models = others.length === 0 ? label : `${others.length + 1} models`;
  return {
    title: `${models}: ${method.name}`,
    subtitle: `survey ${shortHash(plan.id)} · ${method.total} ${isOfPairs(methodOf(method.name)) ? "pairs" : "points"}${unfinished}`,
  };
}

function nullLabel(name: string): string {
  return name.startsWith("untrained") ? "random weights" : "uniform (Haar)";
}

function bandOf(statistics: readonly (Statistic | undefined)[]) {
  const mean = statistics.map((one) => one?.mean ?? Number.NaN);
  return {
    y: mean,
    low: statistics.map((one, i) => one?.interval?.[0] ?? mean[i] ?? Number.NaN),
    high: statistics.map((one, i) => one?.interval?.[1] ?? mean[i] ?? Number.NaN),
  };
}

function hasValue(values: ArrayLike<number>): boolean {
  return Array.from(values).some(Number.isFinite);
}
