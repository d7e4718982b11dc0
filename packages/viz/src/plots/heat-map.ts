// Heat maps: a matrix as coloured cells with labelled rows and columns and a colour bar; the values are printed in
// the cells where there is room.

import { VielbeinError } from "@vielbein/core";
import { extent } from "d3-array";
import { requireKind } from "../arguments.ts";
import type { Rgb } from "../colour.ts";
import { type RgbaImage, upscale } from "../images/image.ts";
import { encodePng, pngDataUri } from "../images/png.ts";
import { px, stroke, svgDocument, textLine } from "../svg.ts";
import { ellipsize, measureText } from "../text.ts";
import { THEME } from "../theme.ts";
import { type Axis, makeAxis } from "./axis.ts";
import { type ColourScaleName, colourScale, textColour } from "./colour-scale.ts";
import {
  AXIS,
  type Block,
  type Box,
  type CategoryLabels,
  categoryAxis,
  categoryLabels,
  categoryStep,
  centred,
  DEFAULT_WIDTH,
  type FigureOptions,
  heading,
  MARGIN,
} from "./frame.ts";

/** A matrix as coloured cells, for {@link heatMap}. */
export interface HeatMap extends FigureOptions {
  /** `[rows, cols]`, row-major; NaN leaves a cell empty. */
  readonly matrix: { readonly rows: number; readonly cols: number; readonly data: ArrayLike<number> };
  /** One for each row. Default: the indices from 0. */
  readonly rowLabels?: readonly string[] | undefined;
  /** One for each column. Default: the indices from 0. */
  readonly columnLabels?: readonly string[] | undefined;
  /** What the rows are. */
  readonly rowTitle?: string | undefined;
  /** What the columns are. */
  readonly columnTitle?: string | undefined;
  /** Quantity and unit of the values, beside the colour bar. */
  readonly valueTitle: string;
  /** `diverging` puts white at 0 and its ends equally far from 0. Default `sequential`. */
  readonly scale?: ColourScaleName | undefined;
  /** Values at the ends of the scale. Default: those of the data. */
  readonly domain?: readonly [number, number] | undefined;
}

/** Pixels, for printed values and colour bar. */
const VALUE = { size: 11.5 } as const;
const BAR = 14;
const BAR_GAP = 22;
/** Cells of more than this many rows or columns are too small for numbers. */
const MAX_PRINTED = 16;

/**
 * Draws a matrix and returns an SVG document.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for labels or data that do not fit the matrix, `INVALID_ARGUMENT` for
 * an empty matrix, one without a finite value, or a bad `domain`.
 */
export function heatMap(map: HeatMap): string {
  requireKind("heatMap: map", "heatMap", map);
  const matrix = requireMatrix(map);
  const colours = coloursOf(map);
  const plan = layOut(map, matrix, colours.bar);
  const elements = [
    ...plan.title.elements,
    ...drawCaption(plan),
    ...drawCells(matrix, colours, plan),
    ...drawNames(plan),
    ...printedValues(matrix, colours, plan),
    ...drawBar(colours, plan),
    ...drawValueTitle(map, plan),
  ];
  return svgDocument(plan.width, plan.foot + 24 + MARGIN, map.title, elements);
}

/** What values look like. */
interface Colours {
  readonly domain: readonly [number, number];
  /** Colour at a share of the domain. */
  readonly at: (share: number) => Rgb;
  readonly of: (value: number) => Rgb;
  /** The axis of the colour bar. */
  readonly bar: Axis;
}

function coloursOf({ matrix, domain: given, scale = "sequential", valueTitle }: HeatMap): Colours {
  const domain = given ?? dataDomain(Array.from(matrix.data).filter(Number.isFinite), scale);
  const at = colourScale(scale);
  return {
    domain,
    at,
    of: (value) => at((value - domain[0]) / (domain[1] - domain[0])),
    bar: makeAxis({ title: valueTitle, domain }, [], 6),
  };
}

/** Measures in pixels. */
interface Plan {
  readonly width: number;
  readonly title: Block;
  readonly caption: string;
  readonly rowNames: readonly string[];
  /** The same as far as there is room. */
  readonly shownRowNames: readonly string[];
  readonly columnNames: readonly string[];
  readonly columnLabels: CategoryLabels;
  readonly grid: Box;
  readonly cell: number;
  readonly cellHeight: number;
  readonly barBottom: number;
  /** Lower edge of grid, names and colour bar. */
  readonly foot: number;
}

/** The grid fills the width; square cells where the matrix is square. */
function layOut(map: HeatMap, { rows, cols }: HeatMap["matrix"], bar: Axis): Plan {
  const { width = DEFAULT_WIDTH } = map;
  const rowNames = map.rowLabels ?? indices(rows);
  const columnNames = map.columnLabels ?? indices(cols);
  const title = heading(map);
  const shownRowNames = rowNames.map((name) => ellipsize(name, 170, AXIS));
  const left = MARGIN + Math.max(...shownRowNames.map((name) => measureText(name, AXIS))) + 8;
  const barRoom = BAR_GAP + BAR + 6 + Math.max(...bar.labels.map((label) => measureText(label, AXIS)));
  const cell = Math.min(72, (width - MARGIN - barRoom - left) / cols);
  const cellHeight =
    rows === cols ? cell : Math.min(cell, Math.max(22, Math.min(32, 420 / rows)), 640 / rows);
  const columnLabels = categoryLabels(columnNames, cell);
  const titles = [map.rowTitle && `rows: ${map.rowTitle}`, map.columnTitle && `columns: ${map.columnTitle}`];
  const caption = ellipsize(titles.filter(Boolean).join(" · "), width - 2 * MARGIN, AXIS);
  const [right, top] = [left + cols * cell, title.bottom + (caption === "" ? 24 : 46)];
  const bottom = top + rows * cellHeight;
  const barBottom = Math.max(bottom, top + 90);
  return {
    width,
    title,
    caption,
    rowNames,
    shownRowNames,
    columnNames,
    columnLabels,
    grid: { left, right, top, bottom },
    cell,
    cellHeight,
    barBottom,
    foot: Math.max(bottom + columnLabels.room, barBottom),
  };
}

function indices(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

function drawCaption({ caption, grid }: Plan): string[] {
  return caption === "" ? [] : [textLine(MARGIN, grid.top - 18, caption, AXIS)];
}

function drawCells(matrix: HeatMap["matrix"], colours: Colours, { grid }: Plan): string[] {
  const { left, right, top, bottom } = grid;
  const image = pngDataUri(encodePng(cells(matrix, colours.of)));
  const place = `x="${px(left)}" y="${px(top)}" width="${px(right - left)}" height="${px(bottom - top)}"`;
  return [
    `<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${image}"/>`,
    `<rect ${place} fill="none" stroke="${THEME.line}"/>`,
  ];
}

/** Names of rows and columns. */
function drawNames({ grid, cell, cellHeight, ...plan }: Plan): string[] {
  const every = categoryStep(cellHeight);
  const rows = plan.shownRowNames.flatMap((name, i) => {
    if (i % every !== 0) return [];
    const y = grid.top + (i + 0.5) * cellHeight + centred(AXIS.size);
    return [textLine(grid.left - 8, y, name, { ...AXIS, anchor: "end" }, plan.rowNames[i])];
  });
  const columnX = (i: number) => grid.left + (i + 0.5) * cell;
  return [...rows, ...categoryAxis(plan.columnLabels, plan.columnNames, columnX, grid.bottom)];
}

function drawBar({ bar, at }: Colours, { grid, barBottom }: Plan): string[] {
  bar.scale.range([barBottom, grid.top]);
  const x = grid.right + BAR_GAP;
  const ramp = Array.from({ length: 128 }, (_, i) => at(1 - i / 127));
  const strip = { width: 1, height: ramp.length, data: rgba(ramp) };
  const place = `x="${px(x)}" y="${px(grid.top)}" width="${BAR}" height="${px(barBottom - grid.top)}"`;
  const ticks = bar.ticks.flatMap((tick, i) => {
    const y = bar.scale(tick);
    return [
      stroke(`M${px(x + BAR)} ${px(y)}h4`, THEME.faint),
      textLine(x + BAR + 7, y + centred(AXIS.size), bar.labels[i], AXIS),
    ];
  });
  return [
    `<image ${place} preserveAspectRatio="none" href="${pngDataUri(encodePng(strip))}"/>`,
    `<rect ${place} fill="none" stroke="${THEME.line}"/>`,
    ...ticks,
  ];
}

function drawValueTitle({ valueTitle }: HeatMap, { width, foot }: Plan): string[] {
  const shown = ellipsize(`colour: ${valueTitle}`, width - 2 * MARGIN, AXIS);
  return [textLine(MARGIN, foot + 24, shown, AXIS, `colour: ${valueTitle}`)];
}

/** One pixel for each cell, enlarged so that viewers that smooth images blur no more than its edges. */
function cells(matrix: HeatMap["matrix"], colourOf: (value: number) => Rgb): RgbaImage {
  const { rows, cols, data } = matrix;
  const colours = Array.from(data, (value) => (Number.isFinite(value) ? colourOf(value) : undefined));
  const factor = Math.max(1, Math.ceil(1024 / Math.max(rows, cols)));
  return upscale({ width: cols, height: rows, data: rgba(colours) }, factor);
}

function rgba(colours: readonly (Rgb | undefined)[]): Uint8ClampedArray {
  const data = new Uint8ClampedArray(4 * colours.length);
  colours.forEach((colour, i) => {
    if (colour) data.set([...colour, 255], 4 * i);
  });
  return data;
}

function printedValues(
  matrix: HeatMap["matrix"],
  { domain, of: colourOf }: Colours,
  { grid, cell, cellHeight }: Plan,
): string[] {
  const { rows, cols, data } = matrix;
  if (Math.max(rows, cols) > MAX_PRINTED) return [];
  // Three significant digits of the largest, one notation for all.
  const most = Math.max(...domain.map(Math.abs));
  const decimals = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(most) + 1e-9)));
  const print = (value: number) =>
    value
      .toFixed(most <= 1 ? 2 : decimals)
      .replace(/^-(0(?:\.0*)?)$/, "$1")
      .replace(/^-/, "−");
  const texts = Array.from(data, (value) => (Number.isFinite(value) ? print(value) : ""));
  const widest = Math.max(...texts.map((text) => measureText(text, VALUE)));
  if (widest > cell - 6 || VALUE.size > cellHeight - 4) return [];
  return texts.flatMap((text, i) => {
    if (text === "") return [];
    const x = grid.left + ((i % cols) + 0.5) * cell;
    const y = grid.top + (Math.floor(i / cols) + 0.5) * cellHeight + centred(VALUE.size);
    // Black and white by name: they belong to the cell, not to the theme.
    return [textLine(x, y, text, { ...VALUE, anchor: "middle", fill: textColour(colourOf(data[i])) })];
  });
}

function dataDomain(values: readonly number[], scale: ColourScaleName): [number, number] {
  const [low, high] = extent(values) as [number, number];
  if (scale === "diverging") {
    const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return [-reach, reach];
  }
  return low < high ? [low, high] : [low - (Math.abs(low) / 2 || 1), low + (Math.abs(low) / 2 || 1)];
}

function requireMatrix(map: HeatMap): HeatMap["matrix"] {
  const { rows, cols, data } = map.matrix;
  if (!(rows > 0 && cols > 0) || !Array.from(data).some(Number.isFinite)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Heat map: a matrix with a finite value is needed, got ${rows} × ${cols} without one.`,
    );
  }
  for (const [what, length, expected] of [
    ["values", data.length, rows * cols],
    ["row labels", map.rowLabels?.length ?? rows, rows],
    ["column labels", map.columnLabels?.length ?? cols, cols],
  ] as const) {
    if (length !== expected) {
      throw new VielbeinError(
        "SHAPE_MISMATCH",
        `Heat map: a ${rows} × ${cols} matrix has ${expected} ${what}, got ${length}.`,
      );
    }
  }
  return map.matrix;
}
