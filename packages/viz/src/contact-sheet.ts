// The contact sheet: a grid of images whose rows are latent directions and whose columns are steps along
// them, as one self-contained SVG.
//
// Everything hangs on two edges: text and row labels share the left margin, tiles share the grid. Type grows
// with the grid, because a figure is always shown fitted to some page.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "./arguments.ts";
import { type RgbaImage, type Shrinking, shrinkTo, upscale } from "./images/image.ts";
import { encodePng, pngDataUri } from "./images/png.ts";
import { type Block, type LegendKey, legend } from "./plots/frame.ts";
import {
  FOOTER_LINES,
  paragraph,
  type RowLabel,
  rowLabel,
  SUBTITLE_LINES,
  TITLE_LINES,
  type TypeScale,
  typeScale,
} from "./sheet-text.ts";
import { px, svgDocument, textLine } from "./svg.ts";
import { ellipsize, measureText } from "./text.ts";
import { THEME } from "./theme.ts";

/** One row of images with its label. */
export interface ContactSheetRow {
  /** Name of the row, e.g. `direction 0`; up to two lines. */
  readonly label: string;
  /** A second text beneath the label, in grey, e.g. `σ = 12.3`. */
  readonly sublabel?: string | undefined;
  /** One image for each column; all images of the sheet have the same size. */
  readonly images: readonly RgbaImage[];
}

/** Images in rows and columns with titles, for {@link contactSheet}. */
export interface ContactSheet {
  /** What the sheet shows. */
  readonly title: string;
  /** Where the picture comes from, e.g. `z → image · seed 7`. */
  readonly subtitle?: string | undefined;
  /** From the top. */
  readonly rows: readonly ContactSheetRow[];
  /** One for each column; see {@link formatStep}. */
  readonly columnLabels: readonly string[];
  /** The quantity that the column labels give, with its unit, e.g. `step t`. */
  readonly columnTitle?: string | undefined;
  /** Index of the column to mark: the unmoved point. Default: the one labelled `0`, if any; −1 for none. */
  readonly reference?: number | undefined;
  /** What the colours in the images stand for, beneath them. */
  readonly legend?: readonly LegendKey[] | undefined;
  /** Small print, e.g. model hash and versions. */
  readonly footer?: string | undefined;
  /** Least length of a tile's longer side in pixels; smaller images are enlarged by whole factors. Default 96. */
  readonly minTile?: number | undefined;
  /** Pixels of an image per pixel of the sheet: more than 1 for drawings, which then keep their size. Default 1. */
  readonly density?: number | undefined;
  /** How large images are reduced. Default `mean`. */
  readonly shrinking?: Shrinking | undefined;
}

/** Larger images are reduced to this, or the sheet would weigh more than the model. */
const MAX_TILE = 256;
const MIN_CONTENT_WIDTH = 560;

/**
 * Draws a contact sheet and returns it as an SVG document with its images embedded as PNG.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no rows or no columns, or if a row differs in length from
 * `columnLabels`; `SHAPE_MISMATCH` for images of different sizes.
 */
export function contactSheet(sheet: ContactSheet): string {
  requireKind("contactSheet: sheet", "contactSheet", sheet);
  const { density = 1 } = sheet;
  const size = requireGrid(sheet);
  const fit = density > 1 ? (image: RgbaImage) => image : tileFit(size, sheet);
  const plan = layOut(sheet, fit);
  const heading = drawHeading(sheet, plan);
  const grid = drawGrid(sheet, plan, heading.bottom + 26 * plan.unit, fit);
  const width = plan.contentWidth + 2 * plan.margin;
  const keys = legend(sheet.legend ?? [], grid.bottom, width, plan.unit);
  const footer = drawFooter(sheet, plan, keys.bottom);
  const parts = [heading, grid, keys, footer].flatMap(({ elements }) => elements);
  return svgDocument(width, Math.ceil(footer.bottom + plan.margin), sheet.title, parts);
}

/** Measures of a sheet in pixels, type and space in proportion to the grid. */
interface Plan {
  readonly unit: number;
  readonly type: TypeScale;
  readonly margin: number;
  readonly gap: number;
  readonly labels: readonly RowLabel[];
  readonly columnTitle: string;
  readonly tile: { readonly width: number; readonly height: number };
  readonly rowHeight: number;
  readonly gridHeight: number;
  readonly contentWidth: number;
  columnX(column: number): number;
}

function layOut(sheet: ContactSheet, fit: (image: RgbaImage) => RgbaImage): Plan {
  const { rows, columnLabels } = sheet;
  const shown = fit(rows[0].images[0]);
  const { density = 1 } = sheet;
  const tile = { width: shown.width / density, height: shown.height / density };
  const columns = columnLabels.length;
  const unit = Math.min(2, Math.max(1, (columns * tile.width) / 900));
  const type = typeScale(unit);
  const margin = Math.round(40 * unit);
  const gap = Math.round(7 * unit);
  const labels = rows.map((row) => rowLabel(row, 180 * unit, type));
  const columnTitle = ellipsize(sheet.columnTitle ?? "", 180 * unit, type.small);
  const labelWidth = Math.ceil(
    Math.max(measureText(columnTitle, type.small), ...labels.map((label) => label.width)),
  );
  const gridX = margin + (labelWidth > 0 ? labelWidth + Math.round(22 * unit) : 0);
  const gridWidth = columns * (tile.width + gap) - gap;
  // Whole numbers, so that tiles lie on the pixel grid.
  const rowHeight = Math.ceil(Math.max(tile.height, ...labels.map((label) => label.height)));
  return {
    unit,
    type,
    margin,
    gap,
    labels,
    columnTitle,
    tile,
    rowHeight,
    gridHeight: rows.length * (rowHeight + gap) - gap,
    contentWidth: Math.max(gridX - margin + gridWidth, MIN_CONTENT_WIDTH),
    columnX: (column) => gridX + column * (tile.width + gap),
  };
}

/** Title and subtitle. */
function drawHeading(sheet: ContactSheet, plan: Plan): Block {
  const { type, unit, margin } = plan;
  const title = paragraph(plan, margin, sheet.title, { ...type.title, fill: THEME.ink }, TITLE_LINES);
  if (!sheet.subtitle) return title;
  const style = { ...type.body, fill: THEME.soft };
  const subtitle = paragraph(plan, title.bottom + 5 * unit, sheet.subtitle, style, SUBTITLE_LINES);
  return { elements: [...title.elements, ...subtitle.elements], bottom: subtitle.bottom };
}

/** Column header and rows; the mark of the reference column lies under both. */
function drawGrid(sheet: ContactSheet, plan: Plan, top: number, fit: (image: RgbaImage) => RgbaImage): Block {
  const { type, rowHeight, gap } = plan;
  const gridY = Math.round(top + type.body.size * 2.15);
  const bottom = gridY + plan.gridHeight;
  const reference = sheet.reference ?? sheet.columnLabels.indexOf("0");
  const isMarked = sheet.columnLabels[reference] !== undefined;
  const mark = isMarked ? [band(plan.columnX(reference), top, plan.tile.width, bottom, gap)] : [];
  const rows = sheet.rows.flatMap((row, r) => drawRow(row, r, plan, gridY + r * (rowHeight + gap), fit));
  return { elements: [...mark, ...columnHeader(sheet, plan, top, reference), ...rows], bottom };
}

function columnHeader(sheet: ContactSheet, plan: Plan, top: number, reference: number): string[] {
  const { type, tile, margin, columnTitle } = plan;
  const baseline = top + type.body.size * 1.35;
  const titleStyle = { ...type.small, fill: THEME.faint };
  const title = textLine(margin, baseline, columnTitle, titleStyle, sheet.columnTitle);
  const labels = sheet.columnLabels.map((label, column) => {
    const style = { ...type.body, bold: column === reference };
    const shown = ellipsize(label, tile.width, style);
    const fill = column === reference ? THEME.ink : THEME.soft;
    const x = plan.columnX(column) + tile.width / 2;
    return textLine(x, baseline, shown, { ...style, fill, anchor: "middle" }, label);
  });
  return [title, ...labels];
}

function drawRow(
  row: ContactSheetRow,
  index: number,
  plan: Plan,
  top: number,
  fit: (image: RgbaImage) => RgbaImage,
): string[] {
  const { labels, margin, rowHeight, tile } = plan;
  const tileTop = top + Math.floor((rowHeight - tile.height) / 2);
  return [
    ...labels[index].draw(margin, top + rowHeight / 2),
    ...row.images.map((image, column) => drawTile(plan.columnX(column), tileTop, fit(image), tile)),
  ];
}

/** Small print beneath a rule. */
function drawFooter(sheet: ContactSheet, plan: Plan, top: number): Block {
  if (!sheet.footer) return { elements: [], bottom: top };
  const { unit, type, margin, contentWidth } = plan;
  const y = top + 24 * unit;
  const rule = `<path d="M${margin} ${px(y)}H${px(margin + contentWidth)}" stroke="${THEME.line}"/>`;
  const print = paragraph(
    plan,
    y + 9 * unit,
    sheet.footer,
    { ...type.footer, fill: THEME.faint },
    FOOTER_LINES,
  );
  return { elements: [rule, ...print.elements], bottom: print.bottom };
}

/** A step for a column label, with a sign and a true minus: `−3`, `0`, `+0.5`; three significant digits. */
export function formatStep(step: number): string {
  // Evenly spaced steps reach their zero up to rounding.
  if (Math.abs(step) < 1e-12) return "0";
  return `${step < 0 ? "−" : "+"}${Number(Math.abs(step).toPrecision(3))}`;
}

/** The size of every image, after checking that the images form a full grid of one size. */
function requireGrid(sheet: ContactSheet): { width: number; height: number } {
  const columns = sheet.columnLabels.length;
  const first = sheet.rows[0]?.images[0];
  if (columns === 0 || first === undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Contact sheet: at least one row and one column are needed, got ${sheet.rows.length} rows and ${columns} column labels.`,
    );
  }
  sheet.rows.forEach((row, r) => {
    if (row.images.length !== columns) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `Contact sheet: every row needs one image for each of the ${columns} column labels, row ${r} ("${row.label}") has ${row.images.length}. Pass as many labels as images.`,
      );
    }
    for (const image of row.images) {
      if (image.width !== first.width || image.height !== first.height) {
        throw new VielbeinError(
          "SHAPE_MISMATCH",
          `Contact sheet: all images must have one size, got ${first.width} × ${first.height} and, in row ${r} ("${row.label}"), ${image.width} × ${image.height}. Draw them on separate sheets.`,
        );
      }
    }
  });
  return first;
}

/** How images of this size become tiles: by whole factors, so that no pixel is invented. */
function tileFit(
  size: { width: number; height: number },
  { minTile = 96, shrinking }: ContactSheet,
): (image: RgbaImage) => RgbaImage {
  const side = Math.max(size.width, size.height);
  const shrink = Math.ceil(side / Math.max(MAX_TILE, minTile));
  if (shrink > 1) return (image) => shrinkTo(image, Math.max(MAX_TILE, minTile), shrinking);
  const grow = Math.max(1, Math.ceil(minTile / side));
  return (image) => upscale(image, grow);
}

/** A quiet column behind header and tiles, closed at the top by a stroke of the accent. */
function band(x: number, top: number, width: number, bottom: number, gap: number): string {
  const side = gap / 2 + 1;
  const height = bottom - top + side;
  return [
    `<rect x="${px(x - side)}" y="${px(top)}" width="${px(width + 2 * side)}" height="${px(height)}" fill="${THEME.band}"/>`,
    `<rect x="${px(x - side)}" y="${px(top)}" width="${px(width + 2 * side)}" height="${px(gap / 4)}" fill="${THEME.accent}"/>`,
  ].join("\n");
}

function drawTile(x: number, y: number, image: RgbaImage, { width, height }: Plan["tile"]): string {
  const place = `x="${px(x)}" y="${px(y)}" width="${width}" height="${height}"`;
  // The outline, just outside the pixels, keeps images with a white ground from dissolving in the paper.
  const outline = `<rect x="${px(x - 0.5)}" y="${px(y - 0.5)}" width="${width + 1}" height="${height + 1}" fill="none" stroke="${THEME.line}"/>`;
  const pixelated = image.width > width ? "" : ' style="image-rendering:pixelated"';
  return `${outline}<image ${place}${pixelated} href="${pngDataUri(encodePng(image))}"/>`;
}
