// vielbein axes: images along axes of the metric, moved so far that all rows should change alike, and how far they do.

import { basename } from "node:path";
import {
  averageMetric,
  type DerivativeRoute,
  equalStep,
  linearTraversal,
  type MetricSpectrum,
  metricSpectrum,
  sphericalTraversal,
  symmetricSteps,
  VielbeinError,
} from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import { bandPlot, contactSheet, formatStep } from "@vielbein/viz";
import { type Command, Option } from "commander";
import { type CodeOptions, CodeSource, originOf } from "../inputs/codes.ts";
import { existing } from "../inputs/direction-counts.ts";
import { addDistanceOptions, type Distance, type DistanceOptions, openDistance } from "../inputs/distance.ts";
import { addMapOptions, addPointOptions, openMap, provenanceOf } from "../inputs/model.ts";
import { addPictureOptions, imagesOf, layoutOf, type PictureOptions } from "../inputs/pictures.ts";
import { describePixels, pixelsEntry, pixelsOf } from "../inputs/pixels.ts";
import { pointRange } from "../inputs/points-file.ts";
import { loadTruncated } from "../inputs/truncation.ts";
import { indexList, integer, positive } from "../kit/arguments.ts";
import { figureOption, writeFigure } from "../kit/figure.ts";
import { Progress, print, type Terminal } from "../kit/terminal.ts";

interface AxesOptions extends CodeOptions, PictureOptions, DistanceOptions {
  axes?: number[];
  of: "first" | "each" | "mean";
  samples: number;
  sample: number;
  reach: number;
  steps: number;
  sphere?: boolean;
  out: string;
  plot?: string;
  json?: boolean;
}

/** One row of the sheet. */
interface Walk {
  readonly sample: number;
  readonly axis: number;
  /** Of H = 2·JᵀJ, of the metric that the axis is of. */
  readonly eigenvalue: number;
  /** ‖J·ẋ‖ at the code: distance per step. */
  readonly speed: number;
  /** Largest step: in units of the space, or in radians. */
  readonly range: number;
  /** Points at these fractions of the range, from −1 to 1: `[fractions.length, dim]`. */
  readonly at: (fractions: readonly number[]) => Float32Array;
}

/** Positions either way of the curves of distance. */
const CURVE_STEPS = 25;

export function axesCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addDistanceOptions(
    addPictureOptions(
      addPointOptions(
        addMapOptions(
          program
            .command("axes <model>")
            .summary("contact sheet of images along axes of the metric")
            .description(
              "Moves codes along eigenvectors of the metric and draws the images: a row for each axis and code, a column for each step. Steps go with λ^−½, so that the distance travelled is the same in all rows, as far as the metric predicts it.",
            ),
        ),
      ),
    ),
  )
    .option("--axes <list>", "axes, from 0, by falling eigenvalue (default: 0-4)", indexList)
    .addOption(
      new Option("--of <metric>", "metric at the first code, at each code, or their mean")
        .choices(["first", "each", "mean"])
        .default("first"),
    )
    .option("--samples <n>", "codes", integer(1, 99), 1)
    .option("--sample <j>", "index of the first code, or row of --points", integer(0), 0)
    .option(
      "--reach <t>",
      "largest step along the first of the axes at the first code, in units of the space",
      positive,
      1,
    )
    .option("--steps <n>", "columns", integer(2, 99), 7)
    .option("--sphere", "on great circles through the codes instead of straight lines")
    .addOption(figureOption("--out <file>", "sheet to write, .png or .svg").default("axes.png"))
    .addOption(figureOption("--plot <file>", "distance travelled beside the prediction, .svg or .png"))
    .option("--json", "eigenvalues, steps, distances and provenance as JSON on stdout")
    .action(async (argument: string, options: AxesOptions) => {
      const loaded = await loadTruncated(argument, options, terminal, signal);
      const generator = await openMap(loaded, options);
      const layout = layoutOf(generator.to, options);
      const distance = await openDistance(loaded, generator, options, signal);
      const source = await CodeSource.open(loaded, generator, options);
      try {
        const pixels = distance.pixels ?? (await pixelsOf(loaded, generator, options, signal));
        const codes = await source.take(options.sample, options.samples, signal);
        const points = chosenCodes(codes.values, codes.count, generator.from.dim, options);
        const axes = existing(distance.map.from.dim, options.axes, "--axes", terminal);
        const { walks, route } = await walksOf(distance, points, axes, options, signal);
        const fractions = symmetricSteps(1, options.steps);
        const finer = symmetricSteps(1, CURVE_STEPS);
        const progress = new Progress(terminal, "rows of images", walks.length);
        const rows: Float32Array[] = [];
        const travelled: number[][] = [];
        for (const walk of walks) {
          signal.throwIfAborted();
          rows.push(await generator.evaluate(walk.at(fractions), fractions.length, { signal }));
          travelled.push(await distances(distance, walk, finer, signal));
          progress.step(rows.length);
          await new Promise(setImmediate);
        }
        progress.done();

        const used = pointRange(codes.source, options.sample, points.length);
        const provenance = provenanceOf(loaded, distance.map, "axes of the metric", used, {
          ...distance.description,
          axes,
          of: options.of,
          route,
          sample: options.sample,
          samples: points.length,
          reach: options.reach,
          sphere: options.sphere ?? false,
          layout: layout.layout,
          ...pixelsEntry(pixels),
        });
        const many = points.length > 1;
        const predicted = walks[0]!.speed * walks[0]!.range;
        const origin = `${originOf(provenance)}${many ? "" : `, sample ${options.sample}`}`;
        const unit = options.sphere ? " rad" : "";
        const label = ({ sample, axis }: Walk) => (many ? `sample ${sample}, axis ${axis}` : `axis ${axis}`);
        await writeFigure(
          options.out,
          () =>
            contactSheet({
              title: `${loaded.file}: axes of the metric`,
              subtitle: `${spacesOf(generator)} · ${origin}`,
              columnTitle: "predicted distance",
              columnLabels: fractions.map((fraction) => formatStep(fraction * predicted)),
              rows: walks.map((walk, row) => ({
                label: label(walk),
                sublabel: `λ = ${walk.eigenvalue.toPrecision(3)} · ±${walk.range.toPrecision(3)}${unit}`,
                images: imagesOf(rows[row]!, generator.to, layout, pixels),
              })),
              footer: `${provenance.tool} · ${provenance.runtime} · model ${loaded.sha256.slice(0, 12)} · distance ${basename(options.distance)} · metric by ${route} · ${describePixels(pixels)}`,
            }),
          terminal,
          signal,
        );
        if (options.plot !== undefined) {
          const compose = () =>
            curves(
              walks,
              travelled,
              finer,
              label,
              `${loaded.file}: distance travelled`,
              `${spacesOf(distance.map)} · ${origin}`,
            );
          await writeFigure(options.plot, compose, terminal, signal);
        }
        if (options.json) {
          const report = { out: options.out, route, ...toJson(walks, travelled, finer), provenance };
          print(terminal, report);
        }
      } finally {
        await source.dispose();
        await distance.dispose();
        await generator.dispose();
      }
    });
}

/** Samples are drawn from --sample on; of a file, rows are taken from there on. */
function chosenCodes(values: Float32Array, count: number, dim: number, options: AxesOptions): Float32Array[] {
  const first = options.points === undefined ? 0 : options.sample;
  if (first >= count) {
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `--sample: "${options.points}" has rows 0 to ${count - 1}, got ${first}.`,
    );
  }
  const last = Math.min(first + options.samples, count);
  return Array.from({ length: last - first }, (_, i) =>
    values.slice((first + i) * dim, (first + i + 1) * dim),
  );
}

async function walksOf(
  { map }: Distance,
  points: readonly Float32Array[],
  axes: readonly number[],
  options: AxesOptions,
  signal: AbortSignal,
): Promise<{ walks: Walk[]; route: DerivativeRoute }> {
  const n = map.from.dim;
  const most = Math.max(...axes);
  // A few of many are found without the others.
  const top = 4 * (most + 1) <= n ? { top: most + 1 } : {};
  const budget = options.memory === undefined ? {} : { memoryBudget: options.memory };
  const wanted = options.of === "first" ? points.slice(0, 1) : points;
  const spectra: MetricSpectrum[] = [];
  for (const point of wanted) spectra.push(await metricSpectrum(map, point, { ...top, ...budget, signal }));
  const bases = options.of === "mean" ? [averageMetric(spectra)] : spectra;

  const walks: Walk[] = [];
  let reach: number | undefined;
  for (const [i, point] of points.entries()) {
    const { eigenvalues, eigenvectors } = bases[Math.min(i, bases.length - 1)]!;
    const radius = Math.hypot(...point);
    for (const axis of axes) {
      const direction = Float64Array.from(
        { length: n },
        (_, j) => eigenvectors.data[j * eigenvectors.cols + axis]!,
      );
      // A great circle's velocity at its start is where it is a quarter of a turn later.
      const velocity = options.sphere
        ? sphericalTraversal(point, direction, [Math.PI / 2])
        : Float32Array.from(direction);
      const pushed = await map.jvp(point, velocity, 1, { signal });
      const speed = Math.sqrt(pushed.reduce((sum, x) => sum + x * x, 0));
      if (!(speed > 0)) {
        throw new VielbeinError(
          "NUMERICAL_FAILURE",
          `Axis ${axis} does not move the output at sample ${options.sample + i}, so no step along it is as long as the others. Choose axes before it.`,
        );
      }
      // Half a turn ends where the other half does.
      const longest = options.sphere ? Math.PI / 2 : Number.POSITIVE_INFINITY;
      reach ??= speed * Math.min(options.sphere ? options.reach / radius : options.reach, longest);
      const range = Math.min(equalStep(speed ** 2, reach), longest);
      walks.push({
        sample: options.sample + i,
        axis,
        eigenvalue: 2 * eigenvalues[axis]!,
        speed,
        range,
        at: (fractions) =>
          (options.sphere ? sphericalTraversal : linearTraversal)(
            point,
            direction,
            fractions.map((fraction) => fraction * range),
          ),
      });
    }
  }
  return { walks, route: spectra[0]!.route! };
}

/** ‖φ(x) − φ(x₀)‖ along a walk. */
async function distances(
  { map }: Distance,
  walk: Walk,
  fractions: readonly number[],
  signal: AbortSignal,
): Promise<number[]> {
  const values = await map.evaluate(walk.at(fractions), fractions.length, { signal });
  const m = map.to.dim;
  const origin = ((fractions.length - 1) / 2) * m;
  return fractions.map((_, i) => {
    let squares = 0;
    for (let j = 0; j < m; j++) squares += (values[i * m + j]! - values[origin + j]!) ** 2;
    return Math.sqrt(squares);
  });
}

function curves(
  walks: readonly Walk[],
  travelled: readonly number[][],
  fractions: readonly number[],
  label: (walk: Walk) => string,
  title: string,
  subtitle: string,
): string {
  const predicted = (walk: Walk) => fractions.map((fraction) => fraction * walk.range * walk.speed);
  const longest = walks.reduce((a, b) => (b.speed * b.range > a.speed * a.range ? b : a));
  return bandPlot({
    title,
    subtitle,
    series: [
      ...walks.map((walk, row) => ({ label: label(walk), x: predicted(walk), y: travelled[row]! })),
      {
        label: "prediction",
        x: predicted(longest),
        y: predicted(longest).map(Math.abs),
        reference: true,
      },
    ],
    x: { title: "predicted distance, signed" },
    y: { title: "distance from the code" },
  });
}

function toJson(walks: readonly Walk[], travelled: readonly number[][], fractions: readonly number[]) {
  return {
    rows: walks.map(({ sample, axis, eigenvalue, speed, range }, row) => ({
      sample,
      axis,
      eigenvalue,
      speed,
      steps: fractions.map((fraction) => fraction * range),
      predicted: fractions.map((fraction) => Math.abs(fraction) * range * speed),
      distance: travelled[row]!,
    })),
  };
}

function spacesOf({ from, to }: OnnxMap): string {
  return `${from.name} [${from.shape.join(", ")}] → ${to.name} [${to.shape.join(", ")}]`;
}
