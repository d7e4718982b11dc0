// The walks of `axes`: along which eigenvectors of the metric, how far, and how far the output moves.

import {
  averageMetric,
  type DerivativeRoute,
  type DifferentiableMap,
  equalStep,
  type PointSpectrum,
  VielbeinError,
} from "@vielbein/core";
import { linearTraversal, sphericalTraversal, symmetricSteps } from "@vielbein/core/paths";
import { rowAt } from "@vielbein/linalg";
import { distanceOptions, squaredDistance } from "../../inputs/distance.ts";
import { metricSpectra, type Place } from "../../inputs/metric-spectra.ts";
import { mapOptions, pointOptions } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import { type Changes, type RegionSource, regionOption } from "../../inputs/region.ts";
import type { Region } from "../../inputs/region-masks.ts";
import { restAfter } from "../../inputs/rest.ts";
import type { DistanceTask } from "../../inputs/task.ts";
import { indexList, integer, positive } from "../../kit/arguments.ts";
import { columnOf } from "../../kit/columns.ts";
import { figure } from "../../kit/figure.ts";
import { choice, flag, type OptionsOf, option, withDefault } from "../../kit/options.ts";
import { each } from "../../kit/task.ts";

export const axesOptions = {
  ...mapOptions,
  ...pointOptions,
  ...pictureOptions,
  ...distanceOptions,
  region: regionOption(),
  axes: option("--axes <list>", "axes, from 0, by falling eigenvalue (default: 0-4)", indexList),
  of: choice(
    "--of <metric>",
    "which metric: that of the first code, of each code, or their mean",
    ["first", "each", "mean"],
    "first",
  ),
  samples: option("--samples <n>", "codes", integer(1, 99), 1),
  sample: option("--sample <j>", "index of the first code, or row of --points", integer(0), 0),
  range: option(
    "--range <t>",
    "how far to go either way along the first of the axes at the first code, in units of the space; the other rows go as far as moves the output equally",
    positive,
    1,
  ),
  columns: option("--columns <n>", "columns of images", integer(2, 99), 7),
  path: choice(
    "--path <shape>",
    "on lines, or on great circles through the codes",
    ["linear", "spherical"],
    "linear",
  ),
  out: withDefault(figure("--out <file>", "sheet to write, .png or .svg"), "axes.png"),
  plot: figure("--plot <file>", "distance travelled against the prediction, .svg or .png"),
  json: flag("--json", "eigenvalues, steps, distances and provenance as JSON on stdout"),
};

type AxesOptions = OptionsOf<typeof axesOptions>;

export interface AxesTask extends DistanceTask<AxesOptions> {
  readonly region: RegionSource | undefined;
}

/** One row of the sheet. */
export interface Walk {
  readonly sample: number;
  readonly axis: number;
  /** Eigenvalue of H = 2·JᵀJ, for the metric that the axis belongs to. */
  readonly eigenvalue: number;
  /** ‖J·ẋ‖ at the code: distance per step. */
  readonly speed: number;
  /** Largest step: in units of the space, or in radians. */
  readonly range: number;
  /** The map whose metric it is of: of a region, that at the code. */
  readonly map: DifferentiableMap;
  /** How far a unit step moves a region and the rest. */
  readonly changes: Changes | undefined;
  readonly area: Region | undefined;
  /** Points at these fractions of the range, from −1 to 1: `[fractions.length, dim]`. */
  readonly at: (fractions: readonly number[]) => Float32Array;
}

export async function walksOf(
  task: AxesTask,
  points: readonly Float32Array[],
  axes: readonly number[],
): Promise<{ walks: Walk[]; route: DerivativeRoute }> {
  const { distance: measured, region, options, signal } = task;
  const places = await Promise.all(
    points.map(async (point) => ({ point, map: (await region?.mapAt(measured.map, point)) ?? measured.map })),
  );
  const { bases, route } = await restAfter(measured.map, basesOf(places, axes, options, signal));
  const walks: Walk[] = [];
  const isOnSphere = options.path === "spherical";
  // Half a turn ends where the other half does.
  const longest = isOnSphere ? Math.PI / 2 : Number.POSITIVE_INFINITY;
  let distance: number | undefined;
  for (const [i, { map, point }] of places.entries()) {
    const basis = bases[Math.min(i, bases.length - 1)];
    if (!basis) break;
    const area = await region?.at(point);
    const changes = await region?.changesAt(measured.map, point, basis.eigenvectors, signal);
    const reach = isOnSphere ? options.range / Math.hypot(...point) : options.range;
    for (const axis of axes) {
      const start = await startOf(map, point, basis, axis, isOnSphere, signal);
      const sample = options.sample + i;
      requireMotion(start, sample, axis);
      distance ??= start.speed * Math.min(reach, longest);
      const range = Math.min(equalStep(start.speed ** 2, distance), longest);
      const at: Walk["at"] = (fractions) => start.to(fractions, range);
      walks.push({ ...start, sample, axis, range, map, area, changes: changes?.[axis], at });
    }
  }
  return { walks, route };
}

/** The spectra whose axes are walked along: of the first code, of each, or of their mean. */
async function basesOf(
  places: readonly Place[],
  axes: readonly number[],
  { of, memory }: AxesOptions,
  signal: AbortSignal,
): Promise<{ readonly bases: readonly PointSpectrum[]; readonly route: DerivativeRoute }> {
  const most = Math.max(...axes);
  // A few of many are found without the others.
  const k = 4 * (most + 1) <= places[0]!.map.from.dim ? most + 1 : undefined;
  const wanted = of === "first" ? places.slice(0, 1) : places;
  const { spectra, route } = await metricSpectra(wanted, { k, memory }, signal);
  return { bases: of === "mean" ? [averageMetric(spectra)] : spectra, route };
}

/** How a walk begins. */
interface Start {
  readonly eigenvalue: number;
  readonly speed: number;
  /** Points at fractions of a range. */
  readonly to: (fractions: readonly number[], range: number) => Float32Array;
}

async function startOf(
  map: DifferentiableMap,
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
export async function drawWalks(task: AxesTask, walks: readonly Walk[]): Promise<WalkedRow[]> {
  const { generator, options, signal } = task;
  const fractions = symmetricSteps(1, options.columns);
  return each(task, "rows of images", walks, async (walk) => ({
    walk,
    values: await generator.evaluate(walk.at(fractions), fractions.length, { signal }),
    travelled: await distances(walk, finerSteps(), signal),
  }));
}

/** Outputs that are held at a time, of which only distances are wanted. */
const BYTES_AT_ONCE = 2 ** 24;

/** ‖φ(x) − φ(x₀)‖ along a walk. */
async function distances(
  { map, at }: Walk,
  fractions: readonly number[],
  signal: AbortSignal,
): Promise<number[]> {
  const { dim } = map.to;
  const origin = await map.evaluate(at([0]), 1, { signal });
  const size = Math.max(1, Math.floor(BYTES_AT_ONCE / (4 * dim)));
  const travelled: number[] = [];
  for (let first = 0; first < fractions.length; first += size) {
    const some = fractions.slice(first, first + size);
    const values = await map.evaluate(at(some), some.length, { signal });
    for (const i of some.keys()) travelled.push(Math.sqrt(squaredDistance(rowAt(values, i, dim), origin)));
  }
  return travelled;
}
