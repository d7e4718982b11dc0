import type { Provenance } from "@vielbein/core";
import { contactSheet } from "@vielbein/viz";
import { footerOf, originOf } from "../../inputs/captions.ts";
import { mapOptions, pointOptions, provenanceOf } from "../../inputs/model.ts";
import {
  type Drawing,
  drawingEntry,
  drawingOf,
  imagesOf,
  joined,
  pictureOptions,
  sheetLook,
} from "../../inputs/pictures.ts";
import { chooseCodes, type Points, pointRange } from "../../inputs/points-file.ts";
import { soundEntry, soundOf, soundOptions, writeSounds } from "../../inputs/sounds.ts";
import { type GeneratorTask, openGenerator } from "../../inputs/task.ts";
import { indexList, integer } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { InputOption } from "../../kit/command-files.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { spacesText } from "../../kit/names.ts";
import { flag, type OptionsOf, option, required, withDefault } from "../../kit/options.ts";
import { each } from "../../kit/task.ts";
import { type NamedDirection, namedDirections } from "./directions.ts";
import { parseEdit } from "./expression.ts";
import { displacement, type Frame, framesJson, framesOf, requireMoving, usedDirections } from "./frames.ts";

const options = {
  ...mapOptions,
  ...pointOptions,
  directionsIn: required(
    new InputOption<readonly string[] | undefined>(
      "--directions-in <files...>",
      "directions files; NAME=FILE puts NAME_ before the names in it",
    ),
  ),
  edit: required(option("--edit <expression>", "what to add to the code, in units of the space")),
  layers: option(
    "--layers <list>",
    "in a space [layers, dim], act on these layers only, e.g. 0-3; directions of a single code, such as w, act on each of them",
    indexList,
  ),
  sample: option("--sample <j>", "index of the first sample, or row of --points", integer(0), 0),
  samples: option("--samples <n>", "rows of images", integer(1, 99), 1),
  columns: option("--columns <n>", "columns of images along a path", integer(2, 99), 9),
  out: withDefault(figure("--out <file>", "sheet to write, .png or .svg"), "edit.png"),
  ...pictureOptions,
  ...soundOptions,
  json: flag("--json", "coefficients and provenance as JSON on stdout"),
};

type EditOptions = OptionsOf<typeof options>;

export const edit = command({
  argument: "<model>",
  description:
    'Adds a linear combination of directions to the code of samples and draws the images before and after, for example --edit "2*smile - 0.5*d3". With t in the expression it is a path over t from 0 to 1, drawn in frames: "4*cos(2*pi*t)*d1 + 4*sin(2*pi*t)*d2".',
  options,
  async run(given) {
    const task = await openGenerator(given);
    const { loaded, generator: map, source, options, terminal, signal } = task;
    const drawing = await drawingOf(task);
    const sound = soundOf(loaded, map.to, drawing, options);
    const directions = await namedDirections(options.directionsIn, loaded, map.from, options.layers);
    const edit = await parseEdit(options.edit, [...directions.keys()]);
    const frames = framesOf(edit, options.columns, directions.size);
    requireMoving(directions, frames);
    const codes = await source.take(options.sample, options.samples, signal);
    const rows = await drawRows(task, chooseRows(codes, map.from.dim, options), directions, frames);

    const used = pointRange(codes.source, options.sample, rows.length);
    const provenance = provenanceOf(loaded, map, "edit", used, {
      edit: options.edit,
      sample: options.sample,
      layers: options.layers,
      directions: usedDirections(directions, frames),
      ...drawingEntry(drawing),
      ...soundEntry(sound),
    });
    const sheet = { rows, frames, drawing, isPath: edit.isPath, provenance };
    await writeFigure(options.out, () => sheetOf(task, sheet), terminal, signal);
    const signals = rows.map(({ index, values }) => ({ name: `sample-${index}`, values }));
    await writeSounds(task, sound, map.to, drawing, signals);
    return {
      json: () => ({
        out: options.out,
        wav: options.wav,
        frames: framesJson(frames, directions),
        provenance,
      }),
    };
  },
});

interface EditSheet {
  readonly rows: readonly DrawnRow[];
  readonly frames: readonly Frame[];
  readonly drawing: Drawing;
  readonly isPath: boolean;
  readonly provenance: Provenance;
}

function sheetOf(
  { loaded, generator: { from, to }, options }: GeneratorTask<EditOptions>,
  { rows, frames, drawing, isPath, provenance }: EditSheet,
): string {
  return contactSheet({
    title: options.edit,
    subtitle: `${loaded.file}: ${spacesText(from, to)} · ${originOf(provenance)}`,
    columnLabels: frames.map(({ label }) => label),
    columnTitle: isPath ? "time t" : undefined,
    // On a path there is no image that the others are compared with.
    reference: isPath ? -1 : 0,
    rows: rows.map(({ index, values }) => ({
      label: `sample ${index}`,
      images: imagesOf(values, to, drawing),
    })),
    ...sheetLook(drawing),
    footer: footerOf(provenance, drawing),
  });
}

interface ChosenRow {
  /** Number of the sample, or of the row of --points. */
  readonly index: number;
  readonly code: Float32Array;
}

interface DrawnRow extends ChosenRow {
  /** The outputs along the frames, `[frames, to.dim]`. */
  readonly values: Float32Array;
}

/** Every code with its outputs along the frames. */
async function drawRows(
  task: GeneratorTask<EditOptions>,
  chosen: readonly ChosenRow[],
  directions: ReadonlyMap<string, NamedDirection>,
  frames: readonly Frame[],
): Promise<DrawnRow[]> {
  const { generator: map, options, signal } = task;
  const moves = frames.map((frame) =>
    displacement([...directions.values()], frame.coefficients, map.from, options.layers),
  );
  return each(task, "rows of images", chosen, async (row) => {
    const moved = moves.map((move) => row.code.map((x, j) => x + (move[j] ?? 0)));
    return { ...row, values: await map.evaluate(joined(moved), moved.length, { signal }) };
  });
}

/** The codes asked for, each with its number. */
function chooseRows(codes: Points, dim: number, options: EditOptions): ChosenRow[] {
  return chooseCodes(codes, dim, options, options.samples).map((code, i) => ({
    index: options.sample + i,
    code,
  }));
}
