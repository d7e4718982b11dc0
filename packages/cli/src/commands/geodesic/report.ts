// What `geodesic` says of its ways: a sheet of images, JSON, a table, and the codes for a file.

import type { DifferentiableMap, Provenance } from "@vielbein/core";
import type { Chain, Geodesic } from "@vielbein/core/paths";
import { rowAt } from "@vielbein/linalg";
import { type NpyArray, writeNpz } from "@vielbein/linalg/npy";
import { contactSheet } from "@vielbein/viz";
import { provenanceArray } from "../../inputs/archives.ts";
import { footerOf, originOf } from "../../inputs/captions.ts";
import { type Distance, type DistanceOptions, distanceRemark } from "../../inputs/distance.ts";
import { type Drawing, imagesOf, sheetLook } from "../../inputs/pictures.ts";
import type { GeneratorTask } from "../../inputs/task.ts";
import { spacesText } from "../../kit/names.ts";
import { fixed, number, table, text } from "../../kit/table.ts";

/** A way between the ends. */
export interface Way {
  readonly name: "straight line" | "great circle" | "geodesic";
  readonly chain: Chain;
  /** Length with every segment divided further: the chords of the chain cut corners. */
  readonly refined: number;
}

/** Computes the images along the ways; the result makes the sheet of them. */
export async function sheetOf(
  { loaded, generator, options }: GeneratorTask<DistanceOptions & { readonly segments: number }>,
  ways: readonly Way[],
  ends: readonly [number, number],
  drawing: Drawing,
  provenance: Provenance,
): Promise<() => string> {
  const shown = shownNodes(options.segments);
  const strips: (Way & { readonly values: Float32Array })[] = [];
  for (const way of ways) strips.push({ ...way, values: await outputs(generator, way.chain.points, shown) });
  const { from, to } = generator;
  return () =>
    contactSheet({
      title: `${loaded.file}: from sample ${ends[0]} to sample ${ends[1]}`,
      subtitle: `${spacesText(from, to)} · ${originOf(provenance)} · ${distanceName(options)}`,
      columnTitle: "t",
      columnLabels: shown.map((i) => String(+(i / options.segments).toFixed(3))),
      reference: -1,
      rows: strips.map(({ name, refined, values }) => ({
        label: name,
        sublabel: `length ${refined.toPrecision(3)}`,
        images: imagesOf(values, to, drawing),
      })),
      ...sheetLook(drawing),
      footer: footerOf(provenance, drawing),
    });
}

function distanceName({ distance }: DistanceOptions): string {
  return distance === "l2" ? "l2" : `features ${distance.replace(/^.*[\\/]/, "")}`;
}

const COLUMNS = 9;

/** At most this many nodes, evenly spaced, including the ends. */
function shownNodes(segments: number): number[] {
  const columns = Math.min(COLUMNS, segments + 1);
  return Array.from({ length: columns }, (_, i) => Math.round((i * segments) / (columns - 1)));
}

async function outputs(
  map: DifferentiableMap,
  points: Float32Array,
  nodes: readonly number[],
): Promise<Float32Array> {
  const { dim } = map.from;
  const chosen = new Float32Array(nodes.length * dim);
  nodes.forEach((node, i) => {
    chosen.set(rowAt(points, node, dim), i * dim);
  });
  return map.evaluate(chosen, nodes.length);
}

/** What documents call the ways. */
const KEYS: Readonly<Record<Way["name"], string>> = {
  "straight line": "straight",
  "great circle": "greatCircle",
  geodesic: "geodesic",
};

export function waysJson(ways: readonly Way[]): object {
  return Object.fromEntries(
    ways.map(({ name, chain: { length, energy, unevenness }, refined }) => [
      KEYS[name],
      { length: refined, chords: length, energy, unevenness },
    ]),
  );
}

export function waysTable(
  ways: readonly Way[],
  { steps, converged, routes }: Pick<Geodesic, "steps" | "converged" | "routes">,
  distance: Distance,
): string {
  const [straight] = ways;
  const body = table(ways, [
    text("way", ({ name }) => name),
    number("length", ({ refined }) => refined.toPrecision(5)),
    number("to straight", ({ refined }) => fixed(refined / (straight?.refined ?? 1), 4)),
    number("of chords", ({ chain }) => chain.length.toPrecision(5)),
    number("energy", ({ chain }) => chain.energy.toPrecision(5)),
    number("unevenness", ({ chain }) => chain.unevenness.toFixed(3)),
  ]);
  const remarks = [
    `${converged ? "converged" : "not converged"} after ${steps} steps, gradients by ${routes.gradient}, metric by ${routes.metric}`,
    ...lengthRemarks(ways),
    ...distanceRemark(distance),
  ];
  return `${body}\n${remarks.join("\n")}\n`;
}

/** Beyond this ratio of the length to that of the chords, and this unevenness, nodes are too few. */
const [CUT, UNEVEN] = [1.1, 0.1];

/** What lengths that mean little are remarked on with. */
function lengthRemarks(ways: readonly Way[]): string[] {
  const [straight, found] = [ways[0], ways.at(-1)];
  if (!straight || !found) return [];
  if (straight.refined === 0) return ["the output does not change on the way: every way has length 0"];
  const isCut = found.refined > CUT * found.chain.length || found.refined > straight.refined;
  if (!isCut && found.chain.unevenness <= UNEVEN) return [];
  return ["the nodes are too few to tell what lies between them: ask for more --segments"];
}

/** `straight_line`, `great_circle` and `geodesic`, `[segments + 1, dim]` each, and the provenance. */
export function encodeWays(ways: readonly Way[], dim: number, provenance: Provenance): Uint8Array {
  const arrays = ways.map(({ name, chain: { points } }): [string, NpyArray] => [
    name.replace(" ", "_"),
    { shape: [points.length / dim, dim], data: points },
  ]);
  return writeNpz({ ...Object.fromEntries(arrays), provenance: provenanceArray(provenance) });
}
