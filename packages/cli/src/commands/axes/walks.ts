// The walks of `axes`: along which eigenvectors of the metric, how far, and how far the output moves.

import {
  averageMetric,
  type DerivativeRoute,
  equalStep,
  linearTraversal,
  type PointSpectrum,
  sphericalTraversal,
  symmetricSteps,
  VielbeinError,
} from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import type { CodeOptions } from "../../inputs/codes.ts";
import { type Distance, type DistanceOptions, squaredDistance } from "../../inputs/distance.ts";
import { metricSpectra } from "../../inputs/metric-spectra.ts";
import type { PictureOptions } from "../../inputs/pictures.ts";
import type { DistanceTask } from "../../inputs/task.ts";
import { columnOf } from "../../kit/columns.ts";
import { Progress } from "../../kit/terminal.ts";

export interface AxesOptions extends CodeOptions, PictureOptions, DistanceOptions {
  axes?: number[];
  of: "first" | "each" | "mean";
  samples: number;
  sample: number;
  reach: number;
  steps: number;
  sphere?: boolean;
  out: string;
  plot?: string;
  json?: boolean;
}

export type AxesTask = DistanceTask<AxesOptions>;

/** One row of the sheet. */
export interface Walk {
  readonly sample: number;
  readonly axis: number;
  /** Of H = 2·JᵀJ, of the metric that the axis is of. */
  readonly eigenvalue: number;
  /** ‖J·ẋ‖ at the code: distance per step. */
  readonly speed: number;
  /** Largest step: in units of the space, or in radians. */
  readonly range: number;
  /** Points at these fractions of the range, from −1 to 1: `[fractions.length, dim]`. */
  readonly at: (fractions: readonly number[]) => Float32Array;
}

export async function walksOf(
  { map }: Distance,
  points: readonly Float32Array[],
  axes: readonly number[],
  options: AxesOptions,
  signal: AbortSignal,
): Promise<{ walks: Walk[]; route: DerivativeRoute }> {
  const most = Math.max(...axes);
  // A few of many are found without the others.
  const top = 4 * (most + 1) <= map.from.dim ? most + 1 : undefined;
  const wanted = options.of === "first" ? points.slice(0, 1) : points;
  const { spectra, route } = await metricSpectra(map, wanted, { top, memory: options.memory }, signal);
  const bases = options.of === "mean" ? [averageMetric(spectra)] : spectra;
  const walks: Walk[] = [];
  // Half a turn ends where the other half does.
  const longest = options.sphere ? Math.PI / 2 : Number.POSITIVE_INFINITY;
  let distance: number | undefined;
  for (const [i, point] of points.entries()) {
    const basis = bases[Math.min(i, bases.length - 1)];
    if (!basis) break;
    const reach = options.sphere ? options.reach / Math.hypot(...point) : options.reach;
    for (const axis of axes) {
      const start = await startOf(map, point, basis, axis, options.sphere ?? false, signal);
      const sample = options.sample + i;
      requireMotion(start, sample, axis);
      distance ??= start.speed * Math.min(reach, longest);
      const range = Math.min(equalStep(start.speed ** 2, distance), longest);
      walks.push({ ...start, sample, axis, range, at: (fractions) => start.to(fractions, range) });
    }
  }
  return { walks, route };
}

/** How a walk begins. */
interface Start {
  readonly eigenvalue: number;
  readonly speed: number;
  /** Points at fractions of a range. */
  readonly to: (fractions: readonly number[], range: number) => Float32Array;
}

async function startOf(
  map: OnnxMap,
  point: Float32Array,
  { eigenvalues, eigenvectors }: PointSpectrum,
  axis: number,
  isOnSphere: boolean,
  signal: AbortSignal,
): Promise<Start> {
  const direction = columnOf(eigenvectors, axis);
  const traversal = isOnSphere ? sphericalTraversal : linearTraversal;
  // A great circle's velocity at its start is where it is a quarter of a turn later.
  const velocity = isOnSphere
    ? sphericalTraversal(point, direction, [Math.PI / 2])
    : Float32Array.from(direction);
  const pushed = await map.jvp(point, velocity, 1, { signal });
  return {
    eigenvalue: 2 * (eigenvalues[axis] ?? 0),
    speed: Math.sqrt(pushed.reduce((sum, x) => sum + x * x, 0)),
    to: (fractions, range) =>
      traversal(
        point,
        direction,
        fractions.map((fraction) => fraction * range),
      ),
  };
}

/** @throws {VielbeinError} `NUMERICAL_FAILURE` */
function requireMotion({ speed }: Start, sample: number, axis: number): void {
  if (speed > 0) return;
  throw new VielbeinError(
    "NUMERICAL_FAILURE",
    `Axis ${axis} does not move the output at sample ${sample}, so no step along it is as long as the others. Choose axes before it.`,
  );
}

export interface WalkedRow {
  readonly walk: Walk;
  /** Outputs at the columns, `[columns, generator.to.dim]`. */
  readonly values: Float32Array;
  /** Distances from the code, over finer steps. */
  readonly travelled: readonly number[];
}

/** Positions either way of the curves of distance. */
const CURVE_STEPS = 25;

/** Fractions of the range at the curves of distance. */
export const finerSteps = (): number[] => symmetricSteps(1, CURVE_STEPS);

/** The outputs along the walks, and how far they move. */
export async function walked(
  { generator, distance, options, terminal, signal }: AxesTask,
  walks: readonly Walk[],
): Promise<WalkedRow[]> {
  const fractions = symmetricSteps(1, options.steps);
  const progress = new Progress(terminal, "rows of images", walks.length);
  const rows: WalkedRow[] = [];
  for (const walk of walks) {
    signal.throwIfAborted();
    const values = await generator.evaluate(walk.at(fractions), fractions.length, { signal });
    rows.push({ walk, values, travelled: await distances(distance, walk, finerSteps(), signal) });
    progress.step(rows.length);
    await new Promise(setImmediate);
  }
  progress.done();
  return rows;
}

/** ‖φ(x) − φ(x₀)‖ along a walk. */
async function distances(
  { map }: Distance,
  walk: Walk,
  fractions: readonly number[],
  signal: AbortSignal,
): Promise<number[]> {
  const values = await map.evaluate(walk.at(fractions), fractions.length, { signal });
  const m = map.to.dim;
  const rowAt = (i: number) => values.subarray(i * m, (i + 1) * m);
  const origin = rowAt((fractions.length - 1) / 2);
  return fractions.map((_, i) => Math.sqrt(squaredDistance(rowAt(i), origin)));
}
