// How well global directions fit the tangent spaces at samples that they were not made from.

import { resolvedCount } from "@vielbein/core";
import { grassmannDistance, haarBand, subspaceAngles } from "@vielbein/core/grassmann";
import { bootstrap } from "@vielbein/core/statistics";
import { summarizeProfiles } from "@vielbein/core/tangent-spaces";
import { leadingColumns, type Matrix } from "@vielbein/linalg";
import { localBases } from "../../inputs/local-bases.ts";
import { factorizedDirections, principalDirections } from "../../inputs/references.ts";
import { info } from "../../kit/terminal.ts";
import { type FrechetTask, SAMPLES } from "./task.ts";

/** How near a subspace is to the tangent spaces at held-out points, in radians. */
export interface Fit {
  readonly name: string;
  readonly mean: number;
  readonly standardDeviation: number;
  /** How much farther than the Fréchet basis, on average, with its 95 % interval over the points. */
  readonly excess?: Excess | undefined;
  /** Points that it was measured at. */
  readonly count: number;
}

interface Excess {
  readonly mean: number;
  readonly interval: readonly [number, number];
}

/**
 * Distances of the basis, and of other global directions, from the tangent spaces at samples that it was not made from.
 */
export async function fitsOf(task: FrechetTask, basis: Matrix): Promise<Fit[]> {
  const { generator, options } = task;
  const k = basis.cols;
  const subspaces = await globalSubspaces(task, basis);
  const tangents = await heldOutTangents(task, k);
  const count = tangents.length;
  if (count === 0) return [];
  const distances = tangents.map((tangent) =>
    Float64Array.from(subspaces, ({ frame }) =>
      grassmannDistance(subspaceAngles(frame, tangent), "normalizedGeodesic"),
    ),
  );
  const { mean, std } = summarizeProfiles(distances);
  const fits = subspaces.map(({ name }, i) => ({
    name,
    mean: mean[i]!,
    standardDeviation: std[i]!,
    excess: i > 0 ? excessOf(distances, i, options.seed) : undefined,
    count,
  }));
  const { mean: chance, standardDeviation } = haarBand(generator.to.dim, k, { seed: options.seed });
  return [...fits, { name: "uniform (Haar)", mean: chance, standardDeviation, count }];
}

/** How much larger distance i is than the first, point by point. */
function excessOf(distances: readonly Float64Array[], i: number, seed: number): Excess {
  const average = (members: ArrayLike<number>) =>
    Array.from(members).reduce((sum, j) => sum + distances[j]![i]! - distances[j]![0]!, 0) / members.length;
  const { interval } = bootstrap(distances.length, average, { seed });
  return { mean: average([...distances.keys()]), interval };
}

/** The basis, and what other methods find in its space, by as many directions. */
async function globalSubspaces(
  task: FrechetTask,
  basis: Matrix,
): Promise<{ readonly name: string; readonly frame: Matrix }[]> {
  const { loaded, generator: map, options } = task;
  const k = basis.cols;
  const principal = await principalDirections(loaded, map, k, options.pcaSamples, task);
  const factorized = await factorizedDirections(loaded, map, task);
  return [
    { name: "Fréchet basis", frame: basis },
    { name: "principal components", frame: principal },
    { name: "SeFa", frame: factorized },
  ].flatMap(({ name, frame }) =>
    frame && frame.cols >= k ? [{ name, frame: leadingColumns(frame, k) }] : [],
  );
}

/** Tangent bases at the held-out samples, less those that have not all the directions, with a remark. */
async function heldOutTangents(task: FrechetTask, k: number): Promise<Matrix[]> {
  const { source, options, terminal, signal } = task;
  const { samples = SAMPLES, heldOut } = options;
  const codes = await source.take(samples, heldOut, signal);
  const tangents = await localBases(task.generator, codes.values, k, "held-out points", task);
  const whole = tangents.filter(({ singularValues }) => resolvedCount(singularValues) === k);
  const missing = tangents.length - whole.length;
  if (missing > 0) {
    info(terminal, `held-out points with fewer than ${k} directions are left out: ${missing}`);
  }
  return whole.map(({ vectors }) => vectors);
}
