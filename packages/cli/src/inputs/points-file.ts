// Points of a space from a file, in the shapes in which this and other programs leave codes.

import { type Provenance, type Space, VielbeinError } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import { shapeText, spacesText } from "../kit/names.ts";
import { readArray } from "./array-files.ts";

/** Points of the map's input space, and where they come from. */
export interface Points {
  /** `[count, from.dim]`. */
  readonly values: Float32Array;
  readonly count: number;
  readonly source: Provenance["points"];
  /** What was assumed about a file. */
  readonly remark?: string | undefined;
}

/** The source with only the points from `first` on. */
export function pointRange(source: Points["source"], first: number, count: number): Points["source"] {
  return { ...source, first, count };
}

/** How many rows of --points are asked for. */
interface Asked {
  /** Undefined where there is no file, and points are samples. */
  readonly file: string | undefined;
  /** The option that asks: `--samples`. */
  readonly option: string;
  /** Undefined for all. */
  readonly count: number | undefined;
}

/**
 * The first rows of --points, as many as are asked for; samples as they are.
 *
 * @throws {VielbeinError} `OUT_OF_RANGE` where there are fewer.
 */
export function firstRows(points: Points, dim: number, { file, option, count: asked }: Asked): Points {
  const { values, count, source } = points;
  if (file === undefined || asked === undefined || asked === count) return points;
  if (asked > count) throw tooFewRows(option, asked, file, count);
  return {
    ...points,
    values: values.subarray(0, asked * dim),
    count: asked,
    source: { ...source, count: asked },
  };
}

/** @param what the rows are: `2 pairs`. */
export function tooFewRows(
  option: string,
  asked: number,
  file: string,
  rows: number,
  what = "",
): VielbeinError {
  return new VielbeinError(
    "OUT_OF_RANGE",
    `${option} ${asked}: "${file}" has ${rows} ${rows === 1 ? "row" : "rows"}${what}. Ask for no more than there are, or leave ${option} out.`,
  );
}

/** The source with only the points with these indices. */
export function pointsAt(source: Points["source"], indices: readonly number[]): Points["source"] {
  const first = Math.min(...indices);
  const range = pointRange(source, first, indices.length);
  return indices.every((index, i) => index === first + i) ? range : { ...range, indices };
}

/** Which codes were asked for: --points, and --sample, the first of them. */
export interface Choice {
  readonly points?: string | undefined;
  readonly sample: number;
}

/**
 * The codes asked for, `most` or as many as there are, each `[dim]`.
 *
 * @param codes samples from --sample on; a file of points comes as a whole.
 * @throws {VielbeinError} `OUT_OF_RANGE` where the file does not have the first `least` of them.
 */
export function chooseCodes(
  { values, count }: Points,
  dim: number,
  { points, sample }: Choice,
  least = 1,
  most: number = least,
): Float32Array[] {
  const first = points === undefined ? 0 : sample;
  const last = first + least - 1;
  if (last >= count) {
    const wanted = least === 1 ? `got ${first}` : `asked for ${first} to ${last}`;
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sample: "${points ?? "inputs that are set"}" has rows 0 to ${count - 1}, ${wanted}. Choose among these.`,
    );
  }
  return Array.from({ length: Math.min(most, count - first) }, (_, i) =>
    rowAt(values, first + i, dim).slice(),
  );
}

/** The one code asked for: see {@link chooseCodes}. */
export function chooseCode(codes: Points, dim: number, choice: Choice): Float32Array {
  return chooseCodes(codes, dim, choice)[0]!;
}

/**
 * The rows of --points FILE: `[n, d]` or `[d]`, or in the shape of the space, `[n, layers, dim]`; axes of length 1 are
 * ignored.
 *
 * @throws {VielbeinError} `MISSING_FILE`, `SHAPE_MISMATCH`; {LinalgError} `INVALID_FILE`.
 */
export async function readPoints(space: Space, argument: string): Promise<Points> {
  const { name, dim, shape } = space;
  const flat = `[n,${dim}] with n ≥ 1, or [${dim}]`;
  const own = shape.length > 1 ? `, or [n,${shape}]` : "";
  const array = await readArray(
    "--points",
    argument,
    (found) => holdsPoints(found, space),
    `space "${name}" of dimension ${dim} needs ${flat}${own}`,
  );
  const values = Float32Array.from(array.data as ArrayLike<number>, Number);
  requireFloat32(argument, values, array.data, dim);
  const count = values.length / dim;
  const isAsGiven =
    array.label === argument && (array.shape.length < 2 || array.shape.join() === `${count},${dim}`);
  return {
    values,
    count,
    source: { file: array.file, sha256: array.sha256, count },
    remark: isAsGiven
      ? undefined
      : `--points: ${array.label} ${shapeText(array.shape)} is read as ${count} ${count === 1 ? "point" : "points"} of ${spacesText(space)}`,
  };
}

/** @throws {VielbeinError} `NOT_FINITE` */
function requireFloat32(
  argument: string,
  values: Float32Array,
  given: ArrayLike<number | bigint>,
  dim: number,
): void {
  const i = values.findIndex((value) => !Number.isFinite(value));
  if (i < 0) return;
  const place = `row ${Math.floor(i / dim)}, coordinate ${i % dim}`;
  throw new VielbeinError(
    "NOT_FINITE",
    Number.isFinite(Number(given[i]))
      ? `--points: "${argument}": ${given[i]} in ${place} does not fit float32, in which models compute, and whose largest number is 3.4e38. Scale it.`
      : `--points: "${argument}": every coordinate must be finite, got ${given[i]} in ${place}. Remove or replace that row.`,
  );
}

/** Whether an array's axes, except those of length 1, are those of one point or of several. */
function holdsPoints(found: readonly number[], { dim, shape }: Space): boolean {
  const sides = found.filter((side) => side !== 1);
  const wanted = [[dim], shape].map((own) => own.filter((side) => side !== 1).join());
  return (
    sides.every((side) => side > 0) &&
    (wanted.includes(sides.join()) || wanted.includes(sides.slice(1).join()))
  );
}
