// vielbein frechet: global directions that local bases agree on, the Fréchet basis.

import {
  type DirectionSet,
  defaultNames,
  type Provenance,
  resolvedCount,
  summarizeProfiles,
  type TangentBasis,
  tangentBasis,
  VielbeinError,
} from "@vielbein/core";
import {
  type AgreedBasis,
  agreedBasis,
  type FrechetBasis,
  frechetBasis,
  grassmannDistance,
  haarBand,
  subspaceAngles,
} from "@vielbein/core/grassmann";
import { leadingColumns, type Matrix, orthogonal, orthonormalize, rowAt } from "@vielbein/linalg";
import { originOf } from "../inputs/captions.ts";
import { atMost } from "../inputs/direction-counts.ts";
import { readDirections, writeDirections } from "../inputs/direction-files.ts";
import { mapOptions, pointOptions, provenanceOf } from "../inputs/model.ts";
import { factorizedDirections, principalDirections } from "../inputs/references.ts";
import { type GeneratorTask, openGenerator } from "../inputs/task.ts";
import { integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { input, output } from "../kit/command-files.ts";
import { spacesText } from "../kit/names.ts";
import { json, type OptionsOf, option } from "../kit/options.ts";
import { routesAmong } from "../kit/routes.ts";
import { endingAtOnce } from "../kit/signals.ts";
import { number, table, text } from "../kit/table.ts";
import { each } from "../kit/task.ts";
import { dim, heading, info } from "../kit/terminal.ts";

const options = {
  ...mapOptions,
  ...pointOptions,
  samples: option("--samples <n>", "points whose local bases are averaged", integer(2), 20),
  k: option("--k <k>", "leading directions of each (default: 10, or as many as there are)", integer(1)),
  heldOut: option("--held-out <n>", "further samples, at which the fit is measured", integer(0), 20),
  pcaSamples: option(
    "--pca-samples <n>",
    "samples for the comparison with principal components; 0: none",
    integer(0),
    10_000,
  ),
  refine: input(
    "--refine <file.safetensors>",
    "keep the span of these directions of --to, and find the basis of it that local bases agree on",
  ),
  out: output("--out <file.safetensors>", "write the directions"),
  json,
};

/** Tangent spaces far apart have a flat mean, to which the descent goes slowly. */
const MEAN = { iterations: 1000, tolerance: 1e-5 };

type FrechetOptions = OptionsOf<typeof options>;
type FrechetTask = GeneratorTask<FrechetOptions>;

/** How near a subspace is to the tangent spaces at held-out points, in radians. */
interface Fit {
  readonly name: string;
  readonly mean: number;
  readonly standardDeviation: number;
  /** Points that it was measured at. */
  readonly count: number;
}

interface Result {
  readonly found: AgreedBasis & Partial<Pick<FrechetBasis, "subspace">>;
  /** Mean agreement of as many uniform bases in their place. */
  readonly chance: number;
  readonly fits: readonly Fit[];
  /** Points whose local bases were averaged. */
  readonly count: number;
  readonly provenance: Provenance;
}

export const frechet = command({
  name: "frechet",
  argument: "<model>",
  summary: "global directions that local bases agree on (Fréchet basis)",
  description:
    "Averages the leading output vectors of the local bases at sampled points: the Fréchet mean of their spans, and in it that of the bases as rotations. Its directions live in --to, such as w behind a mapping network. Also reports how well it fits points that it was not computed from.",
  options,
  async run(given) {
    const task = await openGenerator(given);
    const { loaded, generator: map, source, options, terminal, signal } = task;
    const { samples, heldOut, refine, out, points } = options;
    const refined = refine === undefined ? undefined : await directionsFrom(refine, task);
    const available = Math.min(map.from.dim, map.to.dim, refined?.cols ?? Number.POSITIVE_INFINITY);
    const wanted = atMost(available, options.k, "--k", terminal) ?? Math.min(10, available);
    const codes = await source.take(0, samples, signal);
    requireSeveral(codes.count);
    const local = await localBases(task, codes.values, wanted, "local bases");
    const k = resolvedDirections(local, task);
    const bases = local.map(({ vectors }) => leadingColumns(vectors, k));
    const frame = refined && frameOf(refined, k);
    const found = await endingAtOnce(() => meanOf(bases, frame), signal);
    const further = points === undefined ? heldOut : 0;
    if (further < heldOut)
      info(terminal, "the fit is not measured: with --points there are no held-out samples");
    const settings = { k, heldOut: further, refine, routes: routesAmong(local.map(({ route }) => route)) };
    const provenance = provenanceOf(loaded, map, "Fréchet basis", codes.source, settings);
    await writeDirections(out, directionSet(found, provenance), terminal);
    const result = {
      found,
      chance: await endingAtOnce(() => chanceAgreement(bases, frame, options.seed), signal),
      fits: further > 0 ? await fitsOf(task, found.basis) : [],
      count: bases.length,
      provenance,
    };
    return { json: () => toJson(result), text: () => toText(result) };
  },
});

/** The directions of a file, all of --to. */
async function directionsFrom(path: string, { generator }: FrechetTask): Promise<Matrix> {
  const set = await readDirections(path);
  if (set.layers) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `--refine: the directions of "${path}" act on layers ${set.layers.join(", ")} of "${set.space.name}"; they must be of the whole of "${generator.to.name}". Find directions of it.`,
    );
  }
  const { space } = set;
  const { to } = generator;
  if (space.name === to.name && String(space.shape) === String(to.shape)) return set.vectors;
  throw new VielbeinError(
    "INVALID_SPACE",
    `--refine: the directions of "${path}" live in ${spacesText(space)}, and must live in --to, ${spacesText(to)}. Choose that space by --to, or find directions of this one.`,
  );
}

/** An orthonormal frame of the span of the first k directions. */
function frameOf(directions: Matrix, k: number): Matrix {
  const frame = orthonormalize(leadingColumns(directions, k));
  if (frame.cols === k) return frame;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--refine: the first ${k} directions must be independent, and span ${frame.cols} dimensions. Take fewer of them (--k), or other ones.`,
  );
}

/** A mean, and how far bases agree, needs several. */
function requireSeveral(count: number): void {
  if (count >= 2) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--points: a mean of local bases needs two points or more, got ${count}. Give more.`,
  );
}

/**
 * As many directions as the Jacobian has at every point, with a remark where these are fewer than the bases have.
 *
 * @throws {VielbeinError} `NUMERICAL_FAILURE` where it has none at some point.
 */
function resolvedDirections(local: readonly TangentBasis[], { generator, terminal }: FrechetTask): number {
  const ranks = local.map(({ singularValues }) => resolvedCount(singularValues));
  const least = Math.min(...ranks);
  if (least === 0) {
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `The Jacobian of "${generator.from.name}" → "${generator.to.name}" is 0 at point ${ranks.indexOf(0)}: there is no local basis to average. Choose other points, or other ends.`,
    );
  }
  const wanted = local[0]!.vectors.cols;
  if (least < wanted) {
    info(
      terminal,
      `at some points only ${least} directions have σ > 1e-6·σ₁: ${least} are averaged, not ${wanted}`,
    );
  }
  return least;
}

/** The leading k output vectors at each code, and their singular values. */
async function localBases(
  task: FrechetTask,
  codes: Float32Array,
  k: number,
  what: string,
): Promise<TangentBasis[]> {
  const { generator: map, options, signal } = task;
  const { dim } = map.from;
  const points = Array.from({ length: codes.length / dim }, (_, i) => rowAt(codes, i, dim).slice());
  const settings = { signal, memoryBudget: options.memory };
  return each(task, what, points, (point) => tangentBasis(map, point, k, settings));
}

/** The mean of the bases; of a frame that is given, the basis of its span that they agree on. */
function meanOf(bases: readonly Matrix[], frame: Matrix | undefined): Result["found"] {
  if (!frame) return frechetBasis(bases, MEAN);
  try {
    return agreedBasis(frame, bases);
  } catch (error) {
    if (!(error instanceof VielbeinError && error.code === "NUMERICAL_FAILURE")) throw error;
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      "--refine: the local bases must reach into the span of the directions, and at some point one of theirs is at right angles to it. Take fewer directions (--k), or those of another method.",
      { cause: error },
    );
  }
}

/** Mean agreement of uniform bases in place of the local ones. */
function chanceAgreement(bases: readonly Matrix[], frame: Matrix | undefined, seed: number): number {
  const drawn = bases.map(({ rows, cols }, j) => orthogonal(seed, j, rows, cols));
  const { agreement } = meanOf(drawn, frame);
  return agreement.reduce((sum, x) => sum + x, 0) / agreement.length;
}

/**
 * Distances of the basis, and of other global directions, from the tangent spaces at samples that it was not made from.
 */
async function fitsOf(task: FrechetTask, basis: Matrix): Promise<Fit[]> {
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
    count,
  }));
  const { mean: chance, standardDeviation } = haarBand(generator.to.dim, k, { seed: options.seed });
  return [...fits, { name: "uniform (Haar)", mean: chance, standardDeviation, count }];
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
  const codes = await source.take(options.samples, options.heldOut, signal);
  const tangents = await localBases(task, codes.values, k, "held-out points");
  const whole = tangents.filter(({ singularValues }) => resolvedCount(singularValues) === k);
  const missing = tangents.length - whole.length;
  if (missing > 0) {
    info(terminal, `held-out points with fewer than ${k} directions are left out: ${missing}`);
  }
  return whole.map(({ vectors }) => vectors);
}

function directionSet({ basis, agreement }: Result["found"], provenance: Provenance): DirectionSet {
  return {
    space: provenance.to,
    vectors: basis,
    names: defaultNames(basis.cols),
    values: { kind: "agreement", values: agreement },
    method: "Fréchet basis",
    provenance,
  };
}

function toJson({ found, chance, fits, provenance }: Result): object {
  const { subspace } = found;
  return {
    agreement: Array.from(found.agreement),
    chance,
    converged: found.rotation.converged && (subspace?.converged ?? true),
    subspace: subspace && {
      variance: subspace.variance,
      radius: subspace.radius,
      unique: subspace.unique,
    },
    fits,
    provenance,
  };
}

function toText({ found, chance, fits, count, provenance }: Result): string {
  const { agreement, rotation, subspace } = found;
  const directions = table(Array.from(agreement), [
    text("direction", (_, k) => `d${k}`),
    number("agreement", (value) => value.toFixed(3)),
  ]);
  const distances = table(fits, [
    text("distance from held-out tangent spaces", ({ name }) => name),
    number("mean", ({ mean }) => mean.toFixed(3)),
    number("deviation", ({ standardDeviation }) => standardDeviation.toFixed(3)),
  ]);
  const lines = [
    heading(spacesText(provenance.from, provenance.to), originOf(provenance)),
    directions,
    dim(
      `mean |cos| with the local directions at ${count} points; ${chance.toFixed(3)} on average with uniform ones in their place`,
    ),
    ...(fits[0] ? ["", distances, dim(`√(Σθ²/k) in radians, at ${fits[0].count} further samples`)] : []),
    ...meanRemarks(subspace, rotation.converged),
  ];
  return `${lines.join("\n")}\n`;
}

/** What is to be known of the means. */
function meanRemarks(subspace: FrechetBasis["subspace"] | undefined, isRotationDone: boolean): string[] {
  const remarks = [];
  if (subspace && !subspace.unique) {
    const radius = subspace.radius.toFixed(2);
    remarks.push(
      `the mean subspace may be one of several: local ones lie up to ${radius} from it, beyond π/4 = 0.79`,
    );
  }
  if (!(isRotationDone && (subspace?.converged ?? true))) {
    remarks.push(
      "not converged: the local bases have too little in common for one mean; take fewer directions",
    );
  }
  return remarks.map(dim);
}
