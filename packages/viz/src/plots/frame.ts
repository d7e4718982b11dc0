// What the plots have in common: heading, keys of a legend, axes around a rectangle, footnotes.

import { px, stroke, type TextStyle, textLine } from "../svg.ts";
import { ellipsize, measureText, wrap } from "../text.ts";
import { SERIES_COLOURS, THEME } from "../theme.ts";
import type { Axis } from "./axis.ts";

/** Titles and width that every figure has. */
export interface FigureOptions {
  /** What the figure shows. */
  readonly title: string;
  /** Where the numbers come from, e.g. `faces.onnx · z → w · 100 points, seed 0`. */
  readonly subtitle?: string | undefined;
  /** Pixels. Default 720. */
  readonly width?: number | undefined;
}

/** A rectangle in pixels, y downwards. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Drawn elements and where they end. */
export interface Block {
  readonly elements: readonly string[];
  /** Pixels from the upper edge of the paper. */
  readonly bottom: number;
}

export const MARGIN = 40;
export const DEFAULT_WIDTH = 720;
export const AXIS: TextStyle = { size: 12, fill: THEME.soft };
export const LABEL: TextStyle = { size: 12.5, bold: true };
const TITLE: TextStyle = { size: 19, bold: true };
const SUBTITLE: TextStyle = { size: 13, fill: THEME.soft };
const KEY: TextStyle = { size: 12.5 };
/** Half the height of a digit: moves text from its baseline to its middle. */
const MIDDLE = 0.36;

/** Colour and dash of series `index`, from 0: the colours repeat dashed. */
export function seriesStyle(index: number): { readonly colour: string; readonly dash: string } {
  return {
    colour: SERIES_COLOURS[index % SERIES_COLOURS.length],
    dash: index < SERIES_COLOURS.length ? "" : ' stroke-dasharray="5 4"',
  };
}

/** What a reference, such as a null distribution, is drawn in. */
export const REFERENCE_STYLE: { readonly colour: string; readonly dash: string } = {
  colour: THEME.faint,
  dash: ' stroke-dasharray="2 3"',
};

/** Title and subtitle, each of at most two lines. */
export function heading(options: FigureOptions): Block {
  const width = (options.width ?? DEFAULT_WIDTH) - 2 * MARGIN;
  const elements: string[] = [];
  let y = MARGIN;
  for (const [text, style] of [
    [options.title, TITLE],
    [options.subtitle ?? "", SUBTITLE],
  ] as const) {
    if (text !== "" && style === SUBTITLE) y += 4;
    for (const line of wrap(text, width, style, 2)) {
      y += style.size * 1.4;
      elements.push(textLine(MARGIN, y - style.size * 0.35, line, style));
    }
  }
  return { elements, bottom: y };
}

/** One entry of a legend. */
export interface LegendKey {
  /** What the mark stands for. */
  readonly label: string;
  /** Colour of the mark, as CSS writes it. */
  readonly colour: string;
  /** Of a line: ` stroke-dasharray="5 4"`, an attribute with a space before it. Default: solid. */
  readonly dash?: string | undefined;
  /** `area` for filled marks. */
  readonly shape: "line" | "area";
  /** Whether marks of areas hide what is behind them. Default `false`. */
  readonly opaque?: boolean | undefined;
}

/**
 * The keys below `top`, in as many rows as they need; nothing where there are no keys.
 *
 * @param unit what type, space and margins are enlarged by.
 */
export function legend(keys: readonly LegendKey[], top: number, width: number, unit = 1): Block {
  const elements: string[] = [];
  if (keys.length === 0) return { elements, bottom: top };
  const [swatch, space, leading, margin, indent] = [18, 22, 20, MARGIN, 7].map((length) => length * unit);
  const style = { ...KEY, size: KEY.size * unit };
  let x = margin;
  let y = top + 24 * unit;
  for (const key of keys) {
    const label = ellipsize(key.label, width - 2 * margin - swatch - indent, style);
    const length = swatch + indent + measureText(label, style);
    if (x > margin && x + length > width - margin) {
      x = margin;
      y += leading;
    }
    const middle = y - style.size * MIDDLE;
    elements.push(
      key.shape === "line"
        ? stroke(
            `M${px(x)} ${px(middle)}h${px(swatch)}`,
            key.colour,
            ` stroke-width="${px(2 * unit)}"${key.dash ?? ""}`,
          )
        : `<rect x="${px(x)}" y="${px(middle - 5 * unit)}" width="${px(swatch)}" height="${px(10 * unit)}" fill="${key.colour}"${key.opaque ? "" : ' fill-opacity="0.3"'} stroke="${key.colour}"/>`,
    );
    elements.push(textLine(x + swatch + indent, y, label, style, key.label));
    x += length + space;
  }
  return { elements, bottom: y + 2 * unit };
}

/** Pixels that the labels of a vertical axis need to its left. */
export function labelRoom(axis: Axis): number {
  return Math.max(...axis.labels.map((label) => measureText(label, AXIS))) + 10;
}

/** Horizontal rules with their values to the left of the box, the title above it. */
export function verticalAxis(axis: Axis, box: Box): string[] {
  const title = ellipsize(axis.title, box.right - MARGIN, AXIS);
  return [
    textLine(MARGIN, box.top - 18, title, AXIS, axis.title),
    ...axis.ticks.flatMap((tick, i) => {
      const y = axis.scale(tick);
      return [
        stroke(`M${px(box.left)} ${px(y)}H${px(box.right)}`, THEME.grid),
        textLine(box.left - 10, y + AXIS.size * MIDDLE, axis.labels[i], { ...AXIS, anchor: "end" }),
      ];
    }),
  ];
}

/** Ticks and values beneath the box, the title at their right end, a note at their left. */
export function horizontalAxis(axis: Axis, box: Box, note = ""): string[] {
  const positions = axis.ticks.map((tick) => axis.scale(tick));
  const every = sparse(
    positions,
    axis.labels.map((label) => measureText(label, AXIS)),
  );
  const titleRoom = (box.right - MARGIN) * (note === "" ? 1 : 0.5);
  const title = ellipsize(axis.title, titleRoom, AXIS);
  const elements = [stroke(`M${px(box.left)} ${px(box.bottom)}H${px(box.right)}`, THEME.faint)];
  positions.forEach((x, i) => {
    if (i % every !== 0) return;
    elements.push(stroke(`M${px(x)} ${px(box.bottom)}v5`, THEME.faint));
    elements.push(textLine(x, box.bottom + 20, axis.labels[i], { ...AXIS, anchor: "middle" }));
  });
  elements.push(textLine(box.right, box.bottom + 40, title, { ...AXIS, anchor: "end" }, axis.title));
  if (note !== "") {
    const room = box.right - MARGIN - measureText(title, AXIS) - 16;
    const shown = ellipsize(note, room, AXIS);
    elements.push(textLine(MARGIN, box.bottom + 40, shown, { ...AXIS, fill: THEME.faint }, note));
  }
  return elements;
}

/** How many labels to go on by, so that neighbours stay apart. */
function sparse(positions: readonly number[], widths: readonly number[]): number {
  const fits = (every: number) => {
    for (let i = every; i < positions.length; i += every) {
      const gap = Math.abs(positions[i] - positions[i - every]);
      if (gap < (widths[i] + widths[i - every]) / 2 + 8) return false;
    }
    return true;
  };
  let every = 1;
  while (!fits(every)) every += 1;
  return every;
}

/** Names of categories along a horizontal axis: upright where they fit their places, slanted or sparse where not. */
export interface CategoryLabels {
  /** Degrees. */
  readonly slant: number;
  /** Pixels beneath the axis. */
  readonly room: number;
  /** Pixels to the left of the first category. */
  readonly overhang: number;
  /** Every how many-th name is shown. */
  readonly every: number;
  readonly names: readonly string[];
}

const LONGEST_NAME = 150;
/** Pixels between upright names, at least. */
const NAME_GAP = 8;

/** Plans the names for places `pitch` pixels apart. Indices are thinned rather than slanted. */
export function categoryLabels(names: readonly string[], pitch: number): CategoryLabels {
  const cut = names.map((name) => ellipsize(name, LONGEST_NAME, AXIS));
  const width = Math.max(...cut.map((name) => measureText(name, AXIS)));
  if (width + NAME_GAP <= pitch || names.every((name, i) => name === String(i))) {
    const every = roundStep((width + NAME_GAP) / pitch);
    return { slant: 0, room: 20, overhang: width / 2, every, names: cut };
  }
  const slant = pitch >= 24 ? 40 : 90;
  const angle = (slant * Math.PI) / 180;
  const room = 12 + width * Math.sin(angle) + AXIS.size * 0.7;
  const every = categoryStep(pitch);
  return { slant, room, overhang: width * Math.cos(angle), every, names: cut };
}

/** The names beneath the axis at `y`. */
export function categoryAxis(
  labels: CategoryLabels,
  full: readonly string[],
  xOf: (index: number) => number,
  y: number,
): string[] {
  return labels.names.flatMap((name, i) => {
    if (i % labels.every !== 0) return [];
    if (labels.slant === 0) {
      return [textLine(xOf(i), y + 20, name, { ...AXIS, anchor: "middle" }, full[i])];
    }
    const shift = AXIS.size * (labels.slant === 90 ? MIDDLE : 0.3);
    const style: TextStyle = { ...AXIS, anchor: "end", rotate: -labels.slant };
    return [textLine(xOf(i) + shift, y + 12, name, style, full[i])];
  });
}

/** Every how many-th name to show so that lines of text `pitch` pixels apart do not touch. */
export function categoryStep(pitch: number): number {
  return roundStep((AXIS.size + 2) / pitch);
}

/** The least of 1, 2, 5, 10, 20 … that is not below `step`. */
function roundStep(step: number): number {
  let power = 1;
  while (10 * power < step) power *= 10;
  return power * ([1, 2, 5].find((digit) => digit * power >= step) ?? 10);
}

/** Text baseline shift that centres a line of this size on its position. */
export function centred(size: number): number {
  return size * MIDDLE;
}
