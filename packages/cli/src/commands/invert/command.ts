// vielbein invert: a code whose output comes near to a given image.

import { type InversionMethod, invert, VielbeinError } from "@vielbein/core";
import type { OnnxMap } from "@vielbein/onnx";
import type { ImageLayout } from "@vielbein/viz";
import { type Command, Option } from "commander";
import { type CodeOptions, CodeSource } from "../../inputs/codes.ts";
import {
  addDistanceOptions,
  type Distance,
  type DistanceOptions,
  openDistance,
} from "../../inputs/distance.ts";
import {
  addMapOptions,
  addPointOptions,
  type LoadedModel,
  openMap,
  provenanceOf,
} from "../../inputs/model.ts";
import { addPictureOptions, joined, layoutOf, type PictureOptions } from "../../inputs/pictures.ts";
import { type Pixels, pixelsEntry, pixelsOf } from "../../inputs/pixels.ts";
import { loadTruncated } from "../../inputs/truncation.ts";
import { integer, number, positive } from "../../kit/arguments.ts";
import { endingIn, InputOption, OutputOption } from "../../kit/command-files.ts";
import { InterruptedError } from "../../kit/exit-codes.ts";
import { figureOption, writeFigure } from "../../kit/figure.ts";
import { info, Progress, print, type Terminal } from "../../kit/terminal.ts";
import {
  type InversionReport,
  inversionJson,
  inversionSheet,
  inversionTable,
  type Search,
  writeCodes,
} from "./report.ts";
import { metricAxes, nearestCodes, searchSpace, squaredDistance } from "./space.ts";
import { type PictureReading, readTarget, type Target } from "./target.ts";

interface InvertOptions extends CodeOptions, PictureOptions, DistanceOptions {
  target: string;
  resize?: boolean;
  method: InversionMethod;
  candidates: number;
  starts: number;
  priorWeight?: number;
  coordinates: "plain" | "metric";
  exponent: number;
  metricSamples: number;
  steps?: number;
  stepSize?: number;
  out?: string;
  sheet?: string;
  json?: boolean;
}

const STEPS: Readonly<Record<InversionMethod, number>> = {
  "levenberg-marquardt": 50,
  lbfgs: 100,
  adam: 300,
  "cma-es": 300,
};

export function invertCommand(program: Command, terminal: Terminal, signal: AbortSignal): void {
  addPictureOptions(
    addDistanceOptions(
      addPointOptions(
        addMapOptions(
          program
            .command("invert <model>")
            .summary("find a code for an image")
            .description(
              "Searches for codes whose output comes near to the target, from the nearest of many samples, and reports the best. Points stay in the box of a uniform prior.",
            ),
        ),
      )
        .addOption(
          new InputOption(
            "--target <file>",
            "image, PNG or JPEG; or tensor, .npy or .npz, in the units of the output",
          ).makeOptionMandatory(),
        )
        .option("--resize", "cut and resample an image of another size"),
    ),
  )
    .addOption(
      new Option("--method <method>", "how to search")
        .choices(Object.keys(STEPS))
        .default("levenberg-marquardt"),
    )
    .option("--candidates <n>", "samples, of which the nearest are the starts", integer(1), 64)
    .option("--starts <n>", "searches, each from another start", integer(1), 4)
    .option("--prior-weight <rho>", "adds rho·‖z‖² to the squared distance, for normal priors", positive)
    .addOption(
      new Option(
        "--coordinates <which>",
        "metric: along the axes of the averaged metric, for methods that do not see it themselves",
      )
        .choices(["plain", "metric"])
        .default("plain"),
    )
    .option(
      "--exponent <e>",
      "metric coordinates: scales axes by λ^−e; 0 turns only, 0.5 makes the metric 1",
      number(0, 1),
      0,
    )
    .option("--metric-samples <n>", "metric coordinates: samples averaged over", integer(1), 8)
    .option(
      "--steps <n>",
      "steps of each search (default: levenberg-marquardt 50, lbfgs 100, adam and cma-es 300)",
      integer(1),
    )
    .option(
      "--step-size <s>",
      "adam: length of a step (default: 0.05); cma-es: first standard deviation (default: 0.5)",
      positive,
    )
    .addOption(
      new OutputOption("--out <file>", "write the best code as .npy, or all as .npz").argParser(
        endingIn(".npy", ".npz"),
      ),
    )
    .addOption(figureOption("--sheet <file>", "draw target, starts, results and differences, .png or .svg"))
    .option("--json", "one JSON document on stdout")
    .action(async (argument: string, options: InvertOptions) => {
      requireSense(options);
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

function requireSense({ coordinates, method, stepSize }: InvertOptions): void {
  if (coordinates === "metric" && method === "levenberg-marquardt") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "--coordinates metric: levenberg-marquardt sees the metric at every step already. Leave it out, or choose another --method.",
    );
  }
  if (stepSize !== undefined && method !== "adam" && method !== "cma-es") {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--step-size is of adam and cma-es; ${method} finds its own. Leave it out.`,
    );
  }
}

interface Task {
  readonly loaded: LoadedModel;
  readonly generator: OnnxMap;
  readonly source: CodeSource;
  readonly distance: Distance;
  readonly options: InvertOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function run(task: Task): Promise<void> {
  const { loaded, generator, distance, options, terminal, signal } = task;
  let { pixels } = distance;
  let layout: ImageLayout | undefined;
  /** How outputs are images; asked for where a picture is read or drawn. */
  const images = async () => {
    layout ??= layoutOf(generator.to, options);
    pixels ??= await pixelsOf(loaded, generator, options, signal);
    return { layout, pixels };
  };
  const reading = async (): Promise<PictureReading> => {
    const { layout, pixels } = await images();
    return { layout, pixels: pixels.range, resize: options.resize ?? false };
  };
  const target = await readTarget(options.target, generator.to, reading, signal);
  if (target.background) {
    loaded.remark(
      `--target: ${target.file} has transparent pixels, which the model knows not: read over white`,
    );
  }
  if (target.roundedFrom !== undefined) {
    loaded.remark(
      `--target: the ${target.roundedFrom} bits of ${target.file} are rounded to 8; a .npy file keeps all digits`,
    );
  }
  // What can be refused is refused before the search.
  const drawing = options.sheet === undefined ? undefined : await images();
  const report = await searched(task, target, { pixels, layout }, await distance.of(target.values, 1));

  if (options.out !== undefined) {
    await writeCodes(options.out, report, terminal);
    info(terminal, `wrote ${options.out}`);
  }
  if (options.sheet !== undefined && drawing) {
    const shown = report.searches;
    const pictures = async (pick: (search: Search) => Float32Array): Promise<Float32Array[]> => {
      const values = await generator.evaluate(joined(shown.map(pick)), shown.length);
      return shown.map((_, i) => values.slice(i * generator.to.dim, (i + 1) * generator.to.dim));
    };
    const images = {
      target: target.values,
      starts: await pictures(({ start }) => start),
      results: await pictures(({ code }) => code),
      ...drawing,
    };
    await writeFigure(options.sheet, () => inversionSheet(report, images), terminal);
  }
  print(terminal, options.json ? inversionJson(report) : inversionTable(report, pixels));
  if (!report.complete) {
    const kept = options.out === undefined ? "" : `; ${options.out} keeps the best code so far`;
    throw new InterruptedError(
      `interrupted after ${report.searches.length} of ${options.starts} starts${kept}`,
    );
  }
}

/** Searches until done or interrupted; an interrupt before the first step throws. */
async function searched(
  task: Task,
  target: Target,
  { pixels, layout }: { readonly pixels: Pixels | undefined; readonly layout: ImageLayout | undefined },
  wanted: Float32Array,
): Promise<InversionReport> {
  const { loaded, generator, source, distance, options, terminal, signal } = task;
  const { method, stepSize, seed, memory, priorWeight, metricSamples } = options;
  const space = searchSpace(loaded, distance, options);
  const codes = await source.take(0, options.candidates, signal);
  const starts = await nearestCodes(distance.map, codes, wanted, options.starts, signal);
  const budget = memory === undefined ? {} : { memory };
  const axes =
    options.coordinates === "metric"
      ? await metricAxes(
          space,
          codes,
          { count: metricSamples, exponent: options.exponent, ...budget },
          signal,
        )
      : undefined;

  const steps = options.steps ?? STEPS[method];
  const progress = new Progress(terminal, "steps, at most", steps * starts.length);
  const found = await invert(space.map, wanted, space.free(joined(starts.map(({ code }) => code))), {
    method,
    steps,
    seed,
    ...(priorWeight === undefined ? {} : { prior: priorWeight }),
    ...(axes ? { basis: axes.basis } : {}),
    ...(space.bounds && method === "levenberg-marquardt" ? { bounds: space.bounds } : {}),
    ...(stepSize === undefined ? {} : { learningRate: stepSize, sigma: stepSize }),
    ...(memory === undefined ? {} : { memoryBudget: memory }),
    onStep: ({ start, step }) => {
      progress.step(start * steps + step);
      return signal.aborted;
    },
  });
  progress.done();

  const searches: Search[] = [];
  for (const [i, { point, loss, steps: done, converged }] of found.searches.entries()) {
    const { sample, code: start, distance: before } = starts[i]!;
    const code = space.code(point);
    const reached = squaredDistance(await distance.map.evaluate(code, 1), wanted);
    searches.push({ sample, start, code, before, distance: reached, loss, steps: done, converged });
  }
  searches.sort((a, b) => a.loss - b.loss);
  const output = await generator.evaluate(searches[0]!.code, 1);
  const { values: _, ...described } = target;
  return {
    target: described,
    searches,
    rms: Math.sqrt(squaredDistance(output, target.values) / output.length),
    work: found.work,
    route: found.route,
    complete: !signal.aborted,
    provenance: provenanceOf(loaded, generator, "inversion", codes.source, {
      method,
      route: found.route ?? null,
      ...distance.description,
      ...(layout ? { layout: layout.layout } : {}),
      ...(pixels ? pixelsEntry(pixels) : {}),
      candidates: codes.count,
      starts: starts.length,
      steps,
      ...(priorWeight === undefined ? {} : { priorWeight }),
      ...(space.bounds ? { bounds: space.bounds } : {}),
      ...(axes
        ? { coordinates: "metric", exponent: options.exponent, metricSamples, metricRoute: axes.route }
        : {}),
      ...(stepSize === undefined ? {} : { stepSize }),
      target: described,
    }),
  };
}
