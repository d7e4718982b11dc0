// What `invert` found: as a table, as JSON, as a file, and as a sheet of images.

import type { DerivativeRoute, Provenance, Work } from "@vielbein/core";
import { type NpyArray, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { contactSheet, differencePicture, shownBy, WHITE_DIFFERENCE } from "@vielbein/viz";
import { provenanceArray } from "../../inputs/archives.ts";
import { footerOf } from "../../inputs/captions.ts";
import { type Drawing, imageOf, sheetLook } from "../../inputs/pictures.ts";
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

/** The first search; there is at least one. */
export function bestOf([best]: readonly Search[]): Search {
  if (!best) throw new Error("An inversion reports one search at least, got none.");
  return best;
}

/** @param remarks how pictures were read or drawn, or given to features. */
export function inversionTable(
  { searches, rms, work, route }: InversionReport,
  remarks: readonly string[],
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
    ...remarks,
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

const OF_A_QUARTER = `differences of ${100 * WHITE_DIFFERENCE} % of that are white`;
/** What the pictures of differences show. */
const DIFFERENCES: Readonly<Record<ReturnType<typeof shownBy>, string>> = {
  image: OF_A_QUARTER,
  sheet: OF_A_QUARTER,
  classes: "white where classes differ",
  signal: "differences about 0, on the same scale",
};

/** A search, and the outputs where it started and ended. */
export interface DrawnSearch {
  readonly search: Search;
  readonly start: Float32Array;
  readonly result: Float32Array;
}

/** Target, start, result and their difference, a row for each of the best searches. */
export function inversionSheet(
  { target, rms, provenance }: InversionReport,
  images: { readonly target: Float32Array; readonly searches: readonly DrawnSearch[] },
  drawing: Drawing,
): string {
  const draw = (values: Float32Array) => imageOf(values, drawing);
  const difference = (values: Float32Array) =>
    differencePicture(values, images.target, drawing.layout, drawing.pixels?.range ?? [0, 1]);
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
    ...sheetLook(drawing),
    footer: `${footerOf(provenance, drawing)} · ${DIFFERENCES[shownBy(drawing.layout)]}`,
  });
}
