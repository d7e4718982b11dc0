// What `invert` found: as a table, as JSON, as a file, and as a sheet of images.

import type { DerivativeRoute, Provenance, Work } from "@vielbein/core";
import { type NpyArray, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { contactSheet, toRgba } from "@vielbein/viz";
import { provenanceArray } from "../../inputs/archives.ts";
import { footerOf } from "../../inputs/captions.ts";
import type { Drawing } from "../../inputs/pictures.ts";
import { type Pixels, pixelsRemark } from "../../inputs/pixels.ts";
import { spacesText } from "../../kit/names.ts";
import { number, table, text } from "../../kit/table.ts";
import type { Target } from "./target.ts";

/** One search. Distances are squared, ‖φ(x) − φ(y)‖². */
export interface Search {
  /** Index of the sample, or row of --points, that it started from. */
  readonly sample: number;
  readonly start: Float32Array;
  readonly code: Float32Array;
  readonly before: number;
  readonly distance: number;
  /** With the penalty of the prior. */
  readonly loss: number;
  readonly steps: number;
  readonly converged: boolean;
}

export interface InversionReport {
  readonly target: Omit<Target, "values">;
  /** By rising loss, the best first. */
  readonly searches: readonly Search[];
  /** Root mean square of the difference between the best output and the target, in the units of the output. */
  readonly rms: number;
  readonly work: Work;
  /** How derivatives were taken; undefined of searches without. */
  readonly route: DerivativeRoute | undefined;
  /** Whether all starts were searched from to the end. */
  readonly complete: boolean;
  readonly provenance: Provenance;
}

/** The first of searches, of which there is one at least. */
export function bestOf([best]: readonly Search[]): Search {
  if (!best) throw new Error("An inversion reports one search at least, got none.");
  return best;
}

/** @param pixels of the pictures that were read or drawn, or that features were given. */
export function inversionTable(
  { searches, rms, work, route }: InversionReport,
  pixels: Pixels | undefined,
): string {
  const body = table(searches, [
    text("start", ({ sample }, i) => `${sample}${i === 0 ? " *" : ""}`),
    number("distance before", ({ before }) => before.toPrecision(4)),
    number("after", ({ distance }) => distance.toPrecision(4)),
    number("loss", ({ loss }) => loss.toPrecision(4)),
    number("steps", ({ steps }) => steps),
    text("converged", ({ converged }) => (converged ? "yes" : "no")),
  ]);
  const { code } = bestOf(searches);
  const summary = [
    `best (*): rms difference of outputs ${rms.toPrecision(3)}, length of the code ${Math.hypot(...code).toPrecision(3)}`,
    `work: ${work.values} values, ${work.jvps} JVPs, ${work.vjps} VJPs; derivatives ${route ? `by ${route}` : "none"}`,
    ...pixelsRemark(pixels),
  ];
  return `${body}\n${summary.join("\n")}\n`;
}

export function inversionJson({ searches, route: _, ...report }: InversionReport): object {
  const { code, distance, loss } = bestOf(searches);
  return {
    code: Array.from(code),
    distance,
    loss,
    searches: searches.map(({ start: _start, code: found, ...rest }) => ({
      ...rest,
      length: Math.hypot(...found),
    })),
    ...report,
  };
}

/** The best code, as `.npy`; for an `.npz` file also those of all starts, and the provenance. */
export function encodeCodes(report: InversionReport, path: string | undefined): Uint8Array {
  const { code } = bestOf(report.searches);
  const isArchive = path !== undefined && /\.npz$/i.test(path);
  return isArchive ? archive(report) : writeNpy({ shape: [code.length], data: code });
}

function archive({ searches, provenance }: InversionReport): Uint8Array {
  const { code } = bestOf(searches);
  const rows = (pick: (search: Search) => Float32Array): NpyArray => {
    const data = new Float32Array(searches.length * code.length);
    for (const [i, search] of searches.entries()) data.set(pick(search), i * code.length);
    return { shape: [searches.length, code.length], data };
  };
  return writeNpz({
    code: { shape: [code.length], data: code },
    codes: rows((search) => search.code),
    starts: rows((search) => search.start),
    distances: { shape: [searches.length], data: Float64Array.from(searches, (s) => s.distance) },
    provenance: provenanceArray(provenance),
  });
}

const SHOWN = 8;
/** Differences of this fraction of the range from black to white are shown white. */
const WHITE_DIFFERENCE = 0.25;

/** A search, and the outputs where it started and ended. */
export interface DrawnSearch {
  readonly search: Search;
  readonly start: Float32Array;
  readonly result: Float32Array;
}

/** Target, start, result and their difference, a row for each of the best searches. */
export function inversionSheet(
  { target, rms, provenance }: InversionReport,
  images: Drawing & { readonly target: Float32Array; readonly searches: readonly DrawnSearch[] },
): string {
  const { layout, pixels } = images;
  const draw = (values: Float32Array) => toRgba(values, layout, pixels.range);
  const difference = (values: Float32Array) =>
    toRgba(
      values.map((x, i) => Math.abs(x - (images.target[i] ?? 0))),
      layout,
      [0, WHITE_DIFFERENCE * (pixels.range[1] - pixels.range[0])],
    );
  const { from, to, model, options } = provenance;
  return contactSheet({
    title: `${target.file} by ${model.file}`,
    subtitle: `${spacesText(from, to)} · ${options.method} · rms difference ${rms.toPrecision(3)}`,
    columnLabels: ["target", "start", "result", "difference"],
    reference: -1,
    rows: images.searches.slice(0, SHOWN).map(({ search, start, result }) => ({
      label: `start ${search.sample}`,
      sublabel: `distance ${search.distance.toPrecision(3)}`,
      images: [draw(images.target), draw(start), draw(result), difference(result)],
    })),
    footer: `${footerOf(provenance, pixels)} · differences of ${100 * WHITE_DIFFERENCE} % of that are white`,
  });
}
