// How the image of a map is curved at a point, along directions of its input: normal, geodesic, mean and sectional
// curvature from second derivatives, and beside them what is seen over a finite step. Matrix-free but for the tangent
// space, which is decomposed where that fits the memory budget. See docs/curvature.md.

import { columnsAt, type Matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { bytesText } from "../jacobian/budget.ts";
import { type DerivativeOptions, JacobianAt } from "../jacobian/jacobian-at.ts";
import { requireLeading } from "../jacobian/leading.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DerivativeRoute, DifferentiableMap } from "../map/map.ts";
import { requireKind, requirePositive } from "../requirements.ts";
import { type Frame, frameOf } from "./frame.ts";
import { endsOf, secantsOf } from "./secants.ts";
import { accelerationsOf, secondForm } from "./second-form.ts";
import { tangentSpaceAt } from "./tangent-space.ts";

/** Which directions {@link curvatureAt} follows, and how far its secants reach. */
export interface CurvatureOptions extends DerivativeOptions {
  /** Leading directions of the local basis, from 1 to min(n, m). Default 5, or as many as there are. */
  readonly k?: number | undefined;
  /** Others in their place: by their numbers, from 0; or columns `[n, k]` of any length and at any angles. */
  readonly directions?: readonly number[] | Matrix | undefined;
  /** Step of the secant form, in units of the input. Default 0.1. */
  readonly epsilon?: number | undefined;
}

/** Curvature along one direction v of length 1. */
export interface DirectionCurvature {
  /** ‖J·v‖, in units of the output per unit of the input; σ of a direction of the local basis. */
  readonly speed: number;
  /**
   * ‖II(v, v)‖/‖J·v‖², in 1 / unit of the output: 1 / the radius of the circle that the shortest path along v begins
   * with. Undefined, as all that follows, where v moves the output by less than 1e-6·σ₁.
   */
  readonly normal: number | undefined;
  /** How the image of the straight line x + t·v turns within its surface, in the same unit. */
  readonly geodesic: number | undefined;
  /** The normal curvature over a finite step, which sees kinks. Undefined also where the output does not move. */
  readonly secant: number | undefined;
  /** Turn of the span of all the directions over the same step. */
  readonly turn: number | undefined;
}

/** Curvature of the image at one point, by {@link curvatureAt}. */
export interface Curvature {
  /** Curvature along each of the k directions, in the order in which they were given. */
  readonly directions: readonly DirectionCurvature[];
  /**
   * Sectional curvature of the image in the planes of two directions, `[k, k]`, in 1 / unit² of the output; undefined on
   * the diagonal, for directions that do not move the output, and for two whose images are parallel.
   */
  readonly sectional: readonly (readonly (number | undefined)[])[];
  /**
   * Length of the mean curvature vector over the span of the directions that move the output, (1/k)·Σ II(eᵢ, eᵢ) for an
   * orthonormal frame e of their images; undefined where there is none, or where images are dependent.
   */
  readonly mean: number | undefined;
  /** Dimension of the tangent space, where the whole Jacobian was decomposed. At `to.dim` nothing is curved. */
  readonly rank: number | undefined;
  /** The second derivative vanishes wherever it exists: of the numbers, only `secant` and `turn` see the kinks. */
  readonly isPiecewiseLinear: boolean;
  /** How the tangent space was found. */
  readonly route: DerivativeRoute;
  /** Products with J and its transpose, where the tangent space is known by them. */
  readonly products: number | undefined;
  /** By the same route: the largest share of a normal part that is left in the tangent space. */
  readonly share: number | undefined;
}

const DEFAULT_DIRECTIONS = 5;

/** Vectors as long as the output that are there at a time, for each direction; beside them a second derivative for each pair. */
const VECTORS_PER_DIRECTION = 12;

/** Bytes that vectors of the output take for `count` directions. */
function bytesOfVectors(count: number, { point, outputs }: JacobianAt): number {
  const pairs = (count * (count + 1)) / 2;
  return (8 * VECTORS_PER_DIRECTION * count + point.BYTES_PER_ELEMENT * pairs) * outputs;
}

/** How many directions {@link curvatureAt} takes by itself. */
export function defaultCurvatureDirections(map: Pick<DifferentiableMap, "from" | "to">): number {
  requireKind("defaultCurvatureDirections: map", "map", map);
  const { from, to } = map;
  return Math.min(DEFAULT_DIRECTIONS, from.dim, to.dim);
}

/**
 * Curvature of the image of a map at `point` `[n]`, for the metric JᵀJ and distances in the output.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for k or ε out of range, a direction of length 0, a map without second
 *   derivatives; `SHAPE_MISMATCH` for directions of another space; `MEMORY_BUDGET` for more directions than fit;
 *   `NUMERICAL_FAILURE` where there is no second derivative.
 *
 * @example
 * ```js
 * import { curvatureAt, functionMap } from "@vielbein/core";
 *
 * // A circle of radius 2 has curvature 1/2.
 * const from = { name: "t", dim: 1, shape: [1] };
 * const to = { name: "plane", dim: 2, shape: [2] };
 * const map = functionMap({ from, to, evaluate: ([t]) => [2 * Math.cos(t), 2 * Math.sin(t)] });
 * const { directions } = await curvatureAt(map, Float32Array.of(0.3));
 * console.log(directions[0].normal.toFixed(2)); // → 0.50
 * ```
 */
export async function curvatureAt(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: CurvatureOptions = {},
): Promise<Curvature> {
  requireKind("curvatureAt: map", "map", map);
  const { k = defaultCurvatureDirections(map), epsilon = 0.1 } = options;
  const { directions = Array.from({ length: k }, (_, i) => i) } = options;
  requireLeading(k, map);
  const at = JacobianAt.of(map, point, options);
  requireSensible(at, directions, epsilon);
  const tangent = await tangentSpaceAt(at, leadingFor(at, directions));
  const chosen = "rows" in directions ? directions : columnsAt(tangent.inputVectors, directions);
  const frame = await frameOf(at, chosen, tangent.singularValues[0]);
  // What one kind of work keeps has no room beside the next: each is done for all directions at once.
  await map.rest?.();
  const accelerations = await accelerationsOf(at, frame);
  await map.rest?.();
  const ends = await endsOf(at, frame, epsilon);
  await map.rest?.();
  const form = await secondForm(tangent, frame, accelerations);
  const secants = await secantsOf(tangent, ends);
  const place = placesOf(frame);
  const known = (values: Float64Array, i: number | undefined): number | undefined =>
    i === undefined || Number.isNaN(values[i]) ? undefined : values[i];
  return {
    directions: place.map((i, given) => ({
      speed: frame.given[given],
      normal: known(form.normal, i),
      geodesic: known(form.geodesic, i),
      secant: known(secants.secant, i),
      turn: known(secants.turn, i),
    })),
    sectional: place.map((i) =>
      place.map((j) =>
        i === undefined || j === undefined
          ? undefined
          : known(form.sectional.data, i * form.sectional.cols + j),
      ),
    ),
    mean: form.mean,
    rank: tangent.rank,
    isPiecewiseLinear: (await map.isPiecewiseLinear?.()) ?? false,
    route: tangent.route,
    products: tangent.products(),
    share: tangent.share(),
  };
}

/** The place of each given direction among those that move the output. */
function placesOf({ moving, given }: Frame): (number | undefined)[] {
  const places = new Map(moving.map((direction, place) => [direction, place]));
  return Array.from(given, (_, direction) => places.get(direction));
}

/** How many leading triplets are wanted: those that are named; in a space without the given ones, as many. */
function leadingFor({ inputs, outputs }: JacobianAt, directions: readonly number[] | Matrix): number {
  return "rows" in directions ? Math.min(directions.cols, inputs, outputs) : 1 + Math.max(...directions);
}

function requireSensible(at: JacobianAt, directions: readonly number[] | Matrix, epsilon: number): void {
  const { to } = at.map;
  requireDirections(at, directions);
  requirePositive("curvatureAt: epsilon", epsilon);
  const count = "rows" in directions ? directions.cols : directions.length;
  const bytes = bytesOfVectors(count, at);
  if (bytes <= at.memoryBudget) return;
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `The curvature along ${count} directions takes ${bytesText(bytes)} for vectors of "${to.name}", more than the memory budget of ${bytesText(at.memoryBudget)}. Ask for fewer, or raise the budget.`,
  );
}

function requireDirections({ map }: JacobianAt, directions: readonly number[] | Matrix): void {
  const { from, to } = map;
  if (!("rows" in directions)) {
    const full = Math.min(from.dim, to.dim);
    const isThere = (number: number) => Number.isInteger(number) && number >= 0 && number < full;
    if (directions.length > 0 && directions.every(isThere)) return;
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `Directions of the local basis of "${from.name}" → "${to.name}" are numbered from 0 to ${full - 1}, got ${directions.join(", ") || "none"}.`,
    );
  }
  if (directions.rows !== from.dim || directions.cols < 1) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Directions must be columns [${from.dim}, k] of "${from.name}", one at least, got [${directions.rows}, ${directions.cols}].`,
    );
  }
}
