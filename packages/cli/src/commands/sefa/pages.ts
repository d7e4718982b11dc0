// Direction tables as files: samples moved along directions, drawn, and written as two pages.

import {
  type DirectionSet,
  displacementOf,
  linearTraversal,
  type Provenance,
  symmetricSteps,
} from "@vielbein/core";
import {
  type DirectionTables,
  directionTables,
  formatStep,
  type RgbaImage,
  shrinkTo,
  TABLE_TILE,
} from "@vielbein/viz";
import { type CodeOptions, CodeSource, originOf } from "../../inputs/codes.ts";
import { type LoadedModel, openMap, provenanceOf } from "../../inputs/model.ts";
import { imagesOf, layoutOf, type PictureOptions } from "../../inputs/pictures.ts";
import { describePixels, pixelsEntry, pixelsOf } from "../../inputs/pixels.ts";
import { pointRange } from "../../inputs/points-file.ts";
import { writeWhole } from "../../kit/output.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, Progress, type Terminal } from "../../kit/terminal.ts";
import { version } from "../../kit/version.ts";

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
  const { terminal, signal, samples } = job;
  const map = await openMap(loaded, { ...job, from: set.space.name });
  const source = await CodeSource.open(loaded, map, job);
  try {
    const layout = layoutOf(map.to, job);
    const codes = await source.take(0, samples, signal);
    const steps = symmetricSteps(job.range, job.steps);
    const directions = set.names.map((_, k) => displacementOf(set, k));
    const count = Math.min(samples, codes.count);
    const pixels = await pixelsOf(loaded, map, job, signal);
    const progress = new Progress(terminal, "rows of images", count * directions.length);
    const images: RgbaImage[][] = [];
    for (let s = 0; s < count; s++) {
      const code = codes.values.slice(s * map.from.dim, (s + 1) * map.from.dim);
      for (const direction of directions) {
        const moved = await map.evaluate(linearTraversal(code, direction, steps), steps.length, { signal });
        // Reduced at once: hundreds of images in full size would not fit.
        const tiles = await endingAtOnce(
          () => imagesOf(moved, map.to, layout, pixels).map((image) => shrinkTo(image, TABLE_TILE)),
          signal,
        );
        images.push(tiles);
        progress.step(images.length);
      }
    }
    progress.done();
    const acts = set.layers ? ` · layers ${set.layers.join(", ")}` : "";
    const tables: DirectionTables = {
      title: job.title,
      subtitle: `${map.from.name} [${map.from.shape.join(", ")}] → ${map.to.name} [${map.to.shape.join(", ")}]${acts} · ${originOf({ points: codes.source, from: map.from, truncation: loaded.truncation })}`,
      samples: Array.from({ length: count }, (_, s) => `sample ${s}`),
      directions: set.names.map((name, k) => ({ name, values: job.values(k) })),
      valueTitles: job.valueTitles,
      stepLabels: steps.map(formatStep),
      footer: `vielbein ${version} · ${loaded.runtime.name} · model ${loaded.sha256.slice(0, 12)} · ${describePixels(pixels)}`,
      images: (s, d) => images[s * directions.length + d]!,
    };
    const files = await writePages(tables, job);
    const used = pointRange(codes.source, 0, count);
    const provenance = provenanceOf(loaded, map, `images along directions of ${set.method}`, used, {
      steps,
      directions: set.names,
      ...(set.layers ? { layers: set.layers } : {}),
      layout: layout.layout,
      ...pixelsEntry(pixels),
    });
    return { files, provenance };
  } finally {
    await source.dispose();
    await map.dispose();
  }
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
