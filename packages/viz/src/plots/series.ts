// Series of numbers as users hand them in: checked, and turned into the points of a chart.

import { VielbeinError } from "@vielbein/core";
import { ascending, deviation, mean, quantileSorted } from "d3-array";
import { requireKind } from "../arguments.ts";
import type { ChartLine } from "./line-chart.ts";

/** A centre with the ends of a band around it, one of each for every position. */
export interface Band {
  /** Centre: mean or median. NaN leaves a gap. */
  readonly y: ArrayLike<number>;
  /** Lower ends, of the length of `y`. Without both, there is no band. */
  readonly low?: ArrayLike<number> | undefined;
  /** Upper ends, of the length of `y`. */
  readonly high?: ArrayLike<number> | undefined;
}

/**
 * Centre and band of samples: their mean ± standard deviation (divisor n − 1), or their median and the interval
 * from the 5th to the 95th percentile (linear between order statistics).
 *
 * @param samples the samples at each position; a position without samples gives NaN, a gap.
 */
export function bandOf(
  samples: readonly ArrayLike<number>[],
  kind: "deviation" | "percentiles",
): Required<Band> {
  requireKind("bandOf: samples", "list", samples);
  const at = samples.map((values) => {
    const list = Array.from(values);
    if (kind === "deviation") {
      const centre = mean(list) ?? Number.NaN;
      const spread = deviation(list) ?? 0;
      return [centre - spread, centre, centre + spread];
    }
    return quantiles(list, [0.05, 0.5, 0.95]);
  });
  return { low: at.map((v) => v[0]), y: at.map((v) => v[1]), high: at.map((v) => v[2]) };
}

/** Quantiles by linear interpolation between order statistics (R's type 7). */
export function quantiles(values: ArrayLike<number>, shares: readonly number[]): number[] {
  requireKind("quantiles: values", "numbers", values);
  requireKind("quantiles: shares", "numbers", shares);
  const sorted = Array.from(values).sort(ascending);
  return shares.map((share) => quantileSorted(sorted, share) ?? Number.NaN);
}

export interface LineSeries extends Band {
  /** Its name in the legend. */
  readonly label: string;
  /** Positions, of the length of `y`. Default 1, 2, 3 … */
  readonly x?: ArrayLike<number> | undefined;
  /** Draws the series as what the others are compared with, such as a null: grey and dotted. Default `false`. */
  readonly reference?: boolean | undefined;
}

/**
 * The line of a series.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for arrays of different lengths, `NOT_FINITE` for an infinity.
 */
export function chartLine(series: LineSeries, figure: string): ChartLine {
  const { label, y, low, high, x } = series;
  for (const [name, values] of Object.entries({ x, y, low, high })) {
    if (values === undefined) continue;
    if (values.length !== y.length) {
      throw new VielbeinError(
        "SHAPE_MISMATCH",
        `${figure}: the arrays of a series must be of one length, "${label}" has ${y.length} values y and ${values.length} values ${name}.`,
      );
    }
    const infinite = Array.from(values).findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
    if (infinite >= 0) {
      throw new VielbeinError(
        "NOT_FINITE",
        `${figure}: values are finite, or NaN for a gap, got ${values[infinite]} in ${name} at index ${infinite} of "${label}".`,
      );
    }
  }
  return {
    label,
    points: Array.from(y, (value, i) => ({
      x: x?.[i] ?? i + 1,
      y: value,
      low: low?.[i] ?? Number.NaN,
      high: high?.[i] ?? Number.NaN,
    })),
    hasBand: low !== undefined && high !== undefined,
    reference: series.reference ?? false,
  };
}
