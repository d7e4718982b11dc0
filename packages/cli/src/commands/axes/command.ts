// vielbein axes: images along axes of the metric, moved so far that all rows should change alike, and how far they do.

import { originOf } from "../../inputs/captions.ts";
import { existing } from "../../inputs/direction-counts.ts";
import { layoutOf } from "../../inputs/layouts.ts";
import { provenanceOf } from "../../inputs/model.ts";
import { drawingEntry, drawingOf } from "../../inputs/pictures.ts";
import { chooseCodes, pointRange } from "../../inputs/points-file.ts";
import { openRegion } from "../../inputs/region.ts";
import { restAfter } from "../../inputs/rest.ts";
import { openGenerator, withDistance } from "../../inputs/task.ts";
import { command } from "../../kit/command.ts";
import { writeFigure } from "../../kit/figure.ts";
import type { Report } from "../../kit/report.ts";
import { type AxesSheet, curves, rowJson, sheetOf } from "./figures.ts";
import { type AxesTask, axesOptions, drawWalks, walksOf } from "./walks.ts";

export const axes = command({
  argument: "<model>",
  description:
    "Moves codes along eigenvectors of the metric and draws the images: a row for each axis and code, a column for each step. Steps are proportional to λ^−½, so that by the prediction of the metric all rows travel equally far.",
  options: axesOptions,
  async run(task) {
    const opened = await openGenerator(task);
    // Refused before features are read.
    layoutOf(opened.loaded, opened.generator.to, task.options);
    const region = await openRegion(opened);
    return drawAxes({ ...(await withDistance(opened)), region });
  },
});

async function drawAxes(task: AxesTask): Promise<Report> {
  const { loaded, generator, distance, region, source, options, terminal, signal } = task;
  const drawing = await drawingOf(task);
  const codes = await source.take(options.sample, options.samples, signal);
  const points = chooseCodes(codes, generator.from.dim, options, options.samples);
  const axes = existing(distance.map.from.dim, options.axes, "--axes", terminal);
  const { walks, route } = await walksOf(task, points, axes);
  const rows = await restAfter(generator, drawWalks(task, walks));

  const used = pointRange(codes.source, options.sample, points.length);
  const provenance = provenanceOf(loaded, distance.map, "axes of the metric", used, {
    ...distance.description,
    axes,
    of: options.of,
    routes: [route],
    sample: options.sample,
    region: region?.description,
    samples: points.length,
    range: options.range,
    path: options.path,
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
  await writeFigure(options.plot, () => curves(task, sheet), terminal, signal);
  return { json: () => ({ out: options.out, rows: rows.map(rowJson), provenance }) };
}
