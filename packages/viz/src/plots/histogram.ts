// Histograms of one or more samples over common bins.

import { VielbeinError } from "@vielbein/core";
import { bin, extent, thresholdFreedmanDiaconis, thresholdSturges, ticks } from "d3-array";
import { requireKind } from "../arguments.ts";
import { px, stroke, svgDocument } from "../svg.ts";
import { type Axis, makeAxis } from "./axis.ts";
import {
  type Block,
  type Box,
  DEFAULT_WIDTH,
  type FigureOptions,
  heading,
  horizontalAxis,
  type LegendKey,
  labelRoom,
  legend,
  MARGIN,
  seriesStyle,
  verticalAxis,
} from "./frame.ts";

/** One set of values of a {@link Histogram}. */
export interface HistogramSeries {
  /** Its name in the legend. */
  readonly label: string;
  /** Finite numbers. */
  readonly values: ArrayLike<number>;
}

/** Distributions of values, for {@link histogram}. */
export interface Histogram extends FigureOptions {
  /** In the order of the legend. */
  readonly series: readonly HistogramSeries[];
  /** Quantity and unit of the values. */
  readonly valueTitle: string;
  /**
   * Approximate number of bins wanted; their edges are round numbers. Default: by Freedman and Diaconis' rule, at most
   * 60.
   */
  readonly bins?: number | undefined;
  /** Pixels. Default 400. */
  readonly height?: number | undefined;
}

/**
 * Plots the distribution of samples and returns an SVG document: counts for one series, shares of each series for
 * several, so that samples of different sizes compare.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for no values, `NOT_FINITE` for a NaN or an infinity.
 */
export function histogram(plot: Histogram): string {
  requireKind("histogram: plot", "plot", plot);
  const bars = countInBins(plot);
  const plan = layOut(plot, bars);
  return svgDocument(plan.width, plan.height, plot.title, [
    ...plan.title.elements,
    ...plan.legend.elements,
    ...verticalAxis(plan.yAxis, plan.box),
    ...drawSteps(bars, plan),
    ...horizontalAxis(plan.xAxis, plan.box),
  ]);
}

interface Bars {
  readonly edges: readonly number[];
  /** For each series the counts in the bins, or its shares where there are several. */
  readonly heights: readonly (readonly number[])[];
}

function countInBins({ series, bins }: Histogram): Bars {
  const lists = series.map(({ label, values }) => requireFinite(label, values));
  const all = lists.flat();
  const [low, high] = extent(all);
  if (low === undefined || high === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Histogram: at least one value is needed, got none in ${series.length} series.`,
    );
  }
  const edges = binEdges(all, low, high, bins);
  const heights = lists.map((list) => {
    const counts = bin()
      .domain([edges[0], edges.at(-1)!])
      .thresholds(edges.slice(1, -1))(list)
      .map((values) => values.length);
    return series.length === 1 ? counts : counts.map((count) => count / Math.max(1, list.length));
  });
  return { edges, heights };
}

interface Plan {
  readonly width: number;
  readonly height: number;
  readonly title: Block;
  readonly legend: Block;
  readonly box: Box;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
}

function layOut(plot: Histogram, { edges, heights }: Bars): Plan {
  const { series, width = DEFAULT_WIDTH, height = 400 } = plot;
  const title = heading(plot);
  const keys = series.map(
    ({ label }, s): LegendKey => ({
      label,
      colour: seriesStyle(s).colour,
      shape: "area",
    }),
  );
  const legendBlock = legend(series.length > 1 ? keys : [], title.bottom, width);
  const yTitle = series.length === 1 ? "count" : "share of samples";
  const yAxis = makeAxis({ title: yTitle }, [0, ...heights.flat()], 5);
  const xAxis = makeAxis({ title: plot.valueTitle, domain: [edges[0], edges.at(-1)!] }, [], 8);
  const box: Box = {
    left: MARGIN + labelRoom(yAxis),
    right: width - MARGIN,
    top: legendBlock.bottom + 46,
    bottom: height - MARGIN - 36,
  };
  xAxis.scale.range([box.left, box.right]);
  yAxis.scale.range([box.bottom, box.top]);
  return { width, height, title, legend: legendBlock, box, xAxis, yAxis };
}

/** The outline of each series over its filled area. */
function drawSteps({ edges, heights }: Bars, { box, xAxis, yAxis }: Plan): string[] {
  const [start, bottom] = [px(xAxis.scale(edges[0])), px(box.bottom)];
  const opacity = heights.length === 1 ? 0.35 : 0.18;
  return heights.flatMap((list, s) => {
    const steps = list.map((value, i) => `V${px(yAxis.scale(value))}H${px(xAxis.scale(edges[i + 1]))}`);
    const outline = `M${start} ${bottom}${steps.join("")}V${bottom}`;
    const { colour, dash } = seriesStyle(s);
    return [
      `<path d="${outline}Z" fill="${colour}" fill-opacity="${opacity}"/>`,
      stroke(outline, colour, ` stroke-width="1.5"${dash}`),
    ];
  });
}

/** Round edges that hold all values. */
function binEdges(values: readonly number[], low: number, high: number, bins: number | undefined): number[] {
  if (low === high) {
    const half = Math.abs(low) / 2 || 0.5;
    return [low - half, low + half];
  }
  // Without spread between the quartiles the rule of Freedman and Diaconis has no answer.
  const rule = thresholdFreedmanDiaconis(values, low, high);
  const count = bins ?? Math.min(60, rule > 1 ? rule : thresholdSturges(values));
  const inner = ticks(low, high, count);
  const step = inner.length > 1 ? inner[1] - inner[0] : high - low;
  const edges = [...inner];
  if (edges.length === 0 || edges[0] > low) edges.unshift((edges[0] ?? low + step) - step);
  // A value on the last edge would need a bin of its own: d3's bins are closed at both ends of the domain.
  if (edges.at(-1)! < high) edges.push(edges.at(-1)! + step);
  return edges;
}

function requireFinite(label: string, values: ArrayLike<number>): number[] {
  const list = Array.from(values);
  const wrong = list.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return list;
  throw new VielbeinError(
    "NOT_FINITE",
    `Histogram: values are finite, got ${list[wrong]} at index ${wrong} of "${label}". Leave it out.`,
  );
}
