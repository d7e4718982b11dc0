// vielbein directions import: directions of other programs as a directions file.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type DirectionSet, defaultNames, requireDirections, VielbeinError } from "@vielbein/core";
import { InvalidArgumentError } from "commander";
import { inFile } from "../inputs/archives.ts";
import { arrayPath, readInput } from "../inputs/array-files.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { foreignDirections, openArrays, spaceOf } from "../inputs/foreign-directions.ts";
import { indexList } from "../kit/arguments.ts";
import { command, group } from "../kit/command.ts";
import { output } from "../kit/command-files.ts";
import { shortHash } from "../kit/names.ts";
import { flag, option, required } from "../kit/options.ts";
import { info } from "../kit/terminal.ts";

const importDirections = command({
  argument: "<file>",
  description:
    "Reads directions of InterFaceGAN, SeFa, GANSpace, Local Basis and others from FILE.npy, FILE.npz, FILE.safetensors, or one array of it, FILE:NAME, and writes a directions file. Says what it assumed: which array, rows or columns, lengths.",
  options: {
    space: required(
      option("--space <name>", "tensor whose points the directions move, such as w; files do not say it"),
    ),
    spaceShape: option(
      "--space-shape <list>",
      "shape of the space, e.g. 512 or 18,512 (default: as the array has it)",
      sizes,
    ),
    layers: option(
      "--layers <list>",
      "in a space [layers, dim], act on these layers only, e.g. 0-3",
      indexList,
    ),
    asColumns: flag("--as-columns", "the directions are the columns of the matrix"),
    normalize: flag("--normalize", "make all lengths 1"),
    names: option("--names <list>", "names separated by commas (default: d0, d1, …)", (text) =>
      text.split(","),
    ),
    method: option(
      "--method <text>",
      "how they were found, for the file (default: the program, where it is known)",
    ),
    out: required(output("--out <file.safetensors>", "write the directions")),
    json: flag("--json", "space, names and assumptions as JSON on stdout"),
  },
  async run({ file: argument, options, terminal }) {
    const { layers, spaceShape: shape, out } = options;
    const { path, name } = arrayPath(argument);
    const bytes = await readInput("FILE", path);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    requireLayered(layers, shape);
    const found = inFile(path, () =>
      foreignDirections(openArrays(bytes, path), {
        name,
        space: layers ? `one layer of ${options.space}` : options.space,
        // Directions of layers are of one layer's code.
        shape: layers && shape ? shape.slice(1) : shape,
        // Without --as-columns the file decides.
        columns: options.asColumns || undefined,
        normalize: options.normalize,
      }),
    );
    const set: DirectionSet = requireDirections({
      space: spaceOf(options.space, shape ?? found.shape),
      vectors: found.vectors,
      names: options.names ?? defaultNames(found.vectors.cols),
      layers,
      values: found.values,
      method: options.method ?? `${found.program}, imported from ${basename(path)} ${shortHash(sha256)}`,
    });
    for (const assumption of found.assumed) info(terminal, `assumed: ${assumption}`);
    await writeDirections(out, set, terminal);
    const { space, names, method } = set;
    const source = { file: basename(path), sha256, array: found.array };
    return { json: () => ({ out, space, names, layers, method, source, assumed: found.assumed }) };
  },
});

export const directions = group([
  {
    name: "import",
    summary: "make a directions file from the output of another program",
    command: importDirections,
  },
]);

/** `18,512` → extents. */
function sizes(text: string): number[] {
  const extents = text.split(",").map(Number);
  if (extents.every((extent) => Number.isSafeInteger(extent) && extent > 0)) return extents;
  throw new InvalidArgumentError("Expected positive integers with commas between, such as 512 or 18,512.");
}

function requireLayered(layers: readonly number[] | undefined, shape: readonly number[] | undefined): void {
  if (!layers || shape?.length === 2) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--layers: the space must be one of codes per layer, and --space-shape is ${shape ? `[${shape}]` : "not given"}. Give it as LAYERS,DIM with --space-shape, such as 18,512.`,
  );
}
