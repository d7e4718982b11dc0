// Heat maps: a matrix as coloured cells with labelled rows and columns and a colour bar; the values are printed in
// the cells where there is room.

import { VielbeinError } from "@vielbein/core";
import { extent } from "d3-array";
import { type RgbaImage, upscale } from "../images/image.ts";
import { encodePng, pngDataUri } from "../images/png.ts";
import { px, stroke, svgDocument, textLine } from "../svg.ts";
import { ellipsize, measureText } from "../text.ts";
import { THEME } from "../theme.ts";
import { makeAxis } from "./axis.ts";
import { type ColourScaleName, colourScale, type Rgb, textColour } from "./colour-scale.ts";
import {
  AXIS,
  categoryAxis,
  categoryLabels,
  categoryStep,
  centred,
  DEFAULT_WIDTH,
  type FigureOptions,
  heading,
  MARGIN,
} from "./frame.ts";

export interface HeatMap extends FigureOptions {
  /** `[rows, cols]`, row-major; NaN leaves a cell empty. */
  readonly matrix: { readonly rows: number; readonly cols: number; readonly data: ArrayLike<number> };
  /** One for each row. Default: the indices from 0. */
  readonly rowLabels?: readonly string[];
  /** One for each column. Default: the indices from 0. */
  readonly columnLabels?: readonly string[];
  /** What the rows are. */
  readonly rowTitle?: string;
  /** What the columns are. */
  readonly columnTitle?: string;
  /** Quantity and unit of the values, beside the colour bar. */
  readonly valueTitle: string;
  /** `diverging` puts white at 0 and its ends at equal distance. Default `sequential`. */
  readonly scale?: ColourScaleName;
  /** Values of the ends of the scale. Default: the data's. */
  readonly domain?: readonly [number, number];
}

/** Pixels, for printed values and colour bar. */
const VALUE = { size: 11.5 } as const;
const BAR = 14;
/** Cells of more than this many rows or columns are too small for numbers. */
const MAX_PRINTED = 16;

/**
 * Draws a matrix and returns an SVG document.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` for labels or data that do not fit the matrix, `INVALID_ARGUMENT` for
 * an empty matrix, one without a finite value, or a bad `domain`.
 */
export function heatMap(map: HeatMap): string {
  const { matrix, scale = "sequential", width = DEFAULT_WIDTH } = map;
  const { rows, cols, data } = requireMatrix(map);
  const rowNames = map.rowLabels ?? Array.from({ length: rows }, (_, i) => String(i));
  const columnNames = map.columnLabels ?? Array.from({ length: cols }, (_, i) => String(i));
  const finite = Array.from(data).filter(Number.isFinite);
  const domain = map.domain ?? dataDomain(finite, scale);
  const bar = makeAxis({ title: map.valueTitle, domain }, [], 6);
  const colour = colourScale(scale);
  const colourOf = (value: number) => colour((value - domain[0]) / (domain[1] - domain[0]));

  // The grid fills the width; square cells where the matrix is square.
  const title = heading(map);
  const shown = rowNames.map((name) => ellipsize(name, 170, AXIS));
  const left = MARGIN + Math.max(...shown.map((name) => measureText(name, AXIS))) + 8;
  const barRoom = 22 + BAR + 6 + Math.max(...bar.labels.map((label) => measureText(label, AXIS)));
  const cell = Math.min(72, (width - MARGIN - barRoom - left) / cols);
  const cellHeight =
    rows === cols ? cell : Math.min(cell, Math.max(22, Math.min(32, 420 / rows)), 640 / rows);
  const names = categoryLabels(columnNames, cell);
  const titles = [map.rowTitle && `rows: ${map.rowTitle}`, map.columnTitle && `columns: ${map.columnTitle}`];
  const caption = ellipsize(titles.filter(Boolean).join(" · "), width - 2 * MARGIN, AXIS);
  const [right, top] = [left + cols * cell, title.bottom + (caption === "" ? 24 : 46)];
  const bottom = top + rows * cellHeight;
  const elements: string[] = [];
  if (caption !== "") elements.push(textLine(MARGIN, top - 18, caption, AXIS));

  const image = pngDataUri(encodePng(cells(matrix, colourOf)));
  const place = `x="${px(left)}" y="${px(top)}" width="${px(right - left)}" height="${px(bottom - top)}"`;
  elements.push(
    `<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${image}"/>`,
    `<rect ${place} fill="none" stroke="${THEME.line}"/>`,
  );
  const every = categoryStep(cellHeight);
  shown.forEach((name, i) => {
    if (i % every !== 0) return;
    const y = top + (i + 0.5) * cellHeight + centred(AXIS.size);
    elements.push(textLine(left - 8, y, name, { ...AXIS, anchor: "end" }, rowNames[i]));
  });
  elements.push(...categoryAxis(names, columnNames, (i) => left + (i + 0.5) * cell, bottom));
  elements.push(...printedValues(matrix, domain, colourOf, { left, top, cell, cellHeight }));

  // The colour bar.
  const barTop = top;
  const barBottom = Math.max(bottom, top + 90);
  bar.scale.range([barBottom, barTop]);
  const barX = right + 22;
  const ramp = Array.from({ length: 128 }, (_, i) => colour(1 - i / 127));
  const strip = { width: 1, height: ramp.length, data: rgba(ramp) };
  const barPlace = `x="${px(barX)}" y="${px(barTop)}" width="${BAR}" height="${px(barBottom - barTop)}"`;
  elements.push(
    `<image ${barPlace} preserveAspectRatio="none" href="${pngDataUri(encodePng(strip))}"/>`,
    `<rect ${barPlace} fill="none" stroke="${THEME.line}"/>`,
  );
  bar.ticks.forEach((tick, i) => {
    const y = bar.scale(tick);
    elements.push(stroke(`M${px(barX + BAR)} ${px(y)}h4`, THEME.faint));
    elements.push(textLine(barX + BAR + 7, y + centred(AXIS.size), bar.labels[i]!, AXIS));
  });
  const foot = Math.max(bottom + names.room, barBottom);
  const valueTitle = ellipsize(map.valueTitle, width - 2 * MARGIN, AXIS);
  elements.push(textLine(MARGIN, foot + 24, `colour: ${valueTitle}`, AXIS, map.valueTitle));
  return svgDocument(width, foot + 24 + MARGIN, map.title, [...title.elements, ...elements]);
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
  domain: readonly [number, number],
  colourOf: (value: number) => Rgb,
  grid: { left: number; top: number; cell: number; cellHeight: number },
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
  if (widest > grid.cell - 6 || VALUE.size > grid.cellHeight - 4) return [];
  return texts.flatMap((text, i) => {
    if (text === "") return [];
    const x = grid.left + ((i % cols) + 0.5) * grid.cell;
    const y = grid.top + (Math.floor(i / cols) + 0.5) * grid.cellHeight + centred(VALUE.size);
    // Black and white by name: they belong to the cell, not to the theme.
    return [textLine(x, y, text, { ...VALUE, anchor: "middle", fill: textColour(colourOf(data[i]!)) })];
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
