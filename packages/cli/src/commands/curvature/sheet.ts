// The pictures along the directions of `curvature`, at its first point, with how each direction bends there.

import { localBasisAt, type Provenance } from "@vielbein/core";
import { linearTraversal, symmetricSteps } from "@vielbein/core/paths";
import { columnsAt, type Matrix, unitColumns } from "@vielbein/linalg";
import { contactSheet, formatStep } from "@vielbein/viz";
import { footerOf, originOf } from "../../inputs/captions.ts";
import type { MapOptions } from "../../inputs/model.ts";
import { type Drawing, imagesOf, sheetLook } from "../../inputs/pictures.ts";
import type { Points } from "../../inputs/points-file.ts";
import type { DistanceTask } from "../../inputs/task.ts";
import { integer, positive } from "../../kit/arguments.ts";
import { columnOf } from "../../kit/columns.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { spacesText } from "../../kit/names.ts";
import { type OptionsOf, option } from "../../kit/options.ts";
import { significant } from "../../kit/table.ts";
import type { CurvatureReport } from "./report.ts";

export const sheetOptions = {
  sheet: figure(
    "--sheet <file>",
    "pictures along the directions at the first point, with how each bends, .svg or .png",
  ),
  range: option("--range <t>", "sheet: from −t to t along each direction", positive, 3),
  columns: option("--columns <n>", "sheet: columns of images along each direction", integer(2, 99), 7),
};

type SheetTask = DistanceTask<OptionsOf<typeof sheetOptions> & MapOptions>;

/** Writes the sheet of --sheet, if one is named. */
export async function writeSheet(
  task: SheetTask,
  { source, values }: Points,
  directions: readonly number[] | Matrix,
  report: CurvatureReport,
  drawing: Drawing | undefined,
): Promise<void> {
  const { generator, options, terminal, signal } = task;
  if (drawing === undefined) return;
  const point = values.slice(0, generator.from.dim);
  const columns = await directionsAt(task, point, directions);
  const steps = symmetricSteps(options.range, options.columns);
  const rows: Float32Array[] = [];
  for (let k = 0; k < columns.cols; k++) {
    const along = linearTraversal(point, columnOf(columns, k), steps);
    rows.push(await generator.evaluate(along, steps.length, { signal }));
  }
  const { provenance, names } = report;
  const { from } = generator;
  const place = "file" in source ? "row 0" : "sample 0";
  const compose = (): string =>
    contactSheet({
      title: `${task.loaded.file}: how directions bend`,
      subtitle: `${spacesText(from, generator.to)} · ${originOf(provenance)}, ${place}`,
      columnTitle: `t in ${from.name}`,
      columnLabels: steps.map(formatStep),
      rows: rows.map((images, k) => ({
        label: `direction ${names[k]}`,
        sublabel: bendText(report, k),
        images: imagesOf(images, generator.to, drawing),
      })),
      ...sheetLook(drawing),
      footer: footerOf(provenance, drawing, ...remarksOf(report, provenance)),
    });
  await writeFigure(options.sheet, compose, terminal, signal);
}

/** The directions as columns of length 1. */
async function directionsAt(
  { distance: { map }, options, signal }: SheetTask,
  point: Float32Array,
  directions: readonly number[] | Matrix,
): Promise<Matrix> {
  if ("rows" in directions) return unitColumns(directions);
  const k = 1 + Math.max(...directions);
  const { inputVectors } = await localBasisAt(map, point, { k, memoryBudget: options.memory, signal });
  return columnsAt(inputVectors, directions);
}

/** Curvature at the first point, in radians per unit of the input. */
function bendText({ rows }: CurvatureReport, k: number): string {
  const [first] = rows;
  const speed = first?.speed[k] ?? Number.NaN;
  const along = (what: "normal" | "secant") => significant((first?.[what][k] ?? Number.NaN) * speed, 3);
  return `normal ${along("normal")}, secant ${along("secant")}`;
}

function remarksOf({ epsilon }: CurvatureReport, { from, to }: Provenance): string[] {
  return [`curvature of ${to.name} in rad per unit of ${from.name}, secant over ±${epsilon}`];
}
