// vielbein geodesic: the shortest way between two codes by the distance that the output travels, beside the straight one.

import {
  type Chain,
  type DifferentiableMap,
  type Geodesic,
  geodesic,
  greatCircle,
  measureChain,
  type Provenance,
  refineChain,
  VielbeinError,
} from "@vielbein/core";
import { type NpyArray, writeNpz } from "@vielbein/linalg/npy";
import type { OnnxMap } from "@vielbein/onnx";
import { contactSheet } from "@vielbein/viz";
import type { Command } from "commander";
import { provenanceArray } from "../inputs/archives.ts";
import { type CodeOptions, CodeSource, originOf } from "../inputs/codes.ts";
import { addDistanceOptions, type Distance, type DistanceOptions, openDistance } from "../inputs/distance.ts";
import {
  addMapOptions,
  addPointOptions,
  isInput,
  type LoadedModel,
  openMap,
  provenanceOf,
} from "../inputs/model.ts";
import { addPictureOptions, imagesOf, layoutOf, type PictureOptions } from "../inputs/pictures.ts";
import { describePixels, pixelsEntry, pixelsOf } from "../inputs/pixels.ts";
import { type Points, pointsAt } from "../inputs/points-file.ts";
import { loadTruncated } from "../inputs/truncation.ts";
import { integer, positive } from "../kit/arguments.ts";
import { OutputOption } from "../kit/command-files.ts";
import { InterruptedError } from "../kit/exit-codes.ts";
import { figureOption, writeFigure } from "../kit/figure.ts";
import { writeWhole } from "../kit/output.ts";
import { info, Progress, print, type Terminal, table } from "../kit/terminal.ts";

interface GeodesicOptions extends CodeOptions, PictureOptions, DistanceOptions {
  sample?: number[];
  segments: number;
  steps: number;
  tolerance: number;
  out?: string;
  sheet?: string;
  json?: boolean;
}

export function geodesicCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addPictureOptions(
    addDistanceOptions(
      addPointOptions(
        addMapOptions(
          program
            .command("geodesic <model>")
            .summary("shortest way between two codes by how far the output moves")
            .description(
              "Finds a chain of codes from one sample to another along which the output moves as little as possible, and evenly, and compares it with the straight line and, for normal priors, the great circle.",
            ),
        ),
      ),
    ),
  )
    .option(
      "--sample <j>",
      "an end: index of a sample, or row of --points; give it twice (default: 0 and 1)",
      (text: string, previous: number[] = []) => [...previous, integer(0)(text)],
    )
    .option("--segments <n>", "segments of the chain", integer(2, 1000), 16)
    .option("--steps <n>", "cap of the steps of the search", integer(1), 200)
    .option(
      "--tolerance <t>",
      "converged when the energy is no more than this fraction above its minimum",
      positive,
      1e-5,
    )
    .addOption(new OutputOption("--out <file.npz>", "write the codes of every way for numpy.load"))
    .addOption(figureOption("--sheet <file>", "draw the images along every way, .png or .svg"))
    .option("--json", "one JSON document on stdout")
    .action(async (argument: string, options: GeodesicOptions) => {
      const loaded = await loadTruncated(argument, options, terminal, signal);
      const generator = await openMap(loaded, options);
      const source = await CodeSource.open(loaded, generator, options);
      let distance: Distance | undefined;
      try {
        distance = await openDistance(loaded, generator, options, signal);
        await run({ loaded, generator, source, distance, options, terminal, signal });
      } finally {
        await distance?.dispose();
        await source.dispose();
        await generator.dispose();
      }
    });
}

interface Task {
  readonly loaded: LoadedModel;
  readonly generator: OnnxMap;
  readonly source: CodeSource;
  readonly distance: Distance;
  readonly options: GeodesicOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** A way between the ends. */
interface Way {
  readonly name: string;
  readonly chain: Chain;
  /** Length with every segment divided further: the chords of the chain cut corners. */
  readonly refined: number;
}

/** Parts that segments are divided into to measure a way. */
const PARTS = 4;

async function run(task: Task): Promise<void> {
  const { loaded, generator, distance, options, terminal, signal } = task;
  const { map } = distance;
  const { segments, steps, tolerance } = options;
  const drawing =
    options.sheet === undefined
      ? undefined
      : {
          layout: layoutOf(generator.to, options),
          pixels: distance.pixels ?? (await pixelsOf(loaded, generator, options, signal)),
        };
  const ends = options.sample ?? [0, 1];
  if (ends.length !== 2) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--sample: a way has two ends, got ${ends.length}. Give it twice.`,
    );
  }
  const [{ code: start, source: codes }, { code: end }] = [
    await codeAt(task, ends[0]!),
    await codeAt(task, ends[1]!),
  ];
  requireTwoCodes(start, end, ends);
  const progress = new Progress(terminal, "steps, at most", steps);
  const found = await geodesic(map, start, end, {
    segments,
    steps,
    tolerance,
    ...(options.memory === undefined ? {} : { memoryBudget: options.memory }),
    onStep: ({ step }) => {
      progress.step(step);
      return signal.aborted;
    },
  });
  progress.done();
  const { kind } = generator.from.prior ?? { kind: "normal" };
  const way = async (name: string, chain: Chain): Promise<Way> => {
    const fine = refineChain(chain.points, map.from.dim, PARTS);
    return { name, chain, refined: (await measureChain(map, fine)).length };
  };
  const ways = [await way("straight line", found.straight)];
  if (kind === "normal" && isInput(loaded, generator.from.name)) {
    const circle = circleOf(task, start, end);
    if (circle) ways.push(await way("great circle", await measureChain(map, circle)));
  }
  ways.push(await way("geodesic", found));

  const provenance = provenanceOf(loaded, generator, "geodesic", pointsAt(codes, ends), {
    ...distance.description,
    ends,
    segments,
    steps,
    tolerance,
    routes: found.routes,
    ...(drawing ? { layout: drawing.layout.layout, ...pixelsEntry(drawing.pixels) } : {}),
  });
  const outcome = { steps: found.steps, converged: found.converged, routes: found.routes };
  if (options.out !== undefined) {
    await writeWhole(options.out, archive(ways, map.from.dim, provenance), terminal);
    info(terminal, `wrote ${options.out}`);
  }
  if (options.sheet !== undefined && drawing) {
    const { layout, pixels } = drawing;
    const shown = shownNodes(segments);
    const strips: Float32Array[] = [];
    for (const { chain } of ways) strips.push(await outputs(generator, chain.points, shown));
    const { from, to } = generator;
    const compose = () =>
      contactSheet({
        title: `${loaded.file}: from sample ${ends[0]} to sample ${ends[1]}`,
        subtitle: `${from.name} [${from.shape.join(", ")}] → ${to.name} [${to.shape.join(", ")}] · ${originOf(provenance)} · ${distanceName(options)}`,
        columnTitle: "t",
        columnLabels: shown.map((i) => String(+(i / segments).toFixed(3))),
        reference: -1,
        rows: ways.map(({ name, refined }, i) => ({
          label: name,
          sublabel: `length ${refined.toPrecision(3)}`,
          images: imagesOf(strips[i]!, generator.to, layout, pixels),
        })),
        footer: `${provenance.tool} · ${provenance.runtime} · model ${loaded.sha256.slice(0, 12)} · ${describePixels(pixels)}`,
      });
    await writeFigure(options.sheet, compose, terminal);
  }
  print(
    terminal,
    options.json ? { ...jsonOf(ways), ...outcome, provenance } : tableOf(ways, outcome, distance),
  );
  if (signal.aborted) {
    throw new InterruptedError(`interrupted after ${found.steps} of at most ${steps} steps`);
  }
}

function requireTwoCodes(start: Float32Array, end: Float32Array, ends: readonly number[]): void {
  if (start.some((x, i) => x !== end[i])) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--sample: ${ends.join(" and ")} are one code, and between a code and itself there is no way. Give two that differ.`,
  );
}

/** The great circle; undefined, with a remark, where codes lie on one line with the origin. */
function circleOf(
  { loaded, options }: Task,
  start: Float32Array,
  end: Float32Array,
): Float32Array | undefined {
  try {
    return greatCircle(start, end, options.segments);
  } catch (error) {
    if (!(error instanceof VielbeinError && error.code === "INVALID_ARGUMENT")) throw error;
    loaded.remark(`without the great circle: ${error.message}`);
    return undefined;
  }
}

function distanceName({ distance }: DistanceOptions): string {
  return distance === "l2" ? "l2" : `features ${distance.replace(/^.*[\\/]/, "")}`;
}

async function codeAt(
  { source: codes, options, generator, signal }: Task,
  index: number,
): Promise<{ readonly code: Float32Array; readonly source: Points["source"] }> {
  const { values, count, source } = await codes.take(index, 1, signal);
  if (options.points === undefined) return { code: values, source };
  if (index >= count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sample: "${options.points}" has rows 0 to ${count - 1}, got ${index}.`,
    );
  }
  const { dim } = generator.from;
  return { code: values.slice(index * dim, (index + 1) * dim), source };
}

const COLUMNS = 9;

/** At most so many nodes, evenly, the ends among them. */
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
    chosen.set(points.subarray(node * dim, (node + 1) * dim), i * dim);
  });
  return map.evaluate(chosen, nodes.length);
}

function jsonOf(ways: readonly Way[]): object {
  const keys: Readonly<Record<string, string>> = {
    "straight line": "straight",
    "great circle": "greatCircle",
    geodesic: "geodesic",
  };
  return Object.fromEntries(
    ways.map(({ name, chain: { length, energy, unevenness }, refined }) => [
      keys[name]!,
      { length: refined, chords: length, energy, unevenness },
    ]),
  );
}

function tableOf(
  ways: readonly Way[],
  { steps, converged, routes }: Pick<Geodesic, "steps" | "converged" | "routes">,
  { pixels }: Distance,
): string {
  const straight = ways[0]!.refined;
  const rows = ways.map(({ name, chain, refined }) => [
    name,
    refined.toPrecision(5),
    (refined / straight).toFixed(4),
    chain.length.toPrecision(5),
    chain.energy.toPrecision(5),
    chain.unevenness.toFixed(3),
  ]);
  const header = ["way", "length", "to straight", "of chords", "energy", "unevenness"];
  return `${table([header, ...rows], [1, 2, 3, 4, 5])}\n${converged ? "converged" : "not converged"} after ${steps} steps, gradients by ${routes.gradient}, metric by ${routes.metric}${pixels ? `\n${describePixels(pixels)}` : ""}\n`;
}

/** `straight_line`, `great_circle` and `geodesic`, `[segments + 1, dim]` each, and the provenance. */
function archive(ways: readonly Way[], dim: number, provenance: Provenance): Uint8Array {
  const arrays = ways.map(({ name, chain: { points } }): [string, NpyArray] => [
    name.replace(" ", "_"),
    { shape: [points.length / dim, dim], data: points },
  ]);
  return writeNpz({ ...Object.fromEntries(arrays), provenance: provenanceArray(provenance) });
}
