// Along which directions `curvature` looks: those of the local basis by number, or those of a file.

import { basename } from "node:path";
import { type DifferentiableMap, defaultCurvatureDirections, displacements } from "@vielbein/core";
import { columnsAt, type Matrix } from "@vielbein/linalg";
import { atMost, existing } from "../../inputs/direction-counts.ts";
import { readDirections, requireFitting } from "../../inputs/direction-files.ts";
import { type LoadedModel, sha256 } from "../../inputs/model.ts";
import { indexList, integer } from "../../kit/arguments.ts";
import { input } from "../../kit/command-files.ts";
import { type OptionsOf, option } from "../../kit/options.ts";
import type { Terminal } from "../../kit/terminal.ts";

export const directionOptions = {
  k: option(
    "--k <k>",
    "leading directions of the local basis, or the first of --directions-in (default: 5, or as many as there are)",
    integer(1),
  ),
  directions: option(
    "--directions <list>",
    "directions of the local basis or of --directions-in by number, from 0, in place of --k",
    indexList,
  ).conflicts("k"),
  directionsIn: input(
    "--directions-in <file.safetensors>",
    "directions of --from in place of those of the local basis",
  ),
};

/** The directions, their numbers and how they are called. */
export interface ChosenDirections {
  readonly names: readonly string[];
  readonly numbers: readonly number[];
  /** Numbers of those of the local basis, or columns. */
  readonly directions: readonly number[] | Matrix;
  /** Of directions of a file: its name, and the hash of its vectors. */
  readonly source?: { readonly file: string; readonly sha256: string };
}

export async function chosenDirections(
  loaded: LoadedModel,
  map: Pick<DifferentiableMap, "from" | "to">,
  { k, directions, directionsIn }: OptionsOf<typeof directionOptions>,
  terminal: Terminal,
): Promise<ChosenDirections> {
  const numbersOf = (available: number, preset: number): readonly number[] =>
    directions
      ? existing(available, directions, "--directions", terminal)
      : Array.from({ length: atMost(available, k, "--k", terminal) ?? preset }, (_, i) => i);
  if (directionsIn === undefined) {
    const numbers = numbersOf(Math.min(map.from.dim, map.to.dim), defaultCurvatureDirections(map));
    return { names: numbers.map((i) => `d${i}`), numbers, directions: numbers };
  }
  const set = await readDirections(directionsIn);
  requireFitting(set, directionsIn, loaded, map.from);
  const columns = displacements(set);
  const numbers = numbersOf(columns.cols, Math.min(5, columns.cols));
  return {
    names: set.names.filter((_, i) => numbers.includes(i)),
    numbers,
    directions: columnsAt(columns, numbers),
    source: {
      file: basename(directionsIn),
      sha256: sha256(Buffer.from(Float64Array.from(columns.data).buffer)),
    },
  };
}
