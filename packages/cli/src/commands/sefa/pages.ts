// Direction tables as files: samples moved along directions, drawn, and written as two pages.

import { type DirectionSet, displacementOf, type Provenance } from "@vielbein/core";
import { linearTraversal, symmetricSteps } from "@vielbein/core/paths";
import { rowAt } from "@vielbein/linalg";
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
import { layoutOf } from "../../inputs/layouts.ts";
import { type LoadedModel, openMap, provenanceOf } from "../../inputs/model.ts";
import {
  type Drawing,
  drawingAlong,
  drawingEntry,
  imagesOf,
  type PictureOptions,
  shrinkingOf,
} from "../../inputs/pictures.ts";
import { pointRange } from "../../inputs/points-file.ts";
import { spacesText } from "../../kit/names.ts";
import { writeNamed } from "../../kit/output.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { each, type Task } from "../../kit/task.ts";
import type { Terminal } from "../../kit/terminal.ts";

/** Samples, without a number of them, and rows of --points at most. */
export const SAMPLES = 5;

const PAGES = ["sample", "direction"] as const;

/** What follows the prefix in the names of the pages. */
export const PAGE_ENDINGS: readonly string[] = PAGES.map((groupBy) => `-by-${groupBy}.html`);

/** What the pages are of, and drawn from. */
type PagesOptions = CodeOptions &
  PictureOptions & {
    /** The pages are PREFIX-by-sample.html and PREFIX-by-direction.html; without it there are none. */
    readonly html?: string | undefined;
    readonly samples?: number | undefined;
    /** How far either way. */
    readonly range: number;
    readonly columns: number;
  };

/** What is written above the images. */
interface PageTexts {
  readonly title: string;
  readonly valueTitles: readonly string[];
  /** What is shown of direction k. */
  readonly values: (k: number) => readonly string[];
}

/** What was written, and where the images come from. */
interface WrittenPages {
  readonly files: readonly string[];
  readonly provenance: Provenance;
}

/** Draws the directions from the first codes, and writes the two pages; undefined without --html. */
export async function writeDirectionTables(
  task: Task<PagesOptions>,
  loaded: LoadedModel,
  set: DirectionSet,
  { title, valueTitles, values }: PageTexts,
): Promise<WrittenPages | undefined> {
  const { options, terminal, signal, use } = task;
  const { html } = options;
  if (html === undefined) return undefined;
  const map = await use(openMap(loaded, { ...options, from: set.space.name }));
  const source = await use(CodeSource.open(loaded, map, options));
  // Refused before codes are drawn.
  layoutOf(loaded, map.to, options);
  const codes = await source.takeFirst(options.samples, SAMPLES, signal);
  const count = Math.min(options.samples ?? SAMPLES, codes.count);
  const drawing = await drawingAlong({ loaded, options, signal }, map);
  const positions = symmetricSteps(options.range, options.columns);
  const used = pointRange(codes.source, 0, count);
  const provenance = provenanceOf(loaded, map, `images along directions of ${set.method}`, used, {
    positions,
    directions: set.names,
    layers: set.layers,
    ...drawingEntry(drawing),
  });
  const chosen = codes.values.subarray(0, count * map.from.dim);
  const images = await drawn(task, map, set, chosen, positions, drawing);
  const acts = set.layers ? ` · layers ${set.layers.join(", ")}` : "";
  const tables: DirectionTables = {
    title,
    subtitle: `${spacesText(map.from, map.to)}${acts} · ${originOf(provenance)}`,
    samples: Array.from({ length: count }, (_, s) => `sample ${s}`),
    directions: set.names.map((name, k) => ({ name, values: values(k) })),
    valueTitles,
    stepLabels: positions.map(formatStep),
    footer: footerOf(provenance, drawing),
    images: (s, d) => images[s * set.names.length + d] ?? [],
  };
  return { files: await writePages(html, tables, terminal, signal), provenance };
}

/** The images of every code moved along every direction, code by code, reduced to the size of tiles. */
async function drawn(
  task: Task<unknown>,
  map: OnnxMap,
  set: DirectionSet,
  codes: Float32Array,
  positions: readonly number[],
  drawing: Drawing,
): Promise<RgbaImage[][]> {
  const { signal } = task;
  const { dim } = map.from;
  const directions = set.names.map((_, k) => displacementOf(set, k));
  const rows = Array.from({ length: codes.length / dim }, (_, s) =>
    directions.map((direction) => ({ code: rowAt(codes, s, dim).slice(), direction })),
  ).flat();
  return each(task, "rows of images", rows, async ({ code, direction }) => {
    const moved = await map.evaluate(linearTraversal(code, direction, positions), positions.length, {
      signal,
    });
    // Reduced at once: hundreds of images in full size would not fit.
    const shrinking = shrinkingOf(drawing);
    const tiles = () =>
      imagesOf(moved, map.to, drawing).map((image) => shrinkTo(image, TABLE_TILE, shrinking));
    return endingAtOnce(tiles, signal);
  });
}

async function writePages(
  prefix: string,
  tables: DirectionTables,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string[]> {
  const files = PAGE_ENDINGS.map((ending) => prefix + ending);
  for (const [i, path] of files.entries()) {
    await writeNamed(path, () => endingAtOnce(() => directionTables(tables, PAGES[i]!), signal), terminal);
  }
  return files;
}
