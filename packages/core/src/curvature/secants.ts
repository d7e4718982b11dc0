// Curvature over a finite step, for networks that bend at kinks, where no derivative at a point sees it: how far J·v and
// the span of several J·vᵢ turn from the tangent space, over the way that the output goes.

import {
  type Matrix,
  matrix,
  norm,
  orthonormalize,
  principalAngles,
  rowAt,
  transpose,
} from "@vielbein/linalg";
import type { JacobianAt } from "../jacobian/jacobian-at.ts";
import { concatenate } from "../jacobian/long-vectors.ts";
import type { FloatArray } from "../map/float-array.ts";
import { type Frame, INDEPENDENT } from "./frame.ts";
import type { TangentSpace } from "./tangent-space.ts";

export interface Secants {
  /**
   * The angle between J(x ± εv)·v and the tangent space at x, in radians, over the distance from f(x) to f(x ± εv), both
   * sides together. Tends to the normal curvature with ε → 0 where f is smooth. NaN where the output stays where it is,
   * or where a step of ε is lost in the rounding of x.
   */
  readonly secant: Float64Array;
  /** The same for the largest principal angle between the spans of all J(x ± εv)·vᵢ and of all J(x)·vᵢ. */
  readonly turn: Float64Array;
}

/** By how much of itself a step may come out longer or shorter when it is added to the point. */
const LOST = 0.1;

/** What is seen at one end of a step. */
export interface End {
  /** ‖f(x ± εv) − f(x)‖; NaN where the step is lost. */
  readonly distance: number;
  /** J(x ± εv)·v, `[m]`. */
  readonly velocity: FloatArray;
  /** Largest principal angle. */
  readonly turn: number;
}

/**
 * Both ends of the step along every direction of the frame.
 *
 * @param epsilon ε, in units of the input.
 */
export async function endsOf(at: JacobianAt, frame: Frame, epsilon: number): Promise<End[][]> {
  const span = spanOf(frame.images, at.outputs);
  const all: End[][] = [];
  for (let i = 0; i < frame.moving.length; i++) {
    all.push([await endOf(at, frame, span, i, epsilon), await endOf(at, frame, span, i, -epsilon)]);
  }
  return all;
}

/** @param all of {@link endsOf}. */
export async function secantsOf(tangent: TangentSpace, all: readonly (readonly End[])[]): Promise<Secants> {
  const [secant, turn] = [new Float64Array(all.length), new Float64Array(all.length)];
  for (const [i, ends] of all.entries()) {
    const way = ends.reduce((sum, { distance }) => sum + distance, 0);
    // An output that stays where it is has no way to turn over.
    secant[i] = way > 0 ? (await anglesTo(tangent, ends)) / way : Number.NaN;
    turn[i] = way > 0 ? ends.reduce((sum, end) => sum + end.turn, 0) / way : Number.NaN;
  }
  return { secant, turn };
}

async function endOf(at: JacobianAt, frame: Frame, span: Matrix, i: number, step: number): Promise<End> {
  const { map, point, inputs: n, signal } = at;
  const count = frame.moving.length;
  signal?.throwIfAborted();
  const along: FloatArray = rowAt(frame.vectors, i, n);
  const there = point.map((x, k) => x + step * along[k]);
  const isLost = Math.abs(norm(there.map((x, k) => x - point[k])) / Math.abs(step) - 1) > LOST;
  const images = await map.jvp(there, frame.vectors, count, { signal });
  const value = await map.evaluate(there, 1, { signal });
  const here = await at.value();
  return {
    distance: isLost ? Number.NaN : norm(value.map((x, k) => x - here[k])),
    // A copy: the images are k times as long.
    velocity: rowAt(images, i, at.outputs).slice(),
    turn: principalAngles(spanOf(images, at.outputs), span).at(-1) ?? 0,
  };
}

/** The angles between the velocities and the tangent space, summed. A velocity of 0 has turned nowhere. */
async function anglesTo(tangent: TangentSpace, ends: readonly End[]): Promise<number> {
  const m = ends[0].velocity.length;
  const rows = Float64Array.from(concatenate(ends.map(({ velocity }) => velocity)));
  const normals = await tangent.normalParts(rows.slice());
  return ends.reduce((sum, _, i) => {
    const [whole, normal] = [rowAt(rows, i, m), rowAt(normals, i, m)];
    return sum + Math.atan2(norm(normal), norm(whole.map((x, k) => x - normal[k])));
  }, 0);
}

/** An orthonormal basis of the span of rows `[count, m]`, as columns. */
function spanOf(rows: FloatArray, m: number): Matrix {
  const columns = transpose(matrix(rows.length / m, m, Float64Array.from(rows)));
  return orthonormalize(columns, { tolerance: INDEPENDENT });
}
