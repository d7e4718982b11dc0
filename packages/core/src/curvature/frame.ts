// Directions of the input at a point, of length 1, with what J makes of them.

import { type Matrix, matrix, norm, rowAt, transpose } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { JacobianAt } from "../jacobian/jacobian-at.ts";
import { RESOLVED } from "../jacobian/tangent-basis.ts";
import type { FloatArray } from "../map/float-array.ts";
import { dot } from "../optimize/objective.ts";

/** Sine of an angle from which on directions count as independent. */
export const INDEPENDENT = 1e-3;

/** Directions that move the output, and those that were given. */
export interface Frame {
  /** Which of the given directions move it: the others are left out of all that follows. */
  readonly moving: readonly number[];
  /** Unit directions, `[count, n]`, in the map's precision. */
  readonly vectors: FloatArray;
  /** J·v/‖J·v‖, `[count, m]`. */
  readonly images: Float64Array;
  /** ‖J·v‖ of those that move it. */
  readonly speeds: Float64Array;
  /** ‖J·v‖ of all that were given. */
  readonly given: Float64Array;
}

/**
 * The frame of directions, the columns of `[n, k]`, of any length.
 *
 * @param largest σ₁: a direction moves the output where ‖J·v‖ > 1e-6·σ₁.
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a direction of length 0.
 */
export async function frameOf(at: JacobianAt, directions: Matrix, largest: number): Promise<Frame> {
  const { inputs: n, outputs: m } = at;
  const units = unitRows(at, directions);
  const images = Float64Array.from(await at.push(units, directions.cols));
  const given = Float64Array.from({ length: directions.cols }, (_, i) => norm(rowAt(images, i, m)));
  const moving = Array.from(given.keys()).filter((i) => given[i] > RESOLVED * largest);
  const speeds = Float64Array.from(moving, (i) => given[i]);
  return {
    moving,
    vectors: rowsAt(units, moving, n),
    images: rowsAt(images, moving, m).map((x, at) => x / speeds[Math.floor(at / m)]),
    speeds,
    given,
  };
}

/** Cosines of the angles between the images, `[count, count]`. */
export function cosinesOf({ images, moving }: Frame, m: number): Matrix {
  const count = moving.length;
  const cosines = matrix(count, count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const cosine = i === j ? 1 : dot(rowAt(images, i, m), rowAt(images, j, m));
      cosines.data[i * count + j] = cosines.data[j * count + i] = cosine;
    }
  }
  return cosines;
}

/** The columns as rows of length 1, in the precision of the point. */
function unitRows({ inputs: n, point }: JacobianAt, directions: Matrix): FloatArray {
  const rows = transpose(directions).data;
  const lengths = Float64Array.from({ length: directions.cols }, (_, i) => norm(rowAt(rows, i, n)));
  const still = lengths.indexOf(0);
  if (still >= 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `A direction must have a length above 0, and direction ${still} has none. Leave it out.`,
    );
  }
  const units = rows.map((x, at) => x / lengths[Math.floor(at / n)]);
  return point instanceof Float64Array ? units : Float32Array.from(units);
}

/** Those rows of length `length`, side by side. */
function rowsAt<Values extends FloatArray>(rows: Values, chosen: readonly number[], length: number): Values {
  const result = rows.slice(0, chosen.length * length) as Values;
  for (const [to, from] of chosen.entries()) result.set(rowAt(rows, from, length), to * length);
  return result;
}
