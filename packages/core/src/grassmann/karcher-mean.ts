// Karcher (Riemannian) mean of subspaces: a minimiser of V(Y) = Σ d²(Y, Yⱼ)/N for the arc-length metric, by gradient
// descent along geodesics. The gradient is −2·mean Log_Y(Yⱼ). Where all points lie within π/4 of one point there is one
// minimiser, and no other stationary point there (Afsari, "Riemannian Lᵖ center of mass", Proc. AMS 139, 2011; the
// convexity radius of the Grassmannian is π/4). Beyond, as for independent subspaces of many dimensions, it may depend
// on the start: the report says which case it was.

import { type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import type { Settled } from "../settled.ts";
import { chordalMean, requireFrames } from "./chordal-mean.ts";
import { frobenius } from "./frames.ts";
import { grassmannExp, grassmannLog } from "./geodesic.ts";

/** When the descents of {@link karcherMean} end, and from how many places they start. */
export interface KarcherMeanOptions {
  /** ‖mean Log_Y(Yⱼ)‖_F, in radians, at which the descent has converged. Default 1e-8. */
  readonly tolerance?: number | undefined;
  /** Steps per start at most. Default 100. */
  readonly iterations?: number | undefined;
  /** Further starts, at the frames 0 … restarts − 1, besides the chordal mean. Default 0. */
  readonly restarts?: number | undefined;
}

/** How one descent ended. */
export interface KarcherDescent {
  /** `"chordal mean"`, or the index of the frame it started from. */
  readonly start: "chordal mean" | number;
  /** Whether the residual fell below the tolerance. */
  readonly converged: boolean;
  /** Steps taken. */
  readonly iterations: number;
  /** ‖mean Log_Y(Yⱼ)‖_F at the end, radians. */
  readonly residual: number;
  /** Σ d²/N at the end, radians². */
  readonly variance: number;
}

export interface KarcherMean extends KarcherDescent {
  /** `[n, k]`, columns orthonormal: the end of the best descent. */
  readonly mean: Matrix;
  /** Largest distance of a frame from the mean, radians. */
  readonly radius: number;
  /**
   * Whether `radius` is below π/4 by more than rounding: then the mean is unique. Otherwise it may not be, and
   * restarts may show it: two lines at right angles have two means, each π/4 from both.
   */
  readonly unique: boolean;
  /** Every descent, that from the chordal mean first. */
  readonly descents: readonly KarcherDescent[];
}

/** Radii this close to π/4 may be π/4. */
const BORDER = 1e-8;

/**
 * The Karcher mean of subspaces of one dimension, with a report. It does not throw for lack of convergence: look at
 * `converged`, `residual` and `unique`.
 *
 * @param frames each `[n, k]`, columns orthonormal.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `INVALID_ARGUMENT`.
 */
export function karcherMean(frames: readonly Matrix[], options: KarcherMeanOptions = {}): KarcherMean {
  requireKind("karcherMean: frames", "matrices", frames);
  const { tolerance = 1e-8, iterations = 100, restarts = 0 } = options;
  requireSearch(frames, { tolerance, iterations, restarts });
  const starts: KarcherDescent["start"][] = [
    "chordal mean",
    ...Array.from({ length: Math.min(restarts, frames.length) }, (_, j) => j),
  ];
  const ends = starts.map((start) => ({
    start,
    ...descend(
      frames,
      start === "chordal mean" ? chordalMean(frames).mean : frames[start],
      tolerance,
      iterations,
    ),
  }));
  const best = ends.reduce((least, end) => (end.variance < least.variance ? end : least));
  const { distances, ...result } = best;
  const radius = Math.max(...distances);
  return {
    ...result,
    radius,
    unique: radius < Math.PI / 4 - BORDER,
    descents: ends.map(({ mean: _mean, distances: _distances, ...descent }) => descent),
  };
}

function requireSearch(
  frames: readonly Matrix[],
  { tolerance, iterations, restarts }: Settled<KarcherMeanOptions>,
): void {
  requireFrames("karcherMean", frames);
  const odd = frames.find((frame) => frame.cols !== frames[0].cols);
  if (odd) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `karcherMean: all subspaces must have one dimension, got ${frames[0].cols} and ${odd.cols}. Take chordalMean for a mixture.`,
    );
  }
  const areCounts = [iterations, restarts].every((count) => Number.isInteger(count) && count >= 0);
  if (areCounts && tolerance >= 0) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `karcherMean: iterations and restarts must be integers of at least 0 and tolerance not negative, got ${iterations}, ${restarts} and ${tolerance}.`,
  );
}

interface Place {
  readonly y: Matrix;
  /** mean Log_Y(Yⱼ). */
  readonly step: Matrix;
  readonly distances: readonly number[];
  readonly variance: number;
}

function descend(
  frames: readonly Matrix[],
  start: Matrix,
  tolerance: number,
  cap: number,
): Omit<KarcherDescent, "start"> & { readonly mean: Matrix; readonly distances: readonly number[] } {
  let here = lookAround(frames, start);
  let rate = 1;
  let iterations = 0;
  while (frobenius(here.step) > tolerance && iterations < cap) {
    iterations++;
    const scaled = matrix(
      here.step.rows,
      here.step.cols,
      here.step.data.map((x) => rate * x),
    );
    const next = lookAround(frames, grassmannExp(here.y, scaled));
    // Near the end V is flat to rounding, and only the residual can tell.
    const lower = next.variance < here.variance;
    const level = next.variance <= here.variance * (1 + 1e-14);
    if (lower || (level && frobenius(next.step) < frobenius(here.step))) here = next;
    else rate /= 2;
  }
  const residual = frobenius(here.step);
  return {
    converged: residual <= tolerance,
    iterations,
    residual,
    variance: here.variance,
    mean: here.y,
    distances: here.distances,
  };
}

function lookAround(frames: readonly Matrix[], y: Matrix): Place {
  const step = matrix(y.rows, y.cols);
  const distances = frames.map((frame) => {
    const log = grassmannLog(y, frame);
    for (let at = 0; at < step.data.length; at++) step.data[at] += log.data[at] / frames.length;
    return frobenius(log);
  });
  const variance = distances.reduce((sum, d) => sum + d * d, 0) / distances.length;
  return { y, step, distances, variance };
}
