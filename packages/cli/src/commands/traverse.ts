// vielbein traverse: a contact sheet of images along the local directions at one point.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import {
  type DifferentiableMap,
  type LocalBasis,
  linearTraversal,
  localBasisAt,
  symmetricSteps,
  VielbeinError,
} from "@vielbein/core";
import {
  contactSheet,
  detectLayout,
  formatStep,
  type ImageLayout,
  type LayoutName,
  measureRange,
  type PixelRange,
  toRgba,
} from "@vielbein/viz";
import { rasterize } from "@vielbein/viz/raster";
import { type Command, Option } from "commander";
import { indexList, integer, positive, range } from "../arguments.ts";
import {
  addMapOptions,
  addPointOptions,
  loadModel,
  type MapOptions,
  obtainPoints,
  openMap,
  type PointOptions,
  type Points,
  provenanceOf,
} from "../model.ts";
import { writeWhole } from "../output.ts";
import { info, Progress, type Terminal } from "../terminal.ts";

interface TraverseOptions extends MapOptions, PointOptions {
  directions?: number[];
  range: number;
  steps: number;
  sample: number;
  out: string;
  layout?: LayoutName;
  imageRange?: PixelRange;
  json?: boolean;
}

export function traverseCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addPointOptions(
    addMapOptions(
      program
        .command("traverse <model>")
        .summary("contact sheet of images along the local directions")
        .description(
          "Moves the code of one sample along its leading local directions and draws the images: a row for each direction, a column for each step.",
        ),
    ),
  )
    .option("--directions <list>", "directions, from 0, by falling singular value (default: 0-4)", indexList)
    .option("--range <t>", "largest step either way, in units of the input space", positive, 3)
    .option("--steps <n>", "columns", integer(2, 99), 7)
    .option("--sample <j>", "index of the sample, or row of --points", integer(0), 0)
    .option("--out <file>", "sheet to write, .png or .svg", "sheet.png")
    .addOption(
      new Option("--layout <layout>", "axes of the image (default: from its shape)").choices([
        "chw",
        "hwc",
        "hw",
      ]),
    )
    .option("--image-range <low,high>", "values shown black and white (default: measured)", range)
    .option("--json", "singular values and provenance as JSON on stdout")
    .action(async (argument: string, options: TraverseOptions) => {
      const loaded = await loadModel(argument, options);
      const map = await openMap(loaded, options);
      const layout = detectLayout(map.to.shape, options.layout ? { layout: options.layout } : {});
      const points = await obtainPoints(map, options, options.sample, 1);
      const point = chosenPoint(map, points, options);
      const basis = await localBasisAt(map, point, {
        signal,
        ...(options.memory === undefined ? {} : { memoryBudget: options.memory }),
      });
      const directions = availableDirections(options.directions, basis);
      const steps = symmetricSteps(options.range, options.steps);
      const progress = new Progress(terminal, "directions", directions.length);
      const strips: Float32Array[] = [];
      for (const k of directions) {
        signal.throwIfAborted();
        strips.push(await map.evaluate(linearTraversal(point, column(basis, k), steps), steps.length));
        progress.step(strips.length);
        await new Promise(setImmediate);
      }
      progress.done();
      await map.dispose();

      const pixels = options.imageRange ?? measureRange(concatenated(strips));
      const provenance = provenanceOf(loaded, map, "linear traversal of local directions", points.source, {
        directions,
        steps,
        sample: options.sample,
        layout: layout.layout,
        imageRange: pixels,
      });
      const source = options.points ?? `seed ${options.seed}`;
      const svg = contactSheet({
        title: `${loaded.file}: local directions`,
        subtitle: `${map.from.name} [${map.from.shape.join(", ")}] → ${map.to.name} [${map.to.shape.join(", ")}] · ${source}, sample ${options.sample}`,
        columnTitle: "step t",
        columnLabels: steps.map(formatStep),
        rows: directions.map((k, row) => ({
          label: `direction ${k}`,
          sublabel: `σ = ${basis.singularValues[k]!.toPrecision(3)}`,
          images: images(strips[row]!, steps.length, map, layout, pixels),
        })),
        footer: `${provenance.tool} · ${provenance.runtime} · model ${loaded.sha256.slice(0, 12)} · pixels ${pixels.map((v) => +v.toPrecision(3)).join(" … ")}`,
      });
      await writeWhole(options.out, options.out.endsWith(".svg") ? svg : await toPng(svg));
      info(terminal, `wrote ${options.out}`);
      if (options.json) {
        const singularValues = directions.map((k) => basis.singularValues[k]!);
        terminal.stdout.write(
          `${JSON.stringify({ out: options.out, directions, singularValues, point: Array.from(point), provenance }, null, 2)}\n`,
        );
      }
    });
}

function chosenPoint(map: DifferentiableMap, points: Points, options: TraverseOptions): Float32Array {
  if (options.points === undefined) return points.values;
  if (options.sample >= points.count) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--sample: "${options.points}" has rows 0 to ${points.count - 1}, got ${options.sample}.`,
    );
  }
  return points.values.slice(options.sample * map.from.dim, (options.sample + 1) * map.from.dim);
}

/** The directions asked for, all of which must exist; by default the first five, or as many as there are. */
function availableDirections(wanted: readonly number[] | undefined, basis: LocalBasis): readonly number[] {
  const count = basis.singularValues.length;
  if (!wanted) return Array.from({ length: Math.min(5, count) }, (_, k) => k);
  const missing = wanted.find((k) => k >= count);
  if (missing === undefined) return wanted;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--directions: there are directions 0 to ${count - 1}, got ${missing}.`,
  );
}

function column(basis: LocalBasis, k: number): Float64Array {
  const { rows, cols, data } = basis.inputVectors;
  return Float64Array.from({ length: rows }, (_, i) => data[i * cols + k]!);
}

function images(
  strip: Float32Array,
  count: number,
  map: DifferentiableMap,
  layout: ImageLayout,
  pixels: PixelRange,
) {
  return Array.from({ length: count }, (_, i) =>
    toRgba(strip.subarray(i * map.to.dim, (i + 1) * map.to.dim), layout, pixels),
  );
}

function concatenated(strips: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(strips.length * (strips[0]?.length ?? 0));
  strips.forEach((strip, i) => {
    result.set(strip, i * strip.length);
  });
  return result;
}

async function toPng(svg: string): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const [wasm, regular, bold] = await Promise.all([
    readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf")),
    readFile(require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf")),
  ]);
  return rasterize(svg, { wasm, fonts: [regular, bold], scale: 2 });
}
