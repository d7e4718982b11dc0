// Directions as other programs leave them: InterFaceGAN's boundary [1, d], SeFa's and Local Basis' matrices, GANSpace's
// archive, any array of a safetensors file. Such files say neither in which space the directions live nor whether they
// are rows or columns; what is assumed is returned in words.

import { type Space, VielbeinError } from "@vielbein/core";
import { type Matrix, matrix, rowAt } from "@vielbein/linalg";
import { type NpyArray, openNpz, readNpy } from "@vielbein/linalg/npy";
import { readSafetensors } from "@vielbein/linalg/safetensors";
import { shapeText } from "../kit/names.ts";
import { isZip } from "./array-files.ts";

/** Arrays of a file, read when they are asked for. */
export interface ArrayFile {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  read(name: string): NpyArray | undefined;
}

export interface ForeignOptions {
  /** Name of the array, where it is one of several. */
  readonly name?: string | undefined;
  readonly space: string;
  /** Shape of one direction. Default: the axes that the array has beside that of the directions. */
  readonly shape?: readonly number[] | undefined;
  /** The directions are columns. */
  readonly columns?: boolean | undefined;
  /** Make all lengths 1. */
  readonly normalize?: boolean | undefined;
}

export interface ForeignDirections {
  /** Columns, `[dim, count]`. */
  readonly vectors: Matrix;
  readonly shape: readonly number[];
  readonly values?: { readonly kind: string; readonly values: Float64Array } | undefined;
  /** The array, and what was assumed about it. */
  readonly array: string;
  readonly program: string;
  readonly assumed: readonly string[];
}

/** Archives of known programs: the array of directions, and the numbers that go with it. */
const LAYOUTS = [
  {
    program: "GANSpace",
    vectors: "lat_comp",
    values: "lat_stdev",
    kind: "standard deviation",
    columns: false,
  },
  { program: "SeFa", vectors: "boundaries", values: "values", kind: "eigenvalue", columns: false },
  // closed_form_factorization.py keeps V of the singular value decomposition.
  { program: "SeFa", vectors: "eigvec", values: "eigval", kind: "eigenvalue", columns: true },
  { program: "directions", vectors: "directions", values: "values", kind: "value", columns: false },
] as const;

/** @throws {VielbeinError} `INVALID_FILE`; {LinalgError} `INVALID_FILE`. */
export function openArrays(bytes: Uint8Array, path: string): ArrayFile {
  if (isZip(bytes)) {
    const archive = openNpz(bytes);
    if (archive.names.some((name) => /(^|\/)data\.pkl$/.test(name))) throw pickled(path);
    const shapes = new Map<string, readonly number[]>();
    for (const name of archive.names) {
      try {
        shapes.set(name, archive.header(name).shape);
      } catch {
        // An array of Python objects or text beside the numbers; refused when asked for.
      }
    }
    return { shapes, read: (name) => archive.read(name) };
  }
  if (bytes[0] === 0x80) throw pickled(path);
  if (/\.safetensors$/i.test(path)) {
    const { tensors, metadata } = readSafetensors(bytes);
    if (metadata.format === "vielbein.directions") {
      throw new VielbeinError("INVALID_FILE", `"${path}" is a directions file already. Use it as it is.`);
    }
    const shapes = new Map(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
    return { shapes, read: (name) => tensors[name] as NpyArray | undefined };
  }
  const array = readNpy(bytes);
  return { shapes: new Map([["", array.shape]]), read: (name) => (name === "" ? array : undefined) };
}

function pickled(path: string): VielbeinError {
  return new VielbeinError(
    "INVALID_FILE",
    `"${path}" is a pickle, as torch.save and pickle.dump write it, which can run code when it is read. Save the directions with numpy.save or as safetensors.`,
  );
}

/**
 * The directions in a file.
 *
 * @throws {VielbeinError} `INVALID_FILE` where no array, or more than one, can be meant; `SHAPE_MISMATCH`.
 */
export function foreignDirections(file: ArrayFile, options: ForeignOptions): ForeignDirections {
  const layout = LAYOUTS.find(
    ({ vectors }) => (options.name ?? vectors) === vectors && file.shapes.has(vectors),
  );
  const name = options.name ?? layout?.vectors ?? onlyArray(file);
  const array = file.read(name);
  if (!array)
    throw new VielbeinError("INVALID_FILE", `There is no array "${name}". There are: ${listed(file)}.`);
  const assumed: string[] = [];
  const columns = options.columns ?? layout?.columns ?? areColumns(array.shape, options.shape);
  const rows = asRows(array, { ...options, columns, name }, assumed);
  scale(rows, options, assumed);
  if (layout?.program === "GANSpace") {
    assumed.push(
      `${name} is of the space that GANSpace ran in: w with --use_w (its file then ends in _w), else z`,
    );
  }
  const values = layout && valuesOf(file, layout, rows.count, assumed);
  return {
    vectors: columnsOf(rows),
    shape: rows.shape,
    values,
    array: name,
    program: layout?.program ?? "directions",
    assumed,
  };
}

function onlyArray(file: ArrayFile): string {
  const [name, ...more] = [...file.shapes].filter(([, shape]) => shape.length > 0).map(([key]) => key);
  if (name !== undefined && more.length === 0) return name;
  throw new VielbeinError(
    "INVALID_FILE",
    `It is not clear which array holds the directions; there are: ${listed(file)}. Name it: FILE:NAME.`,
  );
}

function listed({ shapes }: ArrayFile): string {
  return (
    [...shapes]
      .slice(0, 20)
      .map(([name, shape]) => `${name || "the array"} [${shape}]`)
      .join(", ") || "none"
  );
}

/** Whether a matrix has the space's dimension first and not last. */
function areColumns(sides: readonly number[], shape: readonly number[] | undefined): boolean {
  const [rows, cols, ...rest] = sides;
  const isMatrix = cols !== undefined && rest.length === 0;
  return shape !== undefined && isMatrix && rows === product(shape) && cols !== rows;
}

/** Directions one after another, `[count, dim]`. */
interface Rows {
  readonly count: number;
  readonly dim: number;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

function asRows(
  { shape: sides, data }: NpyArray,
  { shape, columns, name, space }: ForeignOptions,
  assumed: string[],
): Rows {
  const numbers = Float64Array.from(data as ArrayLike<number>, Number);
  // One direction is a row, or a column if the options say so.
  const alone = columns ? [...sides, 1] : [1, ...sides];
  const [first = 1, ...rest] = sides.length === 1 ? alone : sides;
  // Axes of length 1 are left over from batches.
  const own = columns ? [first] : rest.filter((side, i) => side !== 1 || i === rest.length - 1);
  const count = columns ? product(rest) : first;
  const wanted = shape ?? (own.length > 0 ? own : [1]);
  const dim = product(wanted);
  if (dim === 0 || count === 0 || product(own) !== dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Directions: ${name || "the array"} [${sides}] does not hold directions of ${space} [${wanted}] as ${columns ? "columns" : "rows"}. Give the shape of one direction with --shape${columns ? "" : ", or --columns"}.`,
    );
  }
  const form = sides.length < 2 ? "" : columns ? ", its columns" : ", its rows";
  assumed.push(
    `${name || "the array"} ${shapeText(sides)} holds ${count} ${count === 1 ? "direction" : "directions"} of ${space} ${shapeText(wanted)}${form}`,
  );
  if (sides.length === 2 && sides[0] === sides[1]) {
    assumed.push(
      `a square matrix does not tell rows from columns: ${columns ? "columns" : "rows"} were taken`,
    );
  }
  const turned = columns
    ? Float64Array.from(numbers, (_, i) => numbers[(i % dim) * count + Math.floor(i / dim)]!)
    : numbers;
  return { count, dim, shape: wanted, data: turned };
}

/** Says how long the directions are; makes the lengths 1 if asked to. */
function scale({ count, dim, data }: Rows, { normalize }: ForeignOptions, assumed: string[]): void {
  let [least, largest] = [Number.POSITIVE_INFINITY, 0];
  for (let k = 0; k < count; k++) {
    const row = rowAt(data, k, dim);
    const length = lengthOf(row);
    if (!(length > 0 && Number.isFinite(length))) {
      throw new VielbeinError(
        "NOT_FINITE",
        `Directions: every direction must be finite and have a length, and that of direction ${k} is ${length}. Leave it out.`,
      );
    }
    least = Math.min(least, length);
    largest = Math.max(largest, length);
    if (normalize) row.set(row.map((x) => x / length));
  }
  const range =
    least === largest ? least.toPrecision(5) : `${least.toPrecision(5)} to ${largest.toPrecision(5)}`;
  if (largest < 1 + UNIT && least > 1 - UNIT) assumed.push("they have length 1");
  else if (normalize) assumed.push(`their lengths, ${range}, were made 1`);
  else assumed.push(`their lengths, ${range}, are kept (--normalize makes them 1)`);
}

/** Lengths this close to 1 are 1 in float32. */
const UNIT = 1e-4;

/** Of numbers of any size, and any number of them. */
function lengthOf(row: Float64Array): number {
  const largest = row.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  if (!(largest > 0 && Number.isFinite(largest))) return largest;
  return largest * Math.sqrt(row.reduce((sum, x) => sum + (x / largest) ** 2, 0));
}

function valuesOf(
  file: ArrayFile,
  { values: name, kind, vectors }: (typeof LAYOUTS)[number],
  count: number,
  assumed: string[],
): ForeignDirections["values"] {
  if (product(file.shapes.get(name) ?? [0]) !== count) return undefined;
  const values = Float64Array.from(file.read(name)!.data as ArrayLike<number>, Number);
  assumed.push(`${name} holds the ${kind} of each of ${vectors}`);
  return { kind, values };
}

function columnsOf({ count, dim, data }: Rows): Matrix {
  return matrix(
    dim,
    count,
    Float64Array.from(data, (_, i) => data[(i % count) * dim + Math.floor(i / count)]!),
  );
}

/** A space by its name and the shape of a point. */
export function spaceOf(name: string, shape: readonly number[]): Space {
  return { name, dim: product(shape), shape };
}

function product(sides: readonly number[]): number {
  return sides.reduce((result, side) => result * side, 1);
}
