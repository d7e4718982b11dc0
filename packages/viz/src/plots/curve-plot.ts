// Curves: lines through points (x, y) in the order given, such as a walk projected to a plane, or one
// quantity against another.

import { requireKind } from "../arguments.ts";
import type { AxisOptions } from "./axis.ts";
import type { FigureOptions } from "./frame.ts";
import { lineChart } from "./line-chart.ts";
import { chartLine } from "./series.ts";

/** One curve of a {@link CurvePlot}. */
export interface Curve {
  /** Its name in the legend. */
  readonly label: string;
  /** NaN leaves a gap. */
  readonly x: ArrayLike<number>;
  /** Of the length of `x`. */
  readonly y: ArrayLike<number>;
}

/** Curves through points, for {@link curvePlot}. */
export interface CurvePlot extends FigureOptions {
  /** In the order of the legend. */
  readonly curves: readonly Curve[];
  /** The horizontal axis. */
  readonly x: AxisOptions;
  /** The vertical axis. */
  readonly y: AxisOptions;
  /** Pixels; more where the names of the curves need it. Default 440. */
  readonly height?: number | undefined;
}

/**
 * Plots curves, each named at its end, and returns an SVG document.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for arrays of different lengths, `NOT_FINITE` for an infinity,
 * `INVALID_ARGUMENT` when an axis has nothing to show.
 */
export function curvePlot(plot: CurvePlot): string {
  requireKind("curvePlot: plot", "plot", plot);
  const { curves, ...rest } = plot;
  return lineChart({ ...rest, lines: curves.map((curve) => chartLine(curve, "Curve plot")) });
}
