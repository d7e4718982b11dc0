// Bands: several series of a centre with a band around it, such as mean ± standard deviation or 5–95 %.
// For spectra over many points, profiles of angles or distances, curves with their null.

import { requireKind } from "../arguments.ts";
import type { AxisOptions } from "./axis.ts";
import type { FigureOptions } from "./frame.ts";
import { lineChart } from "./line-chart.ts";
import { chartLine, type LineSeries } from "./series.ts";

/** Lines with bands about them, for {@link bandPlot}. */
export interface BandPlot extends FigureOptions {
  /** See {@link bandOf} for bands of samples. */
  readonly series: readonly LineSeries[];
  /** Default scale: `index` when no series has `x`, else `linear`. */
  readonly x: AxisOptions;
  /** The vertical axis. */
  readonly y: AxisOptions;
  /** What the centre and the band are, e.g. `mean ± standard deviation of 100 points`; printed beneath the plot. */
  readonly bandTitle?: string | undefined;
  /** Pixels; more where the names of the series need it. Default 440. */
  readonly height?: number | undefined;
}

/**
 * Plots centres and bands against a number, each series named at its end, and returns an SVG document.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for arrays of different lengths, `NOT_FINITE` for an infinity,
 * `INVALID_ARGUMENT` when an axis has nothing to show.
 */
export function bandPlot(plot: BandPlot): string {
  requireKind("bandPlot: plot", "plot", plot);
  const { series, bandTitle, x, ...rest } = plot;
  const counted = series.every((one) => one.x === undefined);
  return lineChart({
    ...rest,
    x: counted ? { scale: "index", ...x } : x,
    lines: series.map((one) => chartLine(one, "Band plot")),
    note: bandTitle,
  });
}
