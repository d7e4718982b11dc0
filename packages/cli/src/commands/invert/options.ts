// The options of `invert`.

import type { InversionMethod } from "@vielbein/core";
import { distanceOptions } from "../../inputs/distance.ts";
import { mapOptions, pointOptions } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import { integer, number, positive } from "../../kit/arguments.ts";
import { endingIn, input, output } from "../../kit/command-files.ts";
import { figure } from "../../kit/figure.ts";
import { choice, flag, json, type OptionsOf, option, required } from "../../kit/options.ts";

/** The methods, and how many steps each search makes by default. */
export const STEPS: Readonly<Record<InversionMethod, number>> = {
  "levenberg-marquardt": 50,
  lbfgs: 100,
  adam: 300,
  "cma-es": 300,
};

/** Without --candidates. */
export const CANDIDATES = 64;

const targetOptions = {
  target: required(
    input(
      "--target <file>",
      "image, PNG or JPEG; sound, WAV; or tensor, .npy or .npz, in the units of the output",
    ),
  ),
  crop: flag("--crop", "crop a target of another size to the proportions of the images, and resample it"),
};

const searchOptions = {
  method: choice(
    "--method <method>",
    "how to search",
    Object.keys(STEPS) as InversionMethod[],
    "levenberg-marquardt",
  ),
  candidates: option(
    "--candidates <n>",
    `number of samples, the nearest of which are the starts (default: ${CANDIDATES}, or all rows of --points)`,
    integer(1),
  ),
  starts: option("--starts <n>", "number of searches, each from a different start", integer(1), 4),
  priorWeight: option(
    "--prior-weight <rho>",
    "adds rho·‖z‖² to the squared distance, for normal priors",
    positive,
  ),
  coordinates: choice(
    "--coordinates <which>",
    "metric: along the axes of the averaged metric, for methods that do not see it themselves",
    ["plain", "metric"],
    "plain",
  ),
  exponent: option(
    "--exponent <e>",
    "metric coordinates: scales axes by λ^−e; 0 only rotates, 0.5 makes the metric the identity",
    number(0, 1),
    0,
  ),
  metricSamples: option(
    "--metric-samples <n>",
    "metric coordinates: number of samples to average over",
    integer(1),
    8,
  ),
  steps: option(
    "--steps <n>",
    "steps of each search (default: levenberg-marquardt 50, lbfgs 100, adam and cma-es 300)",
    integer(1),
  ),
  stepSize: option(
    "--step-size <s>",
    "length of a step of adam, or first standard deviation of cma-es (default: adam 0.05, cma-es 0.5)",
    positive,
  ),
};

/** In the order in which they are listed. */
export const invertOptions = {
  ...mapOptions,
  ...pointOptions,
  ...targetOptions,
  ...distanceOptions,
  ...pictureOptions,
  ...searchOptions,
  out: output("--out <file>", "write the best code as .npy, or all as .npz").argParser(
    endingIn(".npy", ".npz"),
  ),
  sheet: figure("--sheet <file>", "draw target, starts, results and differences, .png or .svg"),
  json,
};

export type InvertOptions = OptionsOf<typeof invertOptions>;
