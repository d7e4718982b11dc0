// Spectra: singular values against their index, on a logarithmic axis, as SVG.

import { VielbeinError } from "@vielbein/core";
import { px, svgDocument, THEME, textLine } from "./svg.ts";
import { ellipsize, measureText, wrap } from "./text.ts";
import { formatLogTicks, indexTicks, logAxis } from "./ticks.ts";

export interface SpectrumSeries {
  readonly label: string;
  /** Singular values, largest first, ≥ 0. Zeros have no place on the axis and are counted beneath it. */
  readonly values: ArrayLike<number>;
}

export interface SpectrumPlot {
  readonly title: string;
  readonly subtitle?: string;
  readonly series: readonly SpectrumSeries[];
  /** Quantity and unit of the values. Default `singular value σ`. */
  readonly valueTitle?: string;
  /** Pixels. Default 720. */
  readonly width?: number;
  /** Pixels. Default 440. */
  readonly height?: number;
}

interface Point {
  /** From 1. */
  readonly index: number;
  readonly value: number;
}

/** Okabe and Ito's colours, told apart by all kinds of colour vision; yellow is left out on white. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#16191d"];
const TITLE = { size: 19, bold: true, fill: THEME.ink } as const;
const SUBTITLE = { size: 13, fill: THEME.soft } as const;
const AXIS = { size: 12, fill: THEME.soft } as const;
const LABEL = { size: 12.5, bold: true } as const;
const MARGIN = 40;
/** Markers help to count; beyond this many they would touch. */
const MAX_MARKERS = 40;
/** Room between a line's end and its name, for the leader and the key that join them. */
const LEADER = 38;

/**
 * Plots one or more spectra, each named at its end, and returns an SVG document.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for negative values or no positive one,
 * `NOT_FINITE` for a NaN or an infinity.
 */
export function spectrumPlot(plot: SpectrumPlot): string {
  const { series, width = 720, height = 440 } = plot;
  const curves = series.map(positivePoints);
  const points = curves.flat();
  if (points.length === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Spectrum plot: a logarithmic axis needs a positive value, got none in ${series.length} series.`,
    );
  }
  const elements: string[] = [];
  let y = MARGIN;
  const paragraph = (text: string, style: typeof TITLE | typeof SUBTITLE) => {
    for (const line of wrap(text, width - 2 * MARGIN, style, 2)) {
      y += style.size * 1.4;
      elements.push(textLine(MARGIN, y - style.size * 0.35, line, style));
    }
  };
  paragraph(plot.title, TITLE);
  if (plot.subtitle) {
    y += 4;
    paragraph(plot.subtitle, SUBTITLE);
  }

  // Scales: a logarithmic one for values, a linear one for indices from 1.
  const values = points.map((point) => point.value);
  const axis = logAxis(Math.min(...values), Math.max(...values));
  const tickLabels = formatLogTicks(axis.ticks);
  const count = Math.max(...points.map((point) => point.index));
  const names = series.map((one) => ellipsize(one.label, 0.3 * width, LABEL));
  const top = y + 46;
  const bottom = height - MARGIN - 36;
  const left = MARGIN + Math.max(...tickLabels.map((label) => measureText(label, AXIS))) + 10;
  const right = width - MARGIN - LEADER - Math.max(...names.map((name) => measureText(name, LABEL)));
  const inset = 10;
  const xOf = (index: number) =>
    left + inset + ((index - 1) / Math.max(1, count - 1)) * (right - left - inset);
  const yOf = (value: number) =>
    bottom - (Math.log(value / axis.low) / Math.log(axis.high / axis.low)) * (bottom - top);

  // Axes.
  elements.push(textLine(MARGIN, top - 18, plot.valueTitle ?? "singular value σ", AXIS));
  axis.ticks.forEach((tick, i) => {
    const at = yOf(tick);
    elements.push(rule(`M${px(left)} ${px(at)}H${px(right)}`, THEME.grid));
    elements.push(textLine(left - 10, at + AXIS.size * 0.36, tickLabels[i]!, { ...AXIS, anchor: "end" }));
  });
  elements.push(rule(`M${px(left)} ${px(bottom)}H${px(right)}`, THEME.faint));
  for (const tick of indexTicks(count)) {
    elements.push(rule(`M${px(xOf(tick))} ${px(bottom)}v5`, THEME.faint));
    elements.push(textLine(xOf(tick), bottom + 20, String(tick), { ...AXIS, anchor: "middle" }));
  }
  elements.push(textLine(right, bottom + 40, "index", { ...AXIS, anchor: "end" }));
  const zeros = series.reduce((sum, one, s) => sum + one.values.length - curves[s]!.length, 0);
  if (zeros > 0) {
    const note = `${zeros} zero ${zeros === 1 ? "value is" : "values are"} not shown`;
    elements.push(textLine(left, bottom + 40, note, { ...AXIS, fill: THEME.faint }));
  }

  // Curves, the first on top, and their names.
  const ends = curves.map((curve) => yOf(curve.at(-1)?.value ?? axis.low));
  const nameY = spread(ends, 17, top, bottom);
  for (let s = series.length - 1; s >= 0; s--) {
    const curve = curves[s]!;
    if (curve.length === 0) continue;
    const colour = COLOURS[s % COLOURS.length]!;
    const dash = s < COLOURS.length ? "" : ' stroke-dasharray="5 4"';
    const path = curve.map(({ index, value }) => `${px(xOf(index))} ${px(yOf(value))}`).join("L");
    const leader = `M${px(xOf(curve.at(-1)!.index) + 5)} ${px(ends[s]!)}H${px(right + 5)}L${px(right + 16)} ${px(nameY[s]!)}`;
    const key = `M${px(right + 16)} ${px(nameY[s]!)}h16`;
    elements.push(`<path d="${leader}" fill="none" stroke="${colour}" stroke-opacity="0.5"/>`);
    elements.push(
      `<path d="M${path}${key}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"${dash}/>`,
    );
    if (count <= MAX_MARKERS || curve.length === 1) {
      for (const { index, value } of curve) {
        elements.push(
          `<circle cx="${px(xOf(index))}" cy="${px(yOf(value))}" r="3.5" fill="${colour}" stroke="${THEME.paper}"/>`,
        );
      }
    }
    const nameBaseline = nameY[s]! + LABEL.size * 0.36;
    elements.push(textLine(right + LEADER, nameBaseline, names[s]!, LABEL, series[s]!.label));
  }
  return svgDocument(width, height, plot.title, elements);
}

function positivePoints(series: SpectrumSeries): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i]!;
    if (!Number.isFinite(value) || value < 0) {
      throw new VielbeinError(
        Number.isFinite(value) ? "INVALID_ARGUMENT" : "NOT_FINITE",
        `Spectrum plot: singular values are finite and not negative, got ${value} at index ${i} of "${series.label}".`,
      );
    }
    if (value > 0) points.push({ index: i + 1, value });
  }
  return points;
}

/** Moves positions apart to `distance`, within `[low, high]` as far as they fit, keeping their order. */
function spread(positions: readonly number[], distance: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  const result = [...positions];
  let least = low;
  for (const i of order) {
    result[i] = Math.max(result[i]!, least);
    least = result[i]! + distance;
  }
  let most = high;
  for (const i of order.reverse()) {
    result[i] = Math.min(result[i]!, most);
    most = result[i]! - distance;
  }
  return result;
}

function rule(path: string, stroke: string): string {
  return `<path d="${path}" fill="none" stroke="${stroke}"/>`;
}
