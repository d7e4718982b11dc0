// The plots of a survey: every quantity that is shown, by layer, and by what the models differ in, beside its null.

import { join } from "node:path";
import { type AxisOptions, type BandGroup, bandPlot, type LineSeries, layerPlot } from "@vielbein/viz";
import { layerLabels } from "../inputs/layers.ts";
import { defined, definedItems } from "../kit/defined.ts";
import { shortHash } from "../kit/names.ts";
import { isOfPairs, methodOf } from "./methods.ts";
import type { PlannedMethod } from "./plan.ts";
import type { Quantity } from "./quantities.ts";
import { type ShownMethod, type SurveyReport, shownMethods } from "./report-text.ts";
import type { Statistic } from "./statistics.ts";

/** A figure that is not composed yet. */
interface Figure {
  readonly file: string;
  readonly compose: () => string;
}

export function figuresOf(report: SurveyReport, folder: string): Figure[] {
  const { axis } = report.plan;
  return shownMethods(report).flatMap((method, i) =>
    method.quantities.flatMap((quantity) => {
      const plot = { report, method, quantity, planned: report.plan.methods[i]! };
      const name = `${method.method}-${quantity.name.replaceAll("_", "-")}`;
      return definedItems<Figure>([
        { file: join(folder, `${name}-by-layer.svg`), compose: () => byLayer(plot) },
        axis === undefined
          ? undefined
          : { file: join(folder, `${name}-by-axis.svg`), compose: () => byAxis(plot, axis) },
      ]);
    }),
  );
}

interface Plot {
  readonly report: SurveyReport;
  readonly method: ShownMethod;
  readonly quantity: Quantity;
  readonly planned: PlannedMethod;
}

/** A group for each model, over the null of the first. */
function byLayer(plot: Plot): string {
  const { report, method, quantity, planned } = plot;
  const { plan } = report;
  const groupOf = (label: string, name: string, model: number): BandGroup => ({
    label,
    ...bandOf(planned.layers.map((_, layer) => method.at(name, model, layer))),
  });
  const { nullName } = quantity;
  const reference = nullName === undefined ? undefined : groupOf(nullLabel(nullName), nullName, 0);
  return layerPlot({
    ...headingOf(plot),
    layers: layerLabels(planned.layers.map(({ name, dim }) => ({ name, dim, shape: [dim] }))),
    groups: plan.models.map(({ label }, model) => groupOf(`${label} (95 % interval)`, quantity.name, model)),
    ...defined({ reference: reference && hasValue(reference.y) ? reference : undefined }),
    y: axisOf(quantity),
  });
}

/** A line for each layer, and for the null of the last. */
function byAxis(plot: Plot, axis: string): string {
  const { report, method, quantity, planned } = plot;
  const { models } = report.plan;
  const order = [...models.keys()].sort((a, b) => (models[a]!.at ?? a) - (models[b]!.at ?? b));
  const labels = layerLabels(planned.layers.map(({ name, dim }) => ({ name, dim, shape: [dim] })));
  const lineOf = (label: string, name: string, layer: number, isNull: boolean): LineSeries => ({
    label,
    x: order.map((model) => models[model]!.at ?? model),
    ...bandOf(order.map((model) => method.at(name, model, layer))),
    reference: isNull,
  });
  const { nullName } = quantity;
  const lines = planned.layers.map((_, layer) => lineOf(labels[layer]!, quantity.name, layer, false));
  const last = planned.layers.length - 1;
  const nulls = nullName === undefined ? [] : [lineOf(nullLabel(nullName), nullName, last, true)];
  return bandPlot({
    ...headingOf(plot),
    series: [...lines, ...nulls].filter(({ y }) => hasValue(y)),
    x: { title: axis },
    y: axisOf(quantity),
    bandTitle: "mean, 95 % interval by the bootstrap",
  });
}

function axisOf({ axis, title, isLogarithmic }: Quantity): AxisOptions {
  return { title: axis ?? title, scale: isLogarithmic ? "log" : "linear" };
}

function headingOf({ report: { plan, found }, method, planned }: Plot) {
  const unfinished = found.missing.length > 0 ? ` · unfinished, ${found.missing.length} shards missing` : "";
  const models = plan.models.length === 1 ? plan.models[0]!.label : `${plan.models.length} models`;
  return {
    title: `${models}: ${method.method}`,
    subtitle: `survey ${shortHash(plan.id)} · ${planned.total} ${isOfPairs(methodOf(method.method)) ? "pairs" : "points"}${unfinished}`,
  };
}

function nullLabel(name: string): string {
  return name.startsWith("untrained") ? "random weights" : "uniform (Haar)";
}

function bandOf(statistics: readonly (Statistic | undefined)[]) {
  const mean = statistics.map((one) => one?.mean ?? Number.NaN);
  return {
    y: mean,
    low: statistics.map((one, i) => one?.interval?.[0] ?? mean[i]!),
    high: statistics.map((one, i) => one?.interval?.[1] ?? mean[i]!),
  };
}

function hasValue(values: ArrayLike<number>): boolean {
  return Array.from(values).some(Number.isFinite);
}
