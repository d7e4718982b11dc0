// vielbein invert: a code whose output is close to a given image.

import { type Inversion, invert as invertMap, VielbeinError } from "@vielbein/core";
import type { Matrix } from "@vielbein/linalg";
import { rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { atMost } from "../../inputs/direction-counts.ts";
import { distanceRemark, squaredDistance } from "../../inputs/distance.ts";
import { type LoadedModel, provenanceOf } from "../../inputs/model.ts";
import { type Drawing, describeDrawing, drawingEntry, drawingOf, joined } from "../../inputs/pictures.ts";
import { pixelsEntry } from "../../inputs/pixels.ts";
import type { Points } from "../../inputs/points-file.ts";
import { restAfter } from "../../inputs/rest.ts";
import { statedSound } from "../../inputs/sounds.ts";
import { type DistanceTask, openGenerator, withDistance } from "../../inputs/task.ts";
import { command } from "../../kit/command.ts";
import { InterruptedError } from "../../kit/exit-codes.ts";
import { writeFigure } from "../../kit/figure.ts";
import { writeNamed } from "../../kit/output.ts";
import type { Report } from "../../kit/report.ts";
import { routesAmong } from "../../kit/routes.ts";
import { Progress } from "../../kit/terminal.ts";
import { CANDIDATES, type InvertOptions, invertOptions, STEPS } from "./options.ts";
import {
  bestOf,
  type DrawnSearch,
  encodeCodes,
  type InversionReport,
  inversionJson,
  inversionSheet,
  inversionTable,
  type Search,
} from "./report.ts";
import { type Candidate, metricAxes, nearestCodes, type SearchSpace, searchSpace } from "./space.ts";
import { type PictureReading, readTarget, type Target } from "./target.ts";

export const invert = command({
  argument: "<model>",
  description:
    "Searches for codes whose output is close to the target, starting from the nearest of many samples, and reports the best. With a uniform prior, codes stay inside its box.",
  options: invertOptions,
  async run(task) {
    requireSense(task.options);
    return invertTarget(await withDistance(await openGenerator(task)));
  },
});

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

type InvertTask = DistanceTask<InvertOptions>;

/** How outputs are images, found where a picture is read or drawn. */
class Images {
  known: Drawing | undefined;
  readonly #task: InvertTask;

  constructor(task: InvertTask) {
    this.#task = task;
  }

  async find(): Promise<Drawing> {
    this.known ??= await drawingOf(this.#task);
    return this.known;
  }
}

async function invertTarget(task: InvertTask): Promise<Report> {
  const { loaded, generator, distance, options, terminal, signal } = task;
  const images = new Images(task);
  const reading = async (): Promise<PictureReading> => {
    const { layout, pixels } = await images.find();
    const { fullScale } = statedSound(loaded, generator.to);
    return { layout, pixels: pixels?.range, crop: options.crop, fullScale };
  };
  const target = await readTarget(options.target, generator.to, reading, signal);
  remarkOnTarget(loaded, target, statedSound(loaded, generator.to).rate);
  // What can be refused is refused before the search.
  const drawing = options.sheet === undefined ? undefined : await images.find();
  const pictures = images.known ? drawingEntry(images.known) : pixelsEntry(distance.pixels);
  const report = await searchCodes(task, target, pictures, await distance.of(target.values, 1));

  await writeNamed(options.out, () => encodeCodes(report, options.out), terminal);
  if (drawing) {
    const drawn = {
      target: target.values,
      searches: await restAfter(generator, drawSearches(generator, report)),
    };
    await writeFigure(options.sheet, () => inversionSheet(report, drawn, drawing), terminal);
  }
  return {
    json: () => inversionJson(report),
    text: () =>
      inversionTable(report, images.known ? describeDrawing(images.known) : distanceRemark(distance)),
    conclude: () => {
      if (report.complete) return;
      const kept = options.out === undefined ? "" : `; ${options.out} keeps the best code so far`;
      throw new InterruptedError(
        `interrupted after ${report.searches.length} of ${options.starts} starts${kept}`,
      );
    },
  };
}

/** @param rate samples per second, as the model states. */
function remarkOnTarget({ remark }: LoadedModel, target: Target, rate: number | undefined): void {
  const { file, background, roundedFrom, sampleRate } = target;
  if (sampleRate !== undefined && rate !== undefined && sampleRate !== rate) {
    remark(
      `--target: ${file} has ${sampleRate} samples a second, the model's signals ${rate}: it is read sample by sample all the same`,
    );
  }
  if (background) {
    remark(
      `--target: ${file} has transparent pixels, which the model does not know: they are read over white`,
    );
  }
  if (roundedFrom !== undefined) {
    remark(`--target: the ${roundedFrom} bits of ${file} are rounded to 8; a .npy file keeps all digits`);
  }
}

async function drawSearches(map: OnnxMap, { searches }: InversionReport): Promise<DrawnSearch[]> {
  const outputs = (pick: (search: Search) => Float32Array) =>
    map.evaluate(joined(searches.map(pick)), searches.length);
  const starts = await outputs(({ start }) => start);
  const results = await outputs(({ code }) => code);
  const { dim } = map.to;
  return searches.map((search, i) => ({
    search,
    start: rowAt(starts, i, dim).slice(),
    result: rowAt(results, i, dim).slice(),
  }));
}

/** The first codes, which the metric is averaged over, `[count, dim]`. */
function averagedCodes(
  { values, count }: Points,
  { generator, options, terminal }: InvertTask,
): Float32Array {
  const averaged = atMost(count, options.metricSamples, "--metric-samples", terminal);
  return values.slice(0, averaged * generator.from.dim);
}

/**
 * Searches until done or interrupted; an interrupt before the first step throws.
 *
 * @param pictures what the provenance has of the images.
 */
async function searchCodes(
  task: InvertTask,
  target: Target,
  pictures: object,
  wanted: Float32Array,
): Promise<InversionReport> {
  const { loaded, generator, source, distance, options, signal, terminal } = task;
  const { exponent, memory } = options;
  const space = searchSpace(loaded, distance, options);
  const codes = await source.takeFirst(options.candidates, CANDIDATES, signal, "--candidates");
  const wantedStarts = atMost(codes.count, options.starts, "--starts", terminal);
  const starts = await nearestCodes(distance.map, codes, wanted, wantedStarts, signal);
  const axes =
    options.coordinates === "metric"
      ? await metricAxes(space, averagedCodes(codes, task), { exponent, memory }, signal)
      : undefined;
  const found = await search(task, space, starts, axes?.basis, wanted);
  const searches = await rankSearches(task, space, starts, found, wanted);
  const output = await generator.evaluate(bestOf(searches).code, 1);
  const { values: _, ...described } = target;
  const settings = {
    ...settingsOf(task, starts.length),
    ...pictures,
    candidates: codes.count,
    bounds: space.bounds,
    ...axes?.description,
    routes: routesAmong([found.route, axes?.route]),
    target: described,
  };
  return {
    target: described,
    searches,
    rms: Math.sqrt(squaredDistance(output, target.values) / output.length),
    work: found.work,
    route: found.route,
    complete: !signal.aborted,
    provenance: provenanceOf(loaded, generator, "inversion", codes.source, settings),
  };
}

/** What the provenance has of the method. */
const settingsOf = ({ distance, options }: InvertTask, starts: number): object => ({
  method: options.method,
  ...distance.description,
  starts,
  steps: stepsOf(options),
  priorWeight: options.priorWeight,
  stepSize: options.stepSize,
});

function stepsOf({ steps, method }: InvertOptions): number {
  return steps ?? STEPS[method];
}

async function search(
  { options, terminal, signal }: InvertTask,
  space: SearchSpace,
  starts: readonly Candidate[],
  basis: Matrix | undefined,
  wanted: Float32Array,
): Promise<Inversion> {
  const { method, seed, priorWeight, stepSize, memory } = options;
  const steps = stepsOf(options);
  const progress = new Progress(terminal, "steps, at most", steps * starts.length);
  const found = await invertMap(space.map, wanted, space.free(joined(starts.map(({ code }) => code))), {
    method,
    steps,
    seed,
    prior: priorWeight,
    basis,
    bounds: method === "levenberg-marquardt" ? space.bounds : undefined,
    learningRate: stepSize,
    sigma: stepSize,
    memoryBudget: memory,
    onStep: ({ start, step }) => {
      progress.step(start * steps + step);
      return signal.aborted;
    },
  });
  progress.done();
  return found;
}

/** The searches with their codes and distances, by rising loss. */
async function rankSearches(
  { distance }: InvertTask,
  space: SearchSpace,
  starts: readonly Candidate[],
  found: Inversion,
  wanted: Float32Array,
): Promise<Search[]> {
  const searches: Search[] = [];
  for (const [i, { sample, code: start, distance: before }] of starts.entries()) {
    const end = found.searches[i];
    // An interrupt leaves out the last ones.
    if (!end) break;
    const { point, loss, steps, converged } = end;
    const code = space.code(point);
    const after = squaredDistance(await distance.map.evaluate(code, 1), wanted);
    searches.push({ sample, start, code, before, distance: after, loss, steps, converged });
  }
  return searches.sort((a, b) => a.loss - b.loss);
}
