// What the command is given.

import { samplesOption } from "../../inputs/codes.ts";
import { mapOptions, pointOptions } from "../../inputs/model.ts";
import type { GeneratorTask } from "../../inputs/task.ts";
import { integer } from "../../kit/arguments.ts";
import { input, output } from "../../kit/command-files.ts";
import { figure } from "../../kit/figure.ts";
import { json, type OptionsOf, option } from "../../kit/options.ts";

/** Without --samples. */
export const SAMPLES = 20;

export const options = {
  ...mapOptions,
  ...pointOptions,
  samples: samplesOption("points whose local bases are averaged", SAMPLES, 2),
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
  plot: figure("--plot <file>", "how far local bases agree on each direction, beside chance, .svg or .png"),
  json,
};

type FrechetOptions = OptionsOf<typeof options>;
export type FrechetTask = GeneratorTask<FrechetOptions>;
