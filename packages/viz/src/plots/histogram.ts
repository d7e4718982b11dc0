// Histograms of one or more samples over common bins.

import { VielbeinError } from "@vielbein/core";
import { bin, extent, thresholdFreedmanDiaconis, thresholdSturges, ticks } from "d3-array";
import { px, stroke, svgDocument } from "../svg.ts";
import { makeAxis } from "./axis.ts";
import {
  type Box,
  DEFAULT_WIDTH,
  type FigureOptions,
  heading,
  horizontalAxis,
  labelRoom,
  legend,
  MARGIN,
  seriesStyle,
  verticalAxis,
} from "./frame.ts";

export interface HistogramSeries {
  readonly label: string;
  /** Finite numbers. */
  readonly values: ArrayLike<number>;
}

export interface Histogram extends FigureOptions {
  readonly series: readonly HistogramSeries[];
  /** Quantity and unit of the values. */
  readonly valueTitle: string;
  /** Bins wanted, about; their edges are round numbers. Default: by Freedman and Diaconis' rule, at most 60. */
  readonly bins?: number;
  /** Pixels. Default 400. */
  readonly height?: number;
}

/**
 * Plots the distribution of samples and returns an SVG document: counts for one series, shares of each series for
 * several, so that samples of different sizes compare.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for no values, `NOT_FINITE` for a NaN or an infinity.
 */
export function histogram(plot: Histogram): string {
  const { series, width = DEFAULT_WIDTH, height = 400 } = plot;
  const lists = series.map(({ label, values }) => requireFinite(label, values));
  const all = lists.flat();
  const [low, high] = extent(all);
  if (low === undefined || high === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Histogram: at least one value is needed, got none in ${series.length} series.`,
    );
  }
  const edges = binEdges(all, low, high, plot.bins);
  const shares = lists.map((list) => {
    const counts = bin()
      .domain([edges[0]!, edges.at(-1)!])
      .thresholds(edges.slice(1, -1))(list)
      .map((values) => values.length);
    return series.length === 1 ? counts : counts.map((count) => count / Math.max(1, list.length));
  });

  const title = heading(plot);
  const keys = series.map(({ label }, s) => ({
    label,
    colour: seriesStyle(s).colour,
    shape: "area" as const,
  }));
  const legendBlock = legend(series.length > 1 ? keys : [], title.bottom, width);
  const yAxis = makeAxis(
    { title: series.length === 1 ? "count" : "share of samples" },
    [0, ...shares.flat()],
    5,
  );
  const xAxis = makeAxis({ title: plot.valueTitle, domain: [edges[0]!, edges.at(-1)!] }, [], 8);
  const box: Box = {
    left: MARGIN + labelRoom(yAxis),
    right: width - MARGIN,
    top: legendBlock.bottom + 46,
    bottom: height - MARGIN - 36,
  };
  xAxis.scale.range([box.left, box.right]);
  yAxis.scale.range([box.bottom, box.top]);
  const steps = shares.map((share) =>
    share
      .map((value, i) => {
        const y = px(yAxis.scale(value));
        return `${i === 0 ? `${px(xAxis.scale(edges[0]!))} ${px(box.bottom)}V${y}` : `V${y}`}H${px(xAxis.scale(edges[i + 1]!))}`;
      })
      .join(""),
  );
  const marks = steps.flatMap((path, s) => {
    const { colour, dash } = seriesStyle(s);
    return [
      `<path d="M${path}V${px(box.bottom)}Z" fill="${colour}" fill-opacity="${series.length === 1 ? 0.35 : 0.18}"/>`,
      stroke(`M${path}V${px(box.bottom)}`, colour, ` stroke-width="1.5"${dash}`),
    ];
  });
  return svgDocument(width, height, plot.title, [
    ...title.elements,
    ...legendBlock.elements,
    ...verticalAxis(yAxis, box),
    ...marks,
    ...horizontalAxis(xAxis, box),
  ]);
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
  const step = inner.length > 1 ? inner[1]! - inner[0]! : high - low;
  const edges = [...inner];
  if (edges.length === 0 || edges[0]! > low) edges.unshift((edges[0] ?? low + step) - step);
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
