// Direction tables as files: samples moved along directions, drawn, and written as two pages.

import {
  type DirectionSet,
  displacementOf,
  linearTraversal,
  type Provenance,
  symmetricSteps,
} from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import {
  type DirectionTables,
  directionTables,
  formatStep,
  type RgbaImage,
  shrinkTo,
  TABLE_TILE,
} from "@vielbein/viz";
import { footerOf, originOf } from "../../inputs/captions.ts";
import { type CodeOptions, CodeSource } from "../../inputs/codes.ts";
import { type LoadedModel, openMap, provenanceOf } from "../../inputs/model.ts";
import {
  type Drawing,
  drawingEntry,
  imagesOf,
  layoutOf,
  type PictureOptions,
} from "../../inputs/pictures.ts";
import { pixelsOf } from "../../inputs/pixels.ts";
import { pointRange } from "../../inputs/points-file.ts";
import { spacesText } from "../../kit/names.ts";
import { writeWhole } from "../../kit/output.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, Progress, type Terminal } from "../../kit/terminal.ts";

const PAGES = ["sample", "direction"] as const;

/** What follows the prefix in the names of the pages. */
export const PAGE_ENDINGS: readonly string[] = PAGES.map((groupBy) => `-by-${groupBy}.html`);

export interface PagesJob extends CodeOptions, PictureOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** The pages are PREFIX-by-sample.html and PREFIX-by-direction.html. */
  readonly html: string;
  readonly title: string;
  readonly samples: number;
  /** Largest step either way. */
  readonly range: number;
  readonly steps: number;
  readonly valueTitles: readonly string[];
  /** What is shown of direction k. */
  readonly values: (k: number) => readonly string[];
}

/** What was written, and where the images come from. */
export interface WrittenPages {
  readonly files: readonly string[];
  readonly provenance: Provenance;
}

/** Draws the directions from the first `samples` codes, and writes the two pages. */
export async function writeDirectionTables(
  loaded: LoadedModel,
  set: DirectionSet,
  job: PagesJob,
): Promise<WrittenPages> {
  const map = await openMap(loaded, { ...job, from: set.space.name });
  const source = await CodeSource.open(loaded, map, job);
  try {
    const layout = layoutOf(map.to, job);
    const codes = await source.take(0, job.samples, job.signal);
    const count = Math.min(job.samples, codes.count);
    const drawing = { layout, pixels: await pixelsOf(loaded, map, job, job.signal) };
    const steps = symmetricSteps(job.range, job.steps);
    const used = pointRange(codes.source, 0, count);
    const provenance = provenanceOf(loaded, map, `images along directions of ${set.method}`, used, {
      steps,
      directions: set.names,
      layers: set.layers,
      ...drawingEntry(drawing),
    });
    const chosen = codes.values.subarray(0, count * map.from.dim);
    const images = await drawn(map, set, chosen, steps, drawing, job);
    const acts = set.layers ? ` · layers ${set.layers.join(", ")}` : "";
    const tables: DirectionTables = {
      title: job.title,
      subtitle: `${spacesText(map.from, map.to)}${acts} · ${originOf(provenance)}`,
      samples: Array.from({ length: count }, (_, s) => `sample ${s}`),
      directions: set.names.map((name, k) => ({ name, values: job.values(k) })),
      valueTitles: job.valueTitles,
      stepLabels: steps.map(formatStep),
      footer: footerOf(provenance, drawing.pixels),
      images: (s, d) => images[s]?.[d] ?? [],
    };
    return { files: await writePages(tables, job), provenance };
  } finally {
    await source.dispose();
    await map.dispose();
  }
}

/** The images of every code moved along every direction, reduced to the size of tiles. */
async function drawn(
  map: OnnxMap,
  set: DirectionSet,
  codes: Float32Array,
  steps: readonly number[],
  drawing: Drawing,
  { terminal, signal }: PagesJob,
): Promise<RgbaImage[][][]> {
  const directions = set.names.map((_, k) => displacementOf(set, k));
  const count = codes.length / map.from.dim;
  const progress = new Progress(terminal, "rows of images", count * directions.length);
  const images: RgbaImage[][][] = [];
  for (let s = 0; s < count; s++) {
    const code = codes.slice(s * map.from.dim, (s + 1) * map.from.dim);
    const rows: RgbaImage[][] = [];
    for (const direction of directions) {
      const moved = await map.evaluate(linearTraversal(code, direction, steps), steps.length, { signal });
      // Reduced at once: hundreds of images in full size would not fit.
      const tiles = () => imagesOf(moved, map.to, drawing).map((image) => shrinkTo(image, TABLE_TILE));
      rows.push(await endingAtOnce(tiles, signal));
      progress.step(s * directions.length + rows.length);
    }
    images.push(rows);
  }
  progress.done();
  return images;
}

async function writePages(tables: DirectionTables, { html, terminal, signal }: PagesJob): Promise<string[]> {
  const files: string[] = [];
  for (const [i, groupBy] of PAGES.entries()) {
    const path = `${html}${PAGE_ENDINGS[i]}`;
    await writeWhole(path, await endingAtOnce(() => directionTables(tables, groupBy), signal), terminal);
    info(terminal, `wrote ${path}`);
    files.push(path);
  }
  return files;
}
