// vielbein edit: images of samples moved by an expression of named directions.

import { basename } from "node:path";
import {
  type DirectionSet,
  directionAt,
  displacementOf,
  requireSpaceOf,
  restrictToLayers,
  type Space,
  VielbeinError,
} from "@vielbein/core";
import { contactSheet } from "@vielbein/viz";
import type { Command } from "commander";
import { footerOf, originOf } from "../../inputs/captions.ts";
import type { CodeOptions } from "../../inputs/codes.ts";
import { readDirections } from "../../inputs/direction-files.ts";
import { addMapOptions, addPointOptions, type LoadedModel, provenanceOf } from "../../inputs/model.ts";
import {
  addPictureOptions,
  drawingEntry,
  imagesOf,
  joined,
  layoutOf,
  type PictureOptions,
} from "../../inputs/pictures.ts";
import { pixelsOf } from "../../inputs/pixels.ts";
import { type Points, pointRange } from "../../inputs/points-file.ts";
import { type Task, withGenerator } from "../../inputs/task.ts";
import { indexList, integer } from "../../kit/arguments.ts";
import { InputOption } from "../../kit/command-files.ts";
import { defined } from "../../kit/defined.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { shortHash, spacesText } from "../../kit/names.ts";
import { Progress, print, type Terminal } from "../../kit/terminal.ts";
import { type Edit, parseEdit, RESERVED } from "./expression.ts";

interface EditOptions extends CodeOptions, PictureOptions {
  directions: string[];
  edit: string;
  layers?: number[];
  sample: number;
  samples: number;
  frames: number;
  out: string;
  json?: boolean;
}

export function editCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addPictureOptions(
    addPointOptions(
      addMapOptions(
        program
          .command("edit <model>")
          .summary("move samples by an expression of named directions")
          .description(
            'Adds a linear combination of directions to the code of samples and draws the images before and after, for example --edit "2*smile - 0.5*d3". With t in the expression it is a path over t from 0 to 1, drawn in frames: "4*cos(2*pi*t)*d1 + 4*sin(2*pi*t)*d2".',
          ),
      ),
    )
      .addOption(
        new InputOption(
          "--directions <files...>",
          "directions files; NAME=FILE puts NAME_ before the names in it",
        ).makeOptionMandatory(),
      )
      .requiredOption("--edit <expression>", "what to add to the code, in units of the space")
      .option(
        "--layers <list>",
        "of a space [layers, dim], act on these alone, e.g. 0-3; so do directions of one code, such as w",
        indexList,
      )
      .option("--sample <j>", "index of the first sample, or row of --points", integer(0), 0)
      .option("--samples <n>", "rows of images", integer(1, 99), 1)
      .option("--frames <n>", "columns of a path", integer(2, 99), 9)
      .addOption(figureOption("--out <file>", "sheet to write, .png or .svg").default("edit.png")),
  )
    .option("--json", "coefficients and provenance as JSON on stdout")
    .action((argument: string, options: EditOptions) =>
      withGenerator(argument, options, terminal, signal, edited),
    );
}

async function edited(task: Task<EditOptions>): Promise<void> {
  const { loaded, generator: map, source, options, terminal, signal } = task;
  const layout = layoutOf(map.to, options);
  const drawing = { layout, pixels: await pixelsOf(loaded, map, options, signal) };
  const directions = await namedDirections(options.directions, loaded, map.from, options.layers);
  const edit = await parseEdit(options.edit, [...directions.keys()]);
  const frames = framesOf(edit, options.frames, directions.size);
  requireMoving(directions, frames);
  const codes = await source.take(options.sample, options.samples, signal);
  const rows = await drawnRows(task, chosenRows(codes, map.from.dim, options), directions, frames);

  const used = pointRange(codes.source, options.sample, rows.length);
  const provenance = provenanceOf(loaded, map, "edit", used, {
    edit: options.edit,
    sample: options.sample,
    layers: options.layers,
    directions: usedDirections(directions, frames),
    ...drawingEntry(drawing),
  });
  const compose = () =>
    contactSheet({
      title: options.edit,
      subtitle: `${loaded.file}: ${spacesText(map.from, map.to)} · ${originOf(provenance)}`,
      columnLabels: frames.map(({ label }) => label),
      ...(edit.isPath ? PATH : BEFORE_AND_AFTER),
      rows: rows.map(({ index, values }) => ({
        label: `sample ${index}`,
        images: imagesOf(values, map.to, drawing),
      })),
      footer: footerOf(provenance, drawing.pixels),
    });
  await writeFigure(options.out, compose, terminal, signal);
  if (options.json) print(terminal, { out: options.out, frames: framesJson(frames, directions), provenance });
}

/** What the columns of the sheet are. */
const PATH = { columnTitle: "time t", reference: -1 } as const;
const BEFORE_AND_AFTER = { reference: 0 } as const;

interface ChosenRow {
  /** Of the sample, or the row of --points. */
  readonly index: number;
  readonly code: Float32Array;
}

/** The outputs along the frames, `[frames, to.dim]`, for every code. */
async function drawnRows(
  { generator: map, options, terminal, signal }: Task<EditOptions>,
  chosen: readonly ChosenRow[],
  directions: ReadonlyMap<string, NamedDirection>,
  frames: readonly Frame[],
): Promise<(ChosenRow & { readonly values: Float32Array })[]> {
  const moves = frames.map((frame) =>
    displacement([...directions.values()], frame.coefficients, map.from, options.layers),
  );
  const progress = new Progress(terminal, "rows of images", chosen.length);
  const rows: (ChosenRow & { readonly values: Float32Array })[] = [];
  for (const row of chosen) {
    signal.throwIfAborted();
    const moved = moves.map((move) => row.code.map((x, j) => x + (move[j] ?? 0)));
    rows.push({ ...row, values: await map.evaluate(joined(moved), moved.length, { signal }) });
    progress.step(rows.length);
    await new Promise(setImmediate);
  }
  progress.done();
  return rows;
}

/** The frames with the coefficients that are not zero, by name. */
function framesJson(
  frames: readonly Frame[],
  directions: ReadonlyMap<string, NamedDirection>,
): readonly object[] {
  const names = [...directions.keys()];
  return frames.map(({ label, coefficients }) => ({
    label,
    coefficients: Object.fromEntries(
      names.map((name, i) => [name, coefficients[i]] as const).filter(([, c]) => c !== 0),
    ),
  }));
}

interface NamedDirection {
  readonly set: DirectionSet;
  readonly k: number;
  /** The file as it was given. */
  readonly file: string;
}

/** The directions of all files by the names they have in expressions. */
async function namedDirections(
  files: readonly string[],
  loaded: LoadedModel,
  space: Space,
  layers: readonly number[] | undefined,
): Promise<Map<string, NamedDirection>> {
  const result = new Map<string, NamedDirection>();
  for (const argument of files) {
    const [, prefix, path = argument] = /^(?:([\p{L}_][\p{L}\p{N}_]*)=)?(.*)$/su.exec(argument) ?? [];
    const set = await readDirections(path);
    if (layers && isOfOneCode(set, space)) {
      const [from, to] = [spacesText(set.space), spacesText(space)];
      loaded.remark(`the directions of ${from} in "${path}" act on layers ${layers.join(", ")} of ${to}`);
    } else requireSpaceOf(set, space);
    const model = set.provenance?.model;
    if (model && model.sha256 !== loaded.sha256) {
      loaded.remark(`"${path}" is of another model, ${model.file} ${shortHash(model.sha256)}`);
    }
    set.names.forEach((own, k) => {
      const name = prefix === undefined ? own : `${prefix}_${own}`;
      const other = result.get(name);
      if (other || RESERVED.includes(name)) {
        throw new VielbeinError(
          "INVALID_ARGUMENT",
          `--directions: "${name}" of "${path}" ${other ? `is also a name in "${other.file}"` : "means something else in expressions"}. Give the file as NAME=${path}, which makes it NAME_${own}.`,
        );
      }
      result.set(name, { set, k, file: path });
    });
  }
  return result;
}

/** Whether directions have the length of the code of one layer, and may act on several. */
function isOfOneCode({ space, layers }: DirectionSet, { shape }: Space): boolean {
  return !layers && shape.length > 1 && space.dim === shape.at(-1);
}

interface Frame {
  readonly label: string;
  /** Of every direction, in the order of their names. */
  readonly coefficients: Float64Array;
}

/** Before and after; or the frames of a path, evenly over t from 0 to 1. */
function framesOf(edit: Edit, count: number, names: number): Frame[] {
  if (!edit.isPath) {
    return [
      { label: "before", coefficients: new Float64Array(names) },
      { label: "after", coefficients: edit.at(0) },
    ];
  }
  return Array.from({ length: count }, (_, i) => {
    const t = i / (count - 1);
    return { label: String(+t.toFixed(3)), coefficients: edit.at(t) };
  });
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for a direction of the expression that moves nothing. */
function requireMoving(directions: ReadonlyMap<string, NamedDirection>, frames: readonly Frame[]): void {
  for (const [i, [name, { set, k, file }]] of [...directions].entries()) {
    if (frames.every(({ coefficients }) => coefficients[i] === 0)) continue;
    if (directionAt(set, k).some((x) => x !== 0)) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--edit: direction "${name}" of "${file}" has length 0 and moves nothing. Leave it out.`,
    );
  }
}

/** What the directions add up to, `[dim]`; with layers, on these alone. */
function displacement(
  directions: readonly NamedDirection[],
  coefficients: Float64Array,
  space: Space,
  layers: readonly number[] | undefined,
): Float64Array {
  const sum = new Float64Array(space.dim);
  directions.forEach(({ set, k }, i) => {
    const coefficient = coefficients[i] ?? 0;
    if (coefficient === 0) return;
    const whole = displacementOf(set, k);
    const direction = layers ? restrictToLayers(space, whole, layers) : whole;
    for (const [j, x] of direction.entries()) sum[j] = (sum[j] ?? 0) + coefficient * x;
  });
  return sum;
}

/** The codes asked for, each with its number. */
function chosenRows(codes: Points, dim: number, { points, sample, samples }: EditOptions): ChosenRow[] {
  // A file of points comes as a whole, samples from the first one asked for.
  const start = points === undefined ? 0 : sample;
  if (start + samples > codes.count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sample: "${points}" has rows 0 to ${codes.count - 1}, asked for ${sample} to ${sample + samples - 1}.`,
    );
  }
  return Array.from({ length: samples }, (_, i) => ({
    index: sample + i,
    code: codes.values.slice((start + i) * dim, (start + i + 1) * dim),
  }));
}

/** Which directions the expression names, and where they come from. */
function usedDirections(
  directions: ReadonlyMap<string, NamedDirection>,
  frames: readonly Frame[],
): Record<string, object> {
  const entries = [...directions].filter((_, i) => frames.some(({ coefficients }) => coefficients[i] !== 0));
  return Object.fromEntries(
    entries.map(([name, { set, k, file }]) => [
      name,
      { file: basename(file), index: k, method: set.method, ...defined({ layers: set.layers }) },
    ]),
  );
}
