// Options of `region`, and which of them belong together.

import { OUTSIDE_RULES, REGION_DEFAULTS, VielbeinError } from "@vielbein/core";
import { mapOptions, pointOptions } from "../../inputs/model.ts";
import { pictureOptions } from "../../inputs/pictures.ts";
import { regionOption } from "../../inputs/region.ts";
import { number as between, integer, positive } from "../../kit/arguments.ts";
import { output } from "../../kit/command-files.ts";
import { figure } from "../../kit/figure.ts";
import { choice, json, type OptionsOf, option, required } from "../../kit/options.ts";

/** Directions that are kept unless another number is asked for, and the most that text and sheets show. */
export const SHOWN = 10;

export const regionOptions = {
  ...mapOptions,
  ...pointOptions,
  ...pictureOptions,
  region: required(regionOption()),
  outside: choice(
    "--outside <rule>",
    "the rest of the picture: ignore it; keep it still within --tolerance; or ratio, the largest motion inside for each unit outside",
    OUTSIDE_RULES,
    "ratio",
  ),
  tolerance: option(
    "--tolerance <share>",
    "keep: the rest moves at most by this share of the most that any direction moves it (default: 0.01)",
    between(1e-9, 0.999),
  ),
  regularization: option(
    "--regularization <tau>",
    "ratio: share of the trace of the outer metric that is added to its diagonal (default: 0.001)",
    between(1e-9, 0.999),
  ),
  k: option("--k <k>", `leading directions to keep (default: ${SHOWN}, or as many as there are)`, integer(1)),
  sample: option("--sample <j>", "number of the sample, or of the row of --points", integer(0), 0),
  range: option("--range <t>", "sheet: from −t to t along each direction", positive, 3),
  columns: option("--columns <n>", "sheet: columns of images along each direction", integer(2, 99), 7),
  out: figure("--out <file>", "contact sheet of the directions, .svg or .png, with the region outlined"),
  directionsOut: output("--directions-out <file.safetensors>", "write the directions, for edits"),
  json,
};

export type RegionCommandOptions = OptionsOf<typeof regionOptions>;

/** @throws {VielbeinError} `INVALID_ARGUMENT` for a setting of another rule. */
export function requireApplicable({ outside, tolerance, regularization }: RegionCommandOptions): void {
  const settings = [
    ["--tolerance", tolerance, "keep"],
    ["--regularization", regularization, "ratio"],
  ] as const;
  for (const [name, value, rule] of settings) {
    if (value === undefined || outside === rule) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${name} belongs to --outside ${rule}, got --outside ${outside}. Leave out one of them.`,
    );
  }
}

export function toleranceOf({
  outside,
  tolerance = REGION_DEFAULTS.tolerance,
}: RegionCommandOptions): number | undefined {
  return outside === "keep" ? tolerance : undefined;
}

export function regularizationOf({
  outside,
  regularization = REGION_DEFAULTS.regularization,
}: RegionCommandOptions): number | undefined {
  return outside === "ratio" ? regularization : undefined;
}
