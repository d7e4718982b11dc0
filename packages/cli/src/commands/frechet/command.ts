// vielbein frechet: global directions that local bases agree on, the Fréchet basis.

import {
  type DirectionSet,
  defaultNames,
  type Provenance,
  resolvedCount,
  type TangentBasis,
  VielbeinError,
} from "@vielbein/core";
import { agreedBasis, frechetBasis } from "@vielbein/core/grassmann";
import { leadingColumns, type Matrix, orthogonal, orthonormalize } from "@vielbein/linalg";
import { atMost } from "../../inputs/direction-counts.ts";
import { readDirections, writeDirections } from "../../inputs/direction-files.ts";
import { localBases } from "../../inputs/local-bases.ts";
import { provenanceOf } from "../../inputs/model.ts";
import { FRECHET_DESCENT } from "../../inputs/references.ts";
import { openGenerator } from "../../inputs/task.ts";
import { command } from "../../kit/command.ts";
import { writeFigure } from "../../kit/figure.ts";
import { spacesText } from "../../kit/names.ts";
import { routesAmong } from "../../kit/routes.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info } from "../../kit/terminal.ts";
import { fitsOf } from "./fits.ts";
import { agreementPlot, type Result, toJson, toText } from "./report.ts";
import { type FrechetTask, options, SAMPLES } from "./task.ts";

export const frechet = command({
  argument: "<model>",
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
    const codes = await source.takeFirst(samples, SAMPLES, signal);
    requireSeveral(codes.count);
    const local = await localBases(map, codes.values, wanted, "local bases", task);
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
    return {
      json: () => toJson(result),
      text: () => toText(result),
      after: () => writeFigure(options.plot, () => agreementPlot(result), terminal, signal),
    };
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

/** The mean of the bases; of a frame that is given, the basis of its span that they agree on. */
function meanOf(bases: readonly Matrix[], frame: Matrix | undefined): Result["found"] {
  if (!frame) return frechetBasis(bases, FRECHET_DESCENT);
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

/** Agreement of uniform bases in place of the local ones, by falling value. */
function chanceAgreement(bases: readonly Matrix[], frame: Matrix | undefined, seed: number): Float64Array {
  const drawn = bases.map(({ rows, cols }, j) => orthogonal(seed, j, rows, cols));
  return meanOf(drawn, frame).agreement.slice().sort().reverse();
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
