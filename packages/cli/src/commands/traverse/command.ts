// vielbein traverse: images along the local directions at one point, as a contact sheet, as single frames, as an animation.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { jacobianRoute, type LocalBasis, localBasisAt, type Provenance, VielbeinError } from "@vielbein/core";
import {
  contactSheet,
  encodeAnimatedPng,
  encodePng,
  pingPong,
  type RgbaImage,
  stackImages,
  upscale,
} from "@vielbein/viz";
import { type Command, Option } from "commander";
import { footerOf, originOf } from "../../inputs/captions.ts";
import { CodeSource } from "../../inputs/codes.ts";
import { existing, wantedRank } from "../../inputs/direction-counts.ts";
import {
  addMapOptions,
  addPointOptions,
  type LoadedModel,
  type MapOptions,
  openMap,
  type PointOptions,
  provenanceOf,
} from "../../inputs/model.ts";
import {
  addPictureOptions,
  drawingEntry,
  imagesOf,
  layoutOf,
  type PictureOptions,
} from "../../inputs/pictures.ts";
import { type Pixels, pixelsOf } from "../../inputs/pixels.ts";
import { type Points, pointRange } from "../../inputs/points-file.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { indexList, integer, positive } from "../../kit/arguments.ts";
import { endingIn, OutputFolderOption, OutputOption } from "../../kit/command-files.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { spacesText } from "../../kit/names.ts";
import { writeWhole } from "../../kit/output.ts";
import { endingAtOnce } from "../../kit/signals.ts";
import { info, Progress, print, type Terminal } from "../../kit/terminal.ts";
import { type Columns, columnsOf, type Route, type Strip, type WalkOptions, walk } from "./walks.ts";

interface TraverseOptions extends MapOptions, PointOptions, PictureOptions, WalkOptions {
  via?: string;
  directions?: number[];
  sample: number;
  out?: string;
  frames?: string;
  animate?: string;
  delay: number;
  json?: boolean;
}

export function traverseCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  const command = addWalkOptions(
    addPointOptions(
      addMapOptions(
        program
          .command("traverse <model>")
          .summary("images along the local directions, as a sheet or an animation")
          .description(
            "Moves the code of one sample along its leading local directions and draws the images: a row for each direction, a column for each step.",
          ),
      ),
    ),
  );
  addPictureOptions(addOutputOptions(command))
    .hook("preAction", (command) => {
      const { out, frames, animate } = command.opts<TraverseOptions>();
      if (out ?? frames ?? animate) return;
      command.setOptionValueWithSource("out", "sheet.png", "default");
    })
    .option("--json", "singular values, walks and provenance as JSON on stdout")
    .action(async (argument: string, options: TraverseOptions) => {
      const loaded = await loadTruncated(argument, options, terminal, signal);
      const route = await openRoute(loaded, options);
      const source = await CodeSource.open(loaded, route.head, options);
      try {
        const codes = await source.take(options.sample, 1, signal);
        await traverse({ loaded, route, options, terminal, signal }, codes);
      } finally {
        await source.dispose();
        await route.head.dispose();
        await route.tail?.dispose();
      }
    });
}

function addWalkOptions(command: Command): Command {
  return command
    .option("--directions <list>", "directions, from 0, by falling singular value (default: 0-4)", indexList)
    .addOption(
      new Option("--mode <mode>", "on a line, on the sphere of the code's norm, or along the curve")
        .choices(["linear", "spherical", "curve"])
        .default("linear"),
    )
    .option(
      "--via <tensor>",
      "take the directions of from → via; a line runs in the space of this tensor, which is then decoded",
    )
    .option("--layers <list>", "of a space [layers, dim], move these alone, e.g. 0-3 (linear)", indexList)
    .option(
      "--range <t>",
      "how far either way: in the space that the line runs in, in radians, or the length of the curve (default: 0.6 rad, 3 units of the input, or what these make of the weakest direction in another space)",
      positive,
    )
    .addOption(
      new Option("--unit <space>", "what --range measures on a curve (default: input)").choices([
        "input",
        "output",
      ]),
    )
    .option("--curve-steps <n>", "steps of a curve, both ways together", integer(2, 10_000), 24)
    .option("--steps <n>", "columns", integer(2, 999), 7)
    .option("--sample <j>", "index of the sample, or row of --points", integer(0), 0);
}

function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      figureOption(
        "--out <file>",
        "sheet to write, .png or .svg (default: sheet.png, unless another output is named)",
      ),
    )
    .addOption(
      new OutputFolderOption(
        "--frames <folder>",
        "write every image as a PNG file",
        /^direction-\d+-\d+\.png$/,
      ),
    )
    .addOption(
      new OutputOption(
        "--animate <file.png>",
        "write an animated PNG that goes forth and back, rows as on the sheet",
      ).argParser(endingIn(".png", ".apng")),
    )
    .option("--delay <ms>", "time of each frame of the animation", integer(0, 65_535), 80);
}

async function openRoute(loaded: LoadedModel, options: TraverseOptions): Promise<Route> {
  const { via } = options;
  if (via === undefined) return { head: await openMap(loaded, options) };
  const head = await openMap(loaded, { ...options, to: via });
  return { head, tail: await openMap(loaded, { ...options, from: via }) };
}

interface Task {
  readonly loaded: LoadedModel;
  readonly route: Route;
  readonly options: TraverseOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** A local direction, and what is seen along it. */
interface DrawnStrip extends Strip {
  readonly k: number;
  readonly singularValue: number;
}

async function traverse(task: Task, codes: Points): Promise<void> {
  const { loaded, route, options, terminal, signal } = task;
  const { head, tail = head } = route;
  const layout = layoutOf(tail.to, options);
  const basis = await localBasisAt(head, chosenPoint(head.from.dim, codes, options), {
    signal,
    rank: wantedRank(head, { memory: options.memory }, terminal),
    memoryBudget: options.memory,
  });
  const directions = existing(basis.singularValues.length, options.directions, "--directions", terminal);
  const columns = columnsOf(options, basis, directions, route);
  const path = route.tail ? ([head, route.tail] as const) : head;
  const drawing = { layout, pixels: await pixelsOf(loaded, path, options, signal) };
  const strips = await walks(task, basis, directions, columns);
  const images = await endingAtOnce(
    () => strips.map((strip) => imagesOf(strip.images, tail.to, drawing)),
    signal,
  );
  const used = pointRange(codes.source, options.sample, 1);
  const method = `${options.mode} traversal of local directions`;
  const provenance = provenanceOf(loaded, head, method, used, {
    directions,
    steps: columns.steps,
    sample: options.sample,
    jacobian: jacobianRoute(head, options.memory),
    decodedTo: route.tail?.to,
    layers: options.layers,
    ...(options.mode === "curve" && { unit: options.unit ?? "input", curveSteps: options.curveSteps }),
    ...drawingEntry(drawing),
  });
  if (options.out !== undefined) {
    const compose = () => sheetOf(task, strips, images, columns, provenance, drawing.pixels);
    await writeFigure(options.out, compose, terminal, signal);
  }
  await writeFrames(task, directions, images, columns);
  if (options.json) print(terminal, { ...documentOf(options, strips, basis.point), provenance });
}

async function walks(
  { route, options, terminal, signal }: Task,
  basis: LocalBasis,
  directions: readonly number[],
  columns: Columns,
): Promise<DrawnStrip[]> {
  const progress = new Progress(terminal, "directions", directions.length);
  const strips: DrawnStrip[] = [];
  for (const k of directions) {
    signal.throwIfAborted();
    const strip = await walk(route, basis, k, columns, options, signal);
    strips.push({ ...strip, k, singularValue: basis.singularValues[k] ?? Number.NaN });
    progress.step(strips.length);
    await new Promise(setImmediate);
  }
  progress.done();
  return strips;
}

function sheetOf(
  { loaded, route: { head, tail }, options }: Task,
  strips: readonly DrawnStrip[],
  images: readonly (readonly RgbaImage[])[],
  columns: Columns,
  provenance: Provenance,
  pixels: Pixels,
): string {
  return contactSheet({
    title: `${loaded.file}: local directions`,
    subtitle: [
      spacesText(head.from, head.to, ...(tail ? [tail.to] : [])),
      ...(options.mode === "linear" ? [] : [options.mode]),
      ...(options.layers ? [`layers ${options.layers.join(", ")}`] : []),
      `${originOf(provenance)}, sample ${options.sample}`,
    ].join(" · "),
    columnTitle: columns.title,
    columnLabels: columns.labels,
    rows: strips.map(({ k, singularValue }, row) => ({
      label: `direction ${k}`,
      sublabel: `σ = ${singularValue.toPrecision(3)}`,
      images: images[row] ?? [],
    })),
    footer: footerOf(provenance, pixels),
  });
}

function documentOf(
  { out, frames, animate, mode }: TraverseOptions,
  strips: readonly DrawnStrip[],
  point: Float32Array,
): object {
  return {
    out,
    frames,
    animate,
    directions: strips.map(({ k }) => k),
    singularValues: strips.map(({ singularValue }) => singularValue),
    point: Array.from(point),
    walks: mode === "curve" ? strips.map((strip) => strip.walk) : undefined,
  };
}

/** Least length of the longer side of an animation's pictures, and the space between them, in pixels. */
const MIN_SIDE = 128;
const GAP = 4;

async function writeFrames(
  { options: { frames, animate, delay }, terminal, signal }: Task,
  directions: readonly number[],
  images: readonly (readonly RgbaImage[])[],
  columns: Columns,
): Promise<void> {
  if (frames !== undefined) {
    await mkdir(frames, { recursive: true });
    const digits = String(columns.steps.length - 1).length;
    for (const [row, k] of directions.entries()) {
      for (const [i, image] of (images[row] ?? []).entries()) {
        const name = `direction-${k}-${String(i).padStart(digits, "0")}.png`;
        await writeWhole(join(frames, name), await endingAtOnce(() => encodePng(image), signal), terminal);
      }
    }
    info(terminal, `wrote ${directions.length} × ${columns.steps.length} images to ${frames}`);
  }
  if (animate !== undefined) {
    const file = await endingAtOnce(() => animation(images, delay), signal);
    await writeWhole(animate, file, terminal);
    info(terminal, `wrote ${animate}`);
  }
}

/** The columns one after another, forth and back, as an animated PNG. */
function animation(images: readonly (readonly RgbaImage[])[], delay: number): Uint8Array {
  const count = images[0]?.length ?? 0;
  const pictures = Array.from({ length: count }, (_, i) => {
    const column = images.flatMap((row) => row.slice(i, i + 1));
    return stackImages(
      column.map((image) => upscale(image, Math.ceil(MIN_SIDE / Math.max(image.width, image.height)))),
      GAP,
    );
  });
  return encodeAnimatedPng(pingPong(pictures), { delay });
}

function chosenPoint(dim: number, codes: Points, { points, sample }: TraverseOptions): Float32Array {
  // A file of points comes as a whole.
  if (points === undefined) return codes.values;
  if (sample >= codes.count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sample: "${points}" has rows 0 to ${codes.count - 1}, got ${sample}.`,
    );
  }
  return codes.values.slice(sample * dim, (sample + 1) * dim);
}
