// Spectra: singular values against their index, on a logarithmic axis.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import type { FigureOptions } from "./frame.ts";
import { lineChart } from "./line-chart.ts";
import { chartLine } from "./series.ts";

/** One spectrum of a {@link SpectrumPlot}. */
export interface SpectrumSeries {
  /** Its name in the legend. */
  readonly label: string;
  /** Singular values, largest first, ≥ 0. Zeros have no place on the axis and are counted beneath it. */
  readonly values: ArrayLike<number>;
}

/** Singular values on a logarithmic axis, for {@link spectrumPlot}. */
export interface SpectrumPlot extends FigureOptions {
  /** In the order of the legend. */
  readonly series: readonly SpectrumSeries[];
  /** Quantity and unit of the values. Default `singular value σ`. */
  readonly valueTitle?: string | undefined;
  /** Pixels; more where the names of the series need it. Default 440. */
  readonly height?: number | undefined;
}

/**
 * Plots one or more spectra, each named at its end, and returns an SVG document. For the spread over many
 * points see {@link bandPlot}.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for negative values or no positive one,
 * `NOT_FINITE` for a NaN or an infinity.
 *
 * @example
 * ```js
 * import { spectrumPlot } from "@vielbein/viz";
 *
 * const svg = spectrumPlot({ title: "A spectrum", series: [{ label: "J", values: [10, 3, 0.5, 0.01] }] });
 * console.log(svg.startsWith("<svg")); // → true
 * ```
 */
export function spectrumPlot(plot: SpectrumPlot): string {
  requireKind("spectrumPlot: plot", "plot", plot);
  const { series, valueTitle = "singular value σ", ...rest } = plot;
  return lineChart({
    ...rest,
    x: { title: "index", scale: "index" },
    y: { title: valueTitle, scale: "log" },
    lines: series.map(({ label, values }) => {
      const wrong = Array.from(values).findIndex((value) => !(Number.isFinite(value) && value >= 0));
      if (wrong >= 0) {
        throw new VielbeinError(
          Number.isFinite(values[wrong]) ? "INVALID_ARGUMENT" : "NOT_FINITE",
          `Spectrum plot: singular values are finite and not negative, got ${values[wrong]} at index ${wrong} of "${label}".`,
        );
      }
      return chartLine({ label, y: values }, "Spectrum plot");
    }),
  });
}
