// vielbein samples: what a model generates, as a sheet of images.

import { contactSheet } from "@vielbein/viz";
import { footerOf, originOf } from "../inputs/captions.ts";
import { mapOptions, pointOptions, provenanceOf } from "../inputs/model.ts";
import { drawingEntry, drawingOf, imagesOf, joined, pictureOptions, sheetLook } from "../inputs/pictures.ts";
import { chooseCodes, pointRange } from "../inputs/points-file.ts";
import { openGenerator } from "../inputs/task.ts";
import { integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { figure, writeFigure } from "../kit/figure.ts";
import { spacesText } from "../kit/names.ts";
import { flag, option, withDefault } from "../kit/options.ts";
import { each } from "../kit/task.ts";

export const samples = command({
  argument: "<model>",
  description: "Draws what the model makes of the first samples, row by row in their order.",
  options: {
    ...mapOptions,
    ...pointOptions,
    sample: option("--sample <j>", "index of the first sample, or row of --points", integer(0), 0),
    rows: option("--rows <n>", "rows of images", integer(1, 99), 3),
    columns: option("--columns <n>", "columns of images", integer(1, 99), 8),
    out: withDefault(figure("--out <file>", "sheet to write, .png or .svg"), "samples.png"),
    ...pictureOptions,
    json: flag("--json", "provenance as JSON on stdout"),
  },
  async run(given) {
    const task = await openGenerator(given);
    const { loaded, generator, source, options, terminal, signal } = task;
    const { from, to } = generator;
    const drawing = await drawingOf(task);
    const most = options.rows * options.columns;
    const codes = await source.take(options.sample, most, signal);
    const points = chooseCodes(codes, from.dim, options, 1, most);
    // A file of points may not fill a row, or not the last.
    const columns = Math.min(options.columns, points.length);
    const rows = Math.floor(points.length / columns);
    const used = pointRange(codes.source, options.sample, rows * columns);
    const provenance = provenanceOf(loaded, generator, "samples", used, { ...drawingEntry(drawing) });
    const strips = await each(task, "rows of images", Array.from({ length: rows }), async (_, row) => {
      const own = points.slice(row * columns, (row + 1) * columns);
      return imagesOf(await generator.evaluate(joined(own), columns, { signal }), to, drawing);
    });
    const compose = () =>
      contactSheet({
        title: `${loaded.file}: samples`,
        subtitle: `${spacesText(from, to)} · ${originOf(provenance)}`,
        columnLabels: strips[0]!.map((_, i) => `+${i}`),
        reference: -1,
        rows: strips.map((images, row) => ({ label: `sample ${options.sample + row * columns}`, images })),
        ...sheetLook(drawing),
        footer: footerOf(provenance, drawing),
      });
    await writeFigure(options.out, compose, terminal, signal);
    return { json: () => ({ out: options.out, samples: rows * columns, provenance }) };
  },
});
