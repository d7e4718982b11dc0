// The .npz file that keeps the rows of a long computation: a column for each cell, and the provenance. A file that is
// read back is taken for what it says only after every column was held against what the computation writes.

import { type FloatArray, type Provenance, VielbeinError } from "@vielbein/core";
import { type Matrix, matrix, rowAt } from "@vielbein/linalg";
import { type NpyArray, type NpzArchive, openNpz, type ReadNpyArray, writeNpz } from "@vielbein/linalg/npy";
import { inFile, provenanceArray, readProvenance } from "../inputs/archives.ts";

/** One cell. */
export type RowValue = number | Float32Array | Float64Array | Matrix;

/** Cells by name. */
export type Row<R> = Readonly<Record<keyof R, RowValue>>;

/** What a cell must be; undefined where nothing says it. */
type Given = number | ArrayLike<number> | undefined;

/** What the cells of one name are, in every row. */
export interface Column {
  /**
   * `[]` of a number, `[length]` of a vector, `[rows, cols]` of a matrix. In the file the rows are an axis before
   * these.
   */
  readonly shape: readonly number[];
  /** Default `f8`. */
  readonly dtype?: "f4" | "f8" | undefined;
  /** Whether NaN may stand for a missing value. Default `false`. */
  readonly hasGaps?: boolean | undefined;
  /** What the cell is by the index of its row, where that says it; undefined of rows that were not asked for. */
  readonly at?: (row: number) => Given | Promise<Given>;
  /**
   * How far from that it may be, as a fraction of the largest of its numbers: engines of two machines round
   * differently. Default 0.
   */
  readonly tolerance?: number | undefined;
  /** Least and largest number that can be meant. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Whether the numbers are whole. Default `false`. */
  readonly isWhole?: boolean | undefined;
  /** Whether every row descends, its gaps at the end. Default `false`. */
  readonly isDescending?: boolean | undefined;
  /** Whether of many rows it takes more room than most people want to spend on it. Default `false`. */
  readonly isBulky?: boolean | undefined;
}

/** For a column: a number that is at least 0. */
export const NOT_NEGATIVE: Pick<Column, "range"> = { range: [0, Number.POSITIVE_INFINITY] };

/** For a column: singular values, or eigenvalues, that are at least 0. */
export const SPECTRUM: Pick<Column, "range" | "isDescending"> = { ...NOT_NEGATIVE, isDescending: true };

export type Columns<R> = Readonly<Record<keyof R & string, Column>>;

/** The bytes of the file. */
export function encodeRows<R extends Row<R>>(
  rows: readonly R[],
  columns: Columns<R>,
  provenance: Provenance,
): Uint8Array {
  const arrays = entriesOf(columns).map(([name, column]): [string, NpyArray] => [
    name,
    stackCells(
      rows.map((row) => row[name]),
      name,
      column,
    ),
  ]);
  return writeNpz({ ...Object.fromEntries(arrays), provenance: provenanceArray(provenance) });
}

/** What was kept; the rows are read when they are asked for. */
export interface KeptRows<R> {
  readonly provenance: Provenance;
  /** @throws {VielbeinError} `INVALID_FILE` that names the column that the computation cannot have written. */
  rows(columns: Columns<R>): Promise<R[]>;
}

/**
 * Opens the file.
 *
 * @throws {VielbeinError} `INVALID_FILE`; `INVALID_ARGUMENT` where it has no provenance.
 */
export function openRows<R extends Row<R>>(bytes: Uint8Array, path: string): KeptRows<R> {
  const archive = inFile(path, () => openNpz(bytes));
  if (!archive.names.includes("provenance")) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--resume: "${path}" has no provenance, so it is not known what its rows are. Write to another file.`,
    );
  }
  return {
    provenance: readProvenance(
      inFile(path, () => archive.read("provenance")),
      path,
    ),
    rows: (columns) => readRows(archive, columns, path),
  };
}

async function readRows<R extends Row<R>>(
  archive: NpzArchive,
  columns: Columns<R>,
  path: string,
): Promise<R[]> {
  const refuse = (name: string, problem: string): VielbeinError =>
    new VielbeinError(
      "INVALID_FILE",
      `--resume: "${path}": ${JSON.stringify(name)} ${problem}. The file is damaged or was changed: write to another, or take another copy.`,
    );
  const { count, arrays } = inFile(path, () => readArrays(archive, columns, refuse));
  for (const [name, array] of arrays) {
    const problem = await valueProblem(array, columns[name]);
    if (problem !== undefined) throw refuse(name, problem);
  }
  return Array.from(
    { length: count },
    (_, row) => Object.fromEntries(arrays.map(([name, array]) => [name, cellOf(array, row)])) as unknown as R,
  );
}

/** The arrays of the columns, of the shapes and types that these have. */
function readArrays<R extends Row<R>>(
  archive: NpzArchive,
  columns: Columns<R>,
  refuse: (name: string, problem: string) => VielbeinError,
): { readonly count: number; readonly arrays: (readonly [keyof R & string, ReadNpyArray])[] } {
  const entries = entriesOf(columns);
  const extra = archive.names.find((name) => name !== "provenance" && !Object.hasOwn(columns, name));
  if (extra !== undefined) throw refuse(extra, "is not a column of this computation");
  const missing = entries.find(([name]) => !archive.names.includes(name));
  if (missing) throw refuse(missing[0], "is missing");
  const count = archive.header(entries[0]![0]).shape[0] ?? 0;
  for (const [name, column] of entries) {
    const problem = headerProblem(archive.header(name), column, count);
    if (problem !== undefined) throw refuse(name, problem);
  }
  return { count, arrays: entries.map(([name]) => [name, archive.read(name)] as const) };
}

function headerProblem(
  { shape, dtype }: Pick<ReadNpyArray, "shape" | "dtype">,
  column: Column,
  count: number,
): string | undefined {
  const expected = [count, ...column.shape];
  if (String(shape) !== String(expected)) return `has shape [${shape}], not [${expected}]`;
  const type = column.dtype ?? "f8";
  return dtype === type ? undefined : `has elements of type ${dtype}, not ${type}`;
}

async function valueProblem({ shape, data }: ReadNpyArray, column: Column): Promise<string | undefined> {
  const values = data as Float32Array | Float64Array;
  const [count = 0] = shape;
  const size = values.length / count;
  for (let row = 0; row < count; row++) {
    const cell = rowAt(values, row, size);
    const problem = givenProblem(cell, await column.at?.(row), column) ?? numberProblem(cell, column);
    if (problem !== undefined) return `holds ${problem[0]} in row ${row}${problem[1]}`;
  }
  return undefined;
}

/** A number, and what is wrong with it. */
type Problem = readonly [found: number | undefined, why: string];

function givenProblem(cell: FloatArray, found: Given, { tolerance = 0 }: Column): Problem | undefined {
  if (found === undefined) return undefined;
  const given = typeof found === "number" ? [found] : Array.from(found);
  const allowed = tolerance * given.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const wrong = cell.findIndex((x, i) => !(Math.abs(x - (given[i] ?? Number.NaN)) <= allowed));
  return wrong < 0 ? undefined : [cell[wrong], `, where seed and options give ${given[wrong]}`];
}

function numberProblem(
  cell: FloatArray,
  { hasGaps, range: [low, high] = [-Infinity, Infinity], isWhole, isDescending }: Column,
): Problem | undefined {
  const isGap = (x: number) => hasGaps === true && Number.isNaN(x);
  const wrong = cell.findIndex(
    (x) => !(isGap(x) || (Number.isFinite(x) && x >= low && x <= high && (!isWhole || Number.isInteger(x)))),
  );
  if (wrong >= 0) return [cell[wrong], ""];
  if (!isDescending) return undefined;
  const rising = cell.findIndex((x, i) => !(x <= (cell[i - 1] ?? Infinity) || Number.isNaN(x)));
  return rising < 0 ? undefined : [cell[rising], ` after ${cell[rising - 1]}, and must descend`];
}

function entriesOf<R>(columns: Columns<R>): [keyof R & string, Column][] {
  return Object.entries(columns) as [keyof R & string, Column][];
}

function stackCells(cells: readonly RowValue[], name: string, { shape, dtype }: Column): NpyArray {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = new (dtype === "f4" ? Float32Array : Float64Array)(cells.length * size);
  cells.forEach((cell, row) => {
    const values = typeof cell === "number" ? [cell] : "rows" in cell ? cell.data : cell;
    if (values.length !== size) {
      throw new Error(`Column ${name} is declared with ${size} numbers a row, got ${values.length}.`);
    }
    data.set(values, row * size);
  });
  return { shape: [cells.length, ...shape], data };
}

function cellOf({ shape, data }: ReadNpyArray, row: number): RowValue {
  const values = data as Float64Array | Float32Array;
  if (shape.length === 1) return values[row]!;
  const [count = 0, rows = 1, cols = 1] = shape;
  const part = rowAt(values, row, values.length / count).slice();
  return shape.length === 3 ? matrix(rows, cols, part as Float64Array) : part;
}
