// Tables on the terminal, a column at a time.

import { escapeControls } from "@vielbein/viz";
import { definedItems } from "./defined.ts";

/** A column of a table whose rows are made from items. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T, index: number) => string | number;
  /** Flush right. */
  readonly isNumber: boolean;
}

/** A column flush left. */
export function text<T>(title: string, cell: Column<T>["cell"]): Column<T> {
  return { title, cell, isNumber: false };
}

/** A column flush right. */
export function number<T>(title: string, cell: Column<T>["cell"]): Column<T> {
  return { title, cell, isNumber: true };
}

/**
 * A row for each item, under the titles if any column has one; two spaces between columns.
 *
 * @param parts the columns; those that are undefined are left out.
 */
export function table<T>(items: readonly T[], parts: readonly (Column<T> | undefined)[]): string {
  const columns = definedItems(parts);
  const filled = columns.map(({ title, cell, isNumber }) => {
    const cells = [title, ...items.map((item, index) => String(cell(item, index)))];
    return aligned(
      cells.map((text) => escapeControls(text)),
      isNumber,
    );
  });
  const lines = ["", ...items].map((_, row) =>
    filled
      .map((cells) => cells[row])
      .join("  ")
      .trimEnd(),
  );
  return (columns.some(({ title }) => title !== "") ? lines : lines.slice(1)).join("\n");
}

function aligned(cells: readonly string[], isNumber: boolean): string[] {
  const width = Math.max(...cells.map(({ length }) => length));
  return cells.map((cell) => (isNumber ? cell.padStart(width) : cell.padEnd(width)));
}

/** A number to the given number of significant digits; a dash where there is none. */
export function significant(value: number | undefined, digits: number): string {
  return isKnown(value) ? value.toPrecision(digits) : "–";
}

/** A number to the given number of digits after the point; a dash where there is none. */
export function fixed(value: number | undefined, digits: number): string {
  return isKnown(value) ? value.toFixed(digits) : "–";
}

/** A share as a percentage with two digits after the point; a dash where there is none. */
export function percent(share: number | undefined): string {
  return isKnown(share) ? `${(100 * share).toFixed(2)} %` : "–";
}

/** `median [low–high]` of the values there are. */
export function spread(values: readonly (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const [least, greatest] = [known[0], known.at(-1)];
  if (least === undefined || greatest === undefined) return "–";
  const [low, high] = [least.toFixed(digits), greatest.toFixed(digits)];
  const median = ((known[(known.length - 1) >> 1] ?? least) + (known[known.length >> 1] ?? least)) / 2;
  const middle = Number.isInteger(median) || digits > 0 ? median.toFixed(digits) : median.toFixed(1);
  return low === high ? low : `${middle} [${low}–${high}]`;
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
