// vielbein axes: images along axes of the metric, moved so far that all rows should change alike, and how far they do.

import { VielbeinError } from "@vielbein/core";
import { type Command, Option } from "commander";
import { originOf } from "../../inputs/captions.ts";
import { CodeSource } from "../../inputs/codes.ts";
import { existing } from "../../inputs/direction-counts.ts";
import { addDistanceOptions, openDistance } from "../../inputs/distance.ts";
import { addMapOptions, addPointOptions, openMap, provenanceOf } from "../../inputs/model.ts";
import { addPictureOptions, drawingEntry, drawingOf, layoutOf } from "../../inputs/pictures.ts";
import { pointRange } from "../../inputs/points-file.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { indexList, integer, positive } from "../../kit/arguments.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { print, type Terminal } from "../../kit/terminal.ts";
import { type AxesSheet, curves, rowJson, sheetOf } from "./figures.ts";
import { type AxesOptions, type AxesTask, walked, walksOf } from "./walks.ts";

export function axesCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addDistanceOptions(
    addPictureOptions(
      addPointOptions(
        addMapOptions(
          program
            .command("axes <model>")
            .summary("contact sheet of images along axes of the metric")
            .description(
              "Moves codes along eigenvectors of the metric and draws the images: a row for each axis and code, a column for each step. Steps go with λ^−½, so that the distance travelled is the same in all rows, as far as the metric predicts it.",
            ),
        ),
      ),
    ),
  )
    .option("--axes <list>", "axes, from 0, by falling eigenvalue (default: 0-4)", indexList)
    .addOption(
      new Option("--of <metric>", "metric at the first code, at each code, or their mean")
        .choices(["first", "each", "mean"])
        .default("first"),
    )
    .option("--samples <n>", "codes", integer(1, 99), 1)
    .option("--sample <j>", "index of the first code, or row of --points", integer(0), 0)
    .option(
      "--reach <t>",
      "largest step along the first of the axes at the first code, in units of the space",
      positive,
      1,
    )
    .option("--steps <n>", "columns", integer(2, 99), 7)
    .option("--sphere", "on great circles through the codes instead of straight lines")
    .addOption(figureOption("--out <file>", "sheet to write, .png or .svg").default("axes.png"))
    .addOption(figureOption("--plot <file>", "distance travelled beside the prediction, .svg or .png"))
    .option("--json", "eigenvalues, steps, distances and provenance as JSON on stdout")
    .action((argument: string, options: AxesOptions) => axesSheet(argument, options, terminal, signal));
}

async function axesSheet(
  argument: string,
  options: AxesOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await loadTruncated(argument, options, terminal, signal);
  const generator = await openMap(loaded, options);
  // Refused before features are read.
  layoutOf(generator.to, options);
  const distance = await openDistance(loaded, generator, options, signal);
  const source = await CodeSource.open(loaded, generator, options);
  try {
    await drawAxes({ loaded, generator, distance, source, options, terminal, signal });
  } finally {
    await source.dispose();
    await distance.dispose();
    await generator.dispose();
  }
}

async function drawAxes(task: AxesTask): Promise<void> {
  const { loaded, generator, distance, source, options, terminal, signal } = task;
  const drawing = await drawingOf(task);
  const codes = await source.take(options.sample, options.samples, signal);
  const points = chosenCodes(codes.values, codes.count, generator.from.dim, options);
  const axes = existing(distance.map.from.dim, options.axes, "--axes", terminal);
  const { walks, route } = await walksOf(distance, points, axes, options, signal);
  const rows = await walked(task, walks);

  const used = pointRange(codes.source, options.sample, points.length);
  const provenance = provenanceOf(loaded, distance.map, "axes of the metric", used, {
    ...distance.description,
    axes,
    of: options.of,
    route,
    sample: options.sample,
    samples: points.length,
    reach: options.reach,
    sphere: options.sphere ?? false,
    ...drawingEntry(drawing),
  });
  const many = points.length > 1;
  const sheet: AxesSheet = {
    rows,
    drawing,
    provenance,
    origin: `${originOf(provenance)}${many ? "" : `, sample ${options.sample}`}`,
    label: ({ sample, axis }) => (many ? `sample ${sample}, axis ${axis}` : `axis ${axis}`),
  };
  await writeFigure(options.out, () => sheetOf(task, sheet, route), terminal, signal);
  if (options.plot !== undefined) {
    await writeFigure(options.plot, () => curves(task, sheet), terminal, signal);
  }
  if (options.json) print(terminal, { out: options.out, route, rows: rows.map(rowJson), provenance });
}

/** Samples are drawn from --sample on; of a file, rows are taken from there on. */
function chosenCodes(values: Float32Array, count: number, dim: number, options: AxesOptions): Float32Array[] {
  const first = options.points === undefined ? 0 : options.sample;
  if (first >= count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sample: "${options.points}" has rows 0 to ${count - 1}, got ${first}.`,
    );
  }
  const last = Math.min(first + options.samples, count);
  return Array.from({ length: last - first }, (_, i) =>
    values.slice((first + i) * dim, (first + i + 1) * dim),
  );
}
