// vielbein directions import: directions of other programs as a directions file.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type DirectionSet, defaultNames, requireDirections, VielbeinError } from "@vielbein/core";
import { type Command, InvalidArgumentError } from "commander";
import { inFile } from "../inputs/archives.ts";
import { arrayPath, readInput } from "../inputs/array-files.ts";
import { writeDirections } from "../inputs/direction-files.ts";
import { foreignDirections, openArrays, spaceOf } from "../inputs/foreign-directions.ts";
import { indexList } from "../kit/arguments.ts";
import { OutputOption } from "../kit/command-files.ts";
import { defined } from "../kit/defined.ts";
import { shortHash } from "../kit/names.ts";
import { info, print, type Terminal } from "../kit/terminal.ts";

interface ImportOptions {
  space: string;
  shape?: number[];
  layers?: number[];
  columns?: boolean;
  normalize?: boolean;
  names?: string[];
  method?: string;
  out: string;
  json?: boolean;
}

export function directionsCommand(program: Command, terminal: Terminal): void {
  program
    .command("directions")
    .summary("directions of other programs")
    .command("import <file>")
    .summary("make a directions file of what another program left")
    .description(
      "Reads directions of InterFaceGAN, SeFa, GANSpace, Local Basis and others from FILE.npy, FILE.npz, FILE.safetensors, or one array of it, FILE:NAME, and writes a directions file. Says what it assumed: which array, rows or columns, lengths.",
    )
    .requiredOption(
      "--space <name>",
      "tensor whose points the directions move, such as w; files do not say it",
    )
    .option("--shape <list>", "shape of the space, e.g. 512 or 18,512 (default: as the array has it)", sizes)
    .option("--layers <list>", "of a space [layers, dim], act on these alone, e.g. 0-3", indexList)
    .option("--columns", "the directions are the columns of the matrix")
    .option("--normalize", "make all lengths 1")
    .option("--names <list>", "names with commas between (default: d0, d1, …)", (text) => text.split(","))
    .option("--method <text>", "how they were found, for the file (default: the program, where it is known)")
    .addOption(new OutputOption("--out <file.safetensors>", "write the directions").makeOptionMandatory())
    .option("--json", "space, names and assumptions as JSON on stdout")
    .action((argument: string, options: ImportOptions) => importDirections(argument, options, terminal));
}

/** `18,512` → extents. */
function sizes(text: string): number[] {
  const extents = text.split(",").map(Number);
  if (extents.every((extent) => Number.isSafeInteger(extent) && extent > 0)) return extents;
  throw new InvalidArgumentError("Expected positive integers with commas between, such as 512 or 18,512.");
}

async function importDirections(argument: string, options: ImportOptions, terminal: Terminal): Promise<void> {
  const { path, name } = arrayPath(argument);
  const bytes = await readInput("FILE", path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { layers, shape } = options;
  if (layers && shape?.length !== 2) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--layers: the space must be one of codes per layer, and --shape is ${shape ? `[${shape}]` : "not given"}. Give it as LAYERS,DIM with --shape, such as 18,512.`,
    );
  }
  const found = inFile(path, () =>
    foreignDirections(openArrays(bytes, path), {
      ...options,
      name,
      space: layers ? `one layer of ${options.space}` : options.space,
      // Directions of layers are of one layer's code.
      shape: layers && shape ? shape.slice(1) : shape,
    }),
  );
  const count = found.vectors.cols;
  const set: DirectionSet = requireDirections({
    space: spaceOf(options.space, shape ?? found.shape),
    vectors: found.vectors,
    names: options.names ?? defaultNames(count),
    ...defined({ layers, values: found.values }),
    method: options.method ?? `${found.program}, imported from ${basename(path)} ${shortHash(sha256)}`,
  });
  for (const assumption of found.assumed) info(terminal, `assumed: ${assumption}`);
  await writeDirections(options.out, set, terminal);
  if (!options.json) return;
  const { space, names, method } = set;
  const source = { file: basename(path), sha256, array: found.array };
  print(terminal, { out: options.out, space, names, layers, method, source, assumed: found.assumed });
}
