// The spectrum beside the sliders: singular values on a logarithmic axis, the selected one and the local dimension
// marked. Small, without title and legend, redrawn while a slider moves; figures for papers are in plots/.

import type { DerivativeRoute } from "@vielbein/core";
import type { LocalDimension } from "@vielbein/core/dimension";
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import type { ExplorerSpectrum } from "./engine.ts";

const [WIDTH, HEIGHT] = [400, 170];
const BOX = { left: 44, right: 392, top: 10, bottom: 146 };
/** Values further below the largest are rounding, and would flatten the rest. */
const DECADES = 6;
/** Beyond this many, dots touch. */
const DOTS = 64;

/** SVG markup; the selected direction counts from 0, −1 for none. */
export function spectrumView({ singularValues, dimension }: ExplorerSpectrum, selected: number): string {
  const largest = singularValues[0] ?? 0;
  if (!(largest > 0)) return "";
  const values = singularValues.filter((value) => value > largest * 10 ** -DECADES);
  const y = scaleLog([values.at(-1)! / 1.15, largest * 1.15], [BOX.bottom, BOX.top]);
  const x = scaleLinear([0.5, singularValues.length + 0.5], [BOX.left, BOX.right]);
  const ticks = tickValues(y.domain() as [number, number]);
  const text = (at: string, content: string, more = "") =>
    `<text ${at} font-size="11" fill="var(--vielbein-soft)" ${more}>${content}</text>`;
  const grid = ticks.map((tick) => {
    const at = y(tick).toFixed(1);
    return `<path d="M${BOX.left} ${at}H${BOX.right}" stroke="var(--vielbein-grid)"/>${text(
      `x="${BOX.left - 6}" y="${Number(at) + 4}"`,
      String(Number(tick.toPrecision(3))),
      'text-anchor="end"',
    )}`;
  });
  const indices = x
    .ticks(Math.min(8, singularValues.length))
    .filter((i) => Number.isInteger(i) && i >= 1 && i <= singularValues.length)
    .map((i) => text(`x="${x(i).toFixed(1)}" y="${BOX.bottom + 18}"`, String(i), 'text-anchor="middle"'));
  const points = Array.from(values, (value, i): [number, number] => [x(i + 1), y(value)]);
  const path = line()(points);
  const dots =
    singularValues.length > DOTS
      ? []
      : points.map(([cx, cy]) => `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="2.6"/>`);
  const chosen = points[selected];
  const d = dimension?.dimension;
  const mark =
    d === undefined
      ? ""
      : `<path d="M${x(d + 0.5).toFixed(1)} ${BOX.top}V${BOX.bottom}" stroke="var(--vielbein-vermillion)" stroke-width="1.5" stroke-dasharray="4 3"/>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label(singularValues, dimension)}">${grid.join("")}${indices.join("")}${mark}<path d="${path}" fill="none" stroke="var(--vielbein-accent)" stroke-width="1.5"/><g fill="var(--vielbein-accent)">${dots.join("")}</g>${
    chosen
      ? `<circle cx="${chosen[0].toFixed(1)}" cy="${chosen[1].toFixed(1)}" r="5.5" fill="var(--vielbein-paper)" stroke="var(--vielbein-accent)" stroke-width="2.5"/>`
      : ""
  }</svg>`;
}

/** In words, for the caption. */
export function dimensionText(dimension: LocalDimension | undefined): string {
  if (!dimension) return "";
  return dimension.dimension === undefined
    ? "flat: no local dimension"
    : `local dimension ${dimension.dimension}`;
}

/** How the derivative entered what is shown, in words. */
export function routeText(route: DerivativeRoute | undefined): string {
  if (!route) return "";
  return `by ${route === "matrix" ? "the whole Jacobian" : route}`;
}

/** What is drawn: all singular values, or as many as are known. */
export function spectrumTitle({ singularValues, dimension }: ExplorerSpectrum): string {
  return dimension ? "Singular values" : `${singularValues.length} leading singular values`;
}

function label(values: Float64Array, dimension: LocalDimension | undefined): string {
  const ends = [values[0], values.at(-1)!].map((value) => value.toPrecision(3));
  return `${values.length} singular values from ${ends[0]} to ${ends[1]}${dimension ? `, ${dimensionText(dimension)}` : ""}`;
}

/** Powers of ten, and between them 2 and 5 where there are few; of less than a decade, equal steps. */
function tickValues([low, high]: [number, number]): number[] {
  const decades = Math.log10(high / low);
  if (decades < 1) return scaleLinear([low, high], [0, 1]).ticks(4);
  const steps = decades > 4 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low && value <= high) ticks.push(value);
    }
  }
  return ticks;
}
