// The options of `intrinsic`, and which of them are for models alone.

import { VielbeinError } from "@vielbein/core";
import { ESTIMATOR_NAMES, ESTIMATORS, type EstimatorName } from "@vielbein/core/intrinsic-dimension";
import { InvalidArgumentError } from "commander";
import { mapOptions, pointOptions } from "../../inputs/model.ts";
import { integer, positive } from "../../kit/arguments.ts";
import { output } from "../../kit/command-files.ts";
import { figure } from "../../kit/figure.ts";
import { flag, json, type OptionsOf, option, requireAbsent } from "../../kit/options.ts";

export const options = {
  ...mapOptions,
  ...pointOptions,
  samples: option(
    "--samples <n>",
    "of a model: points of the cloud (default: 1000, or all rows of --points)",
    integer(2),
  ),
  radius: option(
    "--radius <rho>",
    "of a model: a cloud of points within this distance of one code, uniform in the ball",
    positive,
  ),
  sample: option(
    "--sample <j>",
    "with --radius: number of the sample, or of the row of --points (default: 0)",
    integer(0),
  ),
  jacobians: option(
    "--jacobians <n>",
    "of a model: points at which the local dimension of the Jacobian is computed for comparison; 0: none (default: 3, or the centre of the ball)",
    integer(0),
  ),
  estimators: option(
    "--estimators <names>",
    `some of ${ESTIMATOR_NAMES.join(", ")}; with commas between (default: all)`,
    estimatorList,
  ),
  neighbours: option(
    "--neighbours <n>",
    "neighbours of each point (default: 20; for ess and neighbourhoods of pca 100, for knn-graph 5)",
    integer(2),
  ),
  perPoint: flag("--per-point", "estimates at every point too, by the estimators that are defined there"),
  out: output("--out <file.npz>", "write the estimates at every point for numpy.load"),
  plot: figure("--plot <file>", "plot of the estimates, .svg or .png"),
  json,
};

export type IntrinsicOptions = OptionsOf<typeof options>;

/** `mle,twonn` → names, in the order of all. */
function estimatorList(text: string): EstimatorName[] {
  const given = text.split(",").map((part) => part.trim());
  const names = ESTIMATOR_NAMES.filter((name) => given.includes(name));
  const unknown = given.find((name) => !names.some((known) => known === name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`Expected some of ${ESTIMATOR_NAMES.join(", ")}, with commas between.`);
}

/** The estimators that were chosen. */
export function chosenEstimators({ estimators, out, perPoint }: IntrinsicOptions): readonly EstimatorName[] {
  const names = estimators ?? ESTIMATOR_NAMES;
  if ((out === undefined && !perPoint) || names.some((name) => ESTIMATORS[name].isLocal)) return names;
  const local = ESTIMATOR_NAMES.filter((name) => ESTIMATORS[name].isLocal);
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `${perPoint ? "--per-point" : "--out"}: none of the chosen estimators is defined at a point. Choose some of ${local.join(", ")}.`,
  );
}

/** What a file of points has no use for. */
const OF_MODELS = [
  ...["from", "to", "set", "shape", "noiseSeed", "straightThrough"],
  ...["prior", "truncation", "points", "samples", "radius", "sample", "jacobians"],
] as const satisfies readonly (keyof IntrinsicOptions)[];

/** @throws {VielbeinError} `INVALID_ARGUMENT` where an option is given that only models have a use for. */
export function requireOptionsOfFiles(given: IntrinsicOptions, file: string): void {
  requireAbsent(given, OF_MODELS, `"${file}" is a file of points, and this is for models. Leave it out.`);
}
