// Directions of a file to walk along in place of local ones.

import {
  type DifferentiableMap,
  type DirectionSet,
  displacements,
  JacobianAt,
  type LocalBasis,
  type Space,
} from "@vielbein/core";
import { leadingColumns, matrix } from "@vielbein/linalg";
import { readDirections, requireFitting } from "../../inputs/direction-files.ts";
import type { LoadedModel } from "../../inputs/model.ts";
import { columnOf } from "../../kit/columns.ts";

/** The directions that --directions-in names, which must be of `space`; undefined where it names none. */
export async function directionsOf(
  {
    loaded,
    options: { directionsIn },
  }: { readonly loaded: LoadedModel; readonly options: { readonly directionsIn?: string | undefined } },
  space: Space,
): Promise<DirectionSet | undefined> {
  if (directionsIn === undefined) return undefined;
  const set = await readDirections(directionsIn);
  requireFitting(set, directionsIn, loaded, space);
  return set;
}

/**
 * The leading `k` directions of a file in the form of a local basis at `point`, whose values are how fast each moves the
 * output: ‖J·v‖, units of the output for each step of the walk.
 */
export async function givenBasis(
  map: DifferentiableMap,
  point: Float32Array,
  set: DirectionSet,
  k: number,
  signal: AbortSignal,
): Promise<LocalBasis> {
  const inputVectors = leadingColumns(displacements(set), k);
  const at = JacobianAt.of(map, point, { signal });
  const value = Float32Array.from(await at.value());
  const speeds = new Float64Array(k);
  for (const i of speeds.keys()) {
    const moved = Float64Array.from(await at.push(Float32Array.from(columnOf(inputVectors, i)), 1));
    speeds[i] = Math.sqrt(moved.reduce((sum, x) => sum + x * x, 0));
  }
  const route = await at.productRoute();
  return { point, value, singularValues: speeds, inputVectors, outputVectors: matrix(map.to.dim, 0), route };
}
