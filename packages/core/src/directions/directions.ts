// Sets of latent directions, whatever found them: the space they live in, the layers they apply to, and where they come
// from. What an edit adds to a code is the sum of t_k·v_k, on the layers that the directions were computed from.

import { type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { Space } from "../map/space.ts";
import type { Provenance } from "../provenance.ts";
import { requireKind } from "../requirements.ts";

/** A number for each direction that says how much it matters. */
export interface DirectionValues {
  /**
   * What the numbers are, with their unit where they have one: `eigenvalue`, `singular value`, `standard deviation`.
   */
  readonly kind: string;
  /** One for each direction. */
  readonly values: Float64Array;
}

/** Named directions of one space: what methods find, files keep and edits use. */
export interface DirectionSet {
  /** The space whose points the directions displace. */
  readonly space: Space;
  /**
   * The directions as columns, `[dim, count]`. `dim` is that of the space; where `layers` is given, that of one layer's
   * code.
   */
  readonly vectors: Matrix;
  /** One for each direction, unique, of letters, digits and underscores: `d0`, `d1`, … or `smile`. */
  readonly names: readonly string[];
  /**
   * For a space of codes per layer, shape `[layers, dim]`: the layers on which the directions act, from 0, ascending.
   * Absent: the directions displace the whole point.
   */
  readonly layers?: readonly number[] | undefined;
  /** A number for each direction, such as its eigenvalue. */
  readonly values?: DirectionValues | undefined;
  /** How the directions were found: `SeFa`, `principal components`, `local basis`, `random`. */
  readonly method: string;
  /** The point, `[space.dim]`, at which local directions hold. */
  readonly point?: Float32Array | undefined;
  /** Model, options and versions; absent for directions from other programs. */
  readonly provenance?: Provenance | undefined;
}

/** `d0`, `d1`, …: default names of directions. */
export function defaultNames(count: number): string[] {
  return Array.from({ length: count }, (_, k) => `d${k}`);
}

/**
 * The set itself, after checking that its parts fit together.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE` or `INVALID_ARGUMENT`.
 */
export function requireDirections(set: DirectionSet): DirectionSet {
  requireParts(set);
  const { space, vectors, names, layers, values, point } = set;
  const { rows, cols, data } = vectors;
  if (layers) requireLayers(space, layers);
  const dim = layers ? space.shape[1] : space.dim;
  if (rows !== dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Directions: space "${space.name}" [${space.shape}] has codes of ${dim} coordinates${layers ? " per layer" : ""}, got vectors of ${rows}. Pass one column of ${dim} for each direction.`,
    );
  }
  if (cols === 0 || data.every((x) => x === 0)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Directions: there must be one that moves something, got ${cols === 0 ? "none" : `${cols} of length 0`}.`,
    );
  }
  const wrong = data.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) {
    throw new VielbeinError(
      "NOT_FINITE",
      `Directions: every coordinate must be finite, got ${data[wrong]} in direction ${wrong % cols}. Leave it out.`,
    );
  }
  requireNames(names, cols);
  requireLength("values", values?.values, cols);
  requireLength("point", point, space.dim);
  return set;
}

/** What no set is without. */
function requireParts(set: DirectionSet): void {
  const missing = (["space", "vectors", "names", "method"] as const).find(
    (part) => set?.[part] === undefined,
  );
  if (!missing) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Directions: a set is { space, vectors, names, method, … }, got ${set ? `one without ${missing}` : typeof set}. Add it.`,
  );
}

function requireLayers(space: Space, layers: readonly number[]): void {
  const [count, ...rest] = space.shape;
  const ascending = layers.every((layer, i) => Number.isInteger(layer) && layer > (layers[i - 1] ?? -1));
  if (rest.length === 1 && layers.length > 0 && ascending && layers.at(-1)! < count!) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Directions: layers must ascend within a space of shape [layers, dim], got layers ${layers.join(", ") || "none"} of space "${space.name}" [${space.shape}].`,
  );
}

function requireNames(names: readonly string[], count: number): void {
  if (names.length !== count) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `Directions: there must be one name for each of ${count} directions, got ${names.length}.`,
    );
  }
  const wrong = names.find((name, i) => !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) || names.indexOf(name) !== i);
  if (wrong === undefined) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `Directions: names must be unique, of letters, digits and underscores, got ${JSON.stringify(wrong)}. Rename it.`,
  );
}

function requireLength(what: string, array: ArrayLike<number> | undefined, length: number): void {
  if (array === undefined || array.length === length) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `Directions: ${what} must hold ${length} numbers, got ${array.length}.`,
  );
}

/** Direction `k`, `[dim]`. */
export function directionAt(set: DirectionSet, k: number): Float64Array {
  requireKind("directionAt: set", "directions", set);
  const { vectors } = set;
  const { rows, cols, data } = vectors;
  if (!Number.isInteger(k) || k < 0 || k >= cols) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `Directions: there are directions 0 to ${cols - 1}, got ${k}.`,
    );
  }
  return Float64Array.from({ length: rows }, (_, i) => data[i * cols + k]);
}

/**
 * What direction `k` adds to a point of the space, `[space.dim]`: the direction itself, or for directions of layers,
 * the direction on each of these and zero on the others.
 */
export function displacementOf(set: DirectionSet, k: number): Float64Array {
  requireKind("displacementOf: set", "directions", set);
  const direction = directionAt(set, k);
  if (!set.layers) return direction;
  const result = new Float64Array(set.space.dim);
  for (const layer of set.layers) result.set(direction, layer * direction.length);
  return result;
}

/**
 * All of {@link displacementOf} as columns, `[space.dim, count]`: directions of any layers, comparable in one space.
 */
export function displacements(set: DirectionSet): Matrix {
  requireKind("displacements: set", "directions", set);
  if (!set.layers) return set.vectors;
  const { rows, cols, data } = set.vectors;
  const result = matrix(set.space.dim, cols);
  for (const layer of set.layers) result.data.set(data, layer * rows * cols);
  return result;
}

/**
 * Checks that the directions may be added to points of `space`: the same name and shape.
 *
 * @throws {VielbeinError} `INVALID_SPACE` that says which space they belong to.
 */
export function requireSpaceOf(set: DirectionSet, space: Space): void {
  requireKind("requireSpaceOf: set", "directions", set);
  requireKind("requireSpaceOf: space", "space", space);
  const { name, shape } = set.space;
  if (name === space.name && String(shape) === String(space.shape)) return;
  const isOfOneCode = space.shape.length > 1 && set.space.dim === space.shape.at(-1);
  const ofOneCode = isOfOneCode ? ", or name the layers of it that these are to act on (--layers)" : "";
  const remedy =
    name === space.name
      ? "They were found in another model, or in another form of this one: find them in this one"
      : `Start from that space (\`from\`, or --from ${name} on the command line), or find directions of "${space.name}"${ofOneCode}`;
  throw new VielbeinError(
    "INVALID_SPACE",
    `The directions (${set.method}) live in space "${name}" [${shape.join(", ")}], the points in "${space.name}" [${space.shape.join(", ")}]. ${remedy}.`,
  );
}
