// What `invert` found: as a table, as JSON, as a file, and as a sheet of images.

import type { DerivativeRoute, Provenance, Work } from "@vielbein/core";
import { type NpyArray, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { contactSheet, type ImageLayout, toRgba } from "@vielbein/viz";
import { provenanceArray } from "../../inputs/archives.ts";
import { describePixels, type Pixels } from "../../inputs/pixels.ts";
import { writeWhole } from "../../kit/output.ts";
import { type Terminal, table } from "../../kit/terminal.ts";
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

/** @param pixels of the pictures that were read or drawn, or that features were given. */
export function inversionTable(
  { searches, rms, work, route }: InversionReport,
  pixels: Pixels | undefined,
): string {
  const rows = searches.map(({ sample, before, distance, loss, steps, converged }, i) => [
    `${sample}${i === 0 ? " *" : ""}`,
    before.toPrecision(4),
    distance.toPrecision(4),
    loss.toPrecision(4),
    String(steps),
    converged ? "yes" : "no",
  ]);
  const header = ["start", "distance before", "after", "loss", "steps", "converged"];
  const { code } = searches[0]!;
  const summary = [
    `best (*): rms difference of outputs ${rms.toPrecision(3)}, length of the code ${Math.hypot(...code).toPrecision(3)}`,
    `work: ${work.values} values, ${work.jvps} JVPs, ${work.vjps} VJPs; derivatives ${route ? `by ${route}` : "none"}`,
    ...(pixels ? [describePixels(pixels)] : []),
  ];
  return `${table([header, ...rows], [1, 2, 3, 4])}\n${summary.join("\n")}\n`;
}

export function inversionJson({
  target,
  searches,
  rms,
  work,
  route,
  complete,
  provenance,
}: InversionReport): object {
  const { code, distance, loss } = searches[0]!;
  return {
    target,
    code: Array.from(code),
    distance,
    loss,
    rms,
    searches: searches.map(({ start: _start, code: found, ...rest }) => ({
      ...rest,
      length: Math.hypot(...found),
    })),
    work,
    route: route ?? null,
    complete,
    provenance,
  };
}

/** Writes the best code, as `.npy`; to an `.npz` file also those of all starts, and the provenance. */
export function writeCodes(path: string, report: InversionReport, terminal: Terminal): Promise<void> {
  const { code } = report.searches[0]!;
  const isArchive = /\.npz$/i.test(path);
  const bytes = isArchive ? archive(report) : writeNpy({ shape: [code.length], data: code });
  return writeWhole(path, bytes, terminal);
}

function archive({ searches, provenance }: InversionReport): Uint8Array {
  const { code } = searches[0]!;
  const rows = (pick: (search: Search) => Float32Array): NpyArray => {
    const data = new Float32Array(searches.length * code.length);
    searches.forEach((search, i) => {
      data.set(pick(search), i * code.length);
    });
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

/** Target, start, result and their difference, a row for each of the best searches. */
export function inversionSheet(
  { searches, target, rms, provenance }: InversionReport,
  images: {
    readonly target: Float32Array;
    readonly starts: readonly Float32Array[];
    readonly results: readonly Float32Array[];
    readonly layout: ImageLayout;
    readonly pixels: Pixels;
  },
): string {
  const { layout, pixels } = images;
  const draw = (values: Float32Array) => toRgba(values, layout, pixels.range);
  const difference = (values: Float32Array) =>
    toRgba(
      values.map((x, i) => Math.abs(x - images.target[i]!)),
      layout,
      [0, WHITE_DIFFERENCE * (pixels.range[1] - pixels.range[0])],
    );
  const { from, to, model, options } = provenance;
  return contactSheet({
    title: `${target.file} by ${model.file}`,
    subtitle: `${from.name} [${from.shape.join(", ")}] → ${to.name} [${to.shape.join(", ")}] · ${options.method} · rms difference ${rms.toPrecision(3)}`,
    columnLabels: ["target", "start", "result", "difference"],
    reference: -1,
    rows: searches.slice(0, SHOWN).map(({ sample, distance }, i) => ({
      label: `start ${sample}`,
      sublabel: `distance ${distance.toPrecision(3)}`,
      images: [
        draw(images.target),
        draw(images.starts[i]!),
        draw(images.results[i]!),
        difference(images.results[i]!),
      ],
    })),
    footer: `${provenance.tool} · ${provenance.runtime} · model ${model.sha256.slice(0, 12)} · ${describePixels(pixels)} · differences of ${100 * WHITE_DIFFERENCE} % of that are white`,
  });
}
