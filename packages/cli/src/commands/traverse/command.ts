// vielbein traverse: images along the local directions at one point, as a contact sheet, as single frames, as an animation.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CurveStep, jacobianRoute, localBasisAt, VielbeinError } from "@vielbein/core";
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
import { CodeSource, originOf } from "../../inputs/codes.ts";
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
import { addPictureOptions, imagesOf, layoutOf, type PictureOptions } from "../../inputs/pictures.ts";
import { describePixels, pixelsEntry, pixelsOf } from "../../inputs/pixels.ts";
import { type Points, pointRange } from "../../inputs/points-file.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { indexList, integer, positive } from "../../kit/arguments.ts";
import { endingIn, OutputFolderOption, OutputOption } from "../../kit/command-files.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
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
  addPictureOptions(
    addPointOptions(
      addMapOptions(
        program
          .command("traverse <model>")
          .summary("images along the local directions, as a sheet or an animation")
          .description(
            "Moves the code of one sample along its leading local directions and draws the images: a row for each direction, a column for each step.",
          ),
      ),
    )
      .option(
        "--directions <list>",
        "directions, from 0, by falling singular value (default: 0-4)",
        indexList,
      )
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
      .option("--sample <j>", "index of the sample, or row of --points", integer(0), 0)
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
      .option("--delay <ms>", "time of each frame of the animation", integer(0, 65_535), 80),
  )
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
        await traverse(loaded, route, codes, options, terminal, signal);
      } finally {
        await source.dispose();
        await route.head.dispose();
        await route.tail?.dispose();
      }
    });
}

async function openRoute(loaded: LoadedModel, options: TraverseOptions): Promise<Route> {
  const { via } = options;
  if (via === undefined) return { head: await openMap(loaded, options) };
  const head = await openMap(loaded, { ...options, to: via });
  return { head, tail: await openMap(loaded, { ...options, from: via }) };
}

async function traverse(
  loaded: LoadedModel,
  route: Route,
  codes: Points,
  options: TraverseOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { head, tail = head } = route;
  const layout = layoutOf(tail.to, options);
  const point = chosenPoint(head.from.dim, codes, options);
  const basis = await localBasisAt(head, point, {
    signal,
    rank: wantedRank(head, { memory: options.memory }, terminal),
    memoryBudget: options.memory,
  });
  const directions = existing(basis.singularValues.length, options.directions, "--directions", terminal);
  const columns = columnsOf(options, basis, directions, route);
  const pixels = await pixelsOf(loaded, route.tail ? [head, route.tail] : head, options, signal);
  const progress = new Progress(terminal, "directions", directions.length);
  const strips: Strip[] = [];
  for (const k of directions) {
    signal.throwIfAborted();
    strips.push(await walk(route, basis, k, columns, options, signal));
    progress.step(strips.length);
    await new Promise(setImmediate);
  }
  progress.done();

  const images = await endingAtOnce(
    () => strips.map((strip) => imagesOf(strip.images, tail.to, layout, pixels)),
    signal,
  );
  const provenance = provenanceOf(
    loaded,
    head,
    `${options.mode} traversal of local directions`,
    pointRange(codes.source, options.sample, 1),
    {
      directions,
      steps: columns.steps,
      sample: options.sample,
      jacobian: jacobianRoute(head, options.memory),
      ...(route.tail ? { decodedTo: tail.to } : {}),
      ...(options.layers ? { layers: options.layers } : {}),
      ...(options.mode === "curve" ? { unit: options.unit ?? "input", curveSteps: options.curveSteps } : {}),
      layout: layout.layout,
      ...pixelsEntry(pixels),
    },
  );
  if (options.out !== undefined) {
    const spaces = [head.from, head.to, ...(route.tail ? [tail.to] : [])];
    const compose = () =>
      contactSheet({
        title: `${loaded.file}: local directions`,
        subtitle: [
          spaces.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(" → "),
          ...(options.mode === "linear" ? [] : [options.mode]),
          ...(options.layers ? [`layers ${options.layers.join(", ")}`] : []),
          `${originOf(provenance)}, sample ${options.sample}`,
        ].join(" · "),
        columnTitle: columns.title,
        columnLabels: columns.labels,
        rows: directions.map((k, row) => ({
          label: `direction ${k}`,
          sublabel: `σ = ${basis.singularValues[k]!.toPrecision(3)}`,
          images: images[row]!,
        })),
        footer: `${provenance.tool} · ${provenance.runtime} · model ${loaded.sha256.slice(0, 12)} · ${describePixels(pixels)}`,
      });
    await writeFigure(options.out, compose, terminal, signal);
  }
  await writeFrames(options, directions, images, columns, terminal, signal);
  if (options.json) {
    const { out, frames, animate } = options;
    const document = {
      ...{ out, frames, animate },
      directions,
      singularValues: directions.map((k) => basis.singularValues[k]!),
      point: Array.from(point),
      ...(options.mode === "curve"
        ? { walks: strips.map(({ walk: steps }): readonly CurveStep[] => steps!) }
        : {}),
      provenance,
    };
    print(terminal, document);
  }
}

/** Least length of the longer side of an animation's pictures, and the space between them, in pixels. */
const MIN_SIDE = 128;
const GAP = 4;

async function writeFrames(
  { frames, animate, delay }: TraverseOptions,
  directions: readonly number[],
  images: readonly (readonly RgbaImage[])[],
  columns: Columns,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (frames !== undefined) {
    await mkdir(frames, { recursive: true });
    const digits = String(columns.steps.length - 1).length;
    for (const [row, k] of directions.entries()) {
      for (const [i, image] of images[row]!.entries()) {
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
  const pictures = images[0]!.map(({ width, height }, i) => {
    const factor = Math.ceil(MIN_SIDE / Math.max(width, height));
    return stackImages(
      images.map((row) => upscale(row[i]!, factor)),
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
