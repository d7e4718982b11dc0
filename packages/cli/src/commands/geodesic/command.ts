// vielbein geodesic: the shortest way between two codes by the distance that the output travels, beside the straight
// one.

import { VielbeinError } from "@vielbein/core";
import {
  type Chain,
  type Geodesic,
  greatCircle,
  measureChain,
  refineChain,
  geodesic as shortestWay,
} from "@vielbein/core/paths";
import { distanceOptions } from "../../inputs/distance.ts";
import { isInput, mapOptions, pointOptions, provenanceOf } from "../../inputs/model.ts";
import { requireSeveral } from "../../inputs/pairs.ts";
import { drawingEntry, drawingOf, pictureOptions } from "../../inputs/pictures.ts";
import { chooseCode, type Points, pointsAt } from "../../inputs/points-file.ts";
import { restAfter } from "../../inputs/rest.ts";
import { type DistanceTask, openGenerator, withDistance } from "../../inputs/task.ts";
import { integer, positive } from "../../kit/arguments.ts";
import { command } from "../../kit/command.ts";
import { output } from "../../kit/command-files.ts";
import { InterruptedError } from "../../kit/exit-codes.ts";
import { figure, writeFigure } from "../../kit/figure.ts";
import { json, type OptionsOf, option } from "../../kit/options.ts";
import { writeNamed } from "../../kit/output.ts";
import type { Report } from "../../kit/report.ts";
import { routesAmong } from "../../kit/routes.ts";
import { Progress } from "../../kit/terminal.ts";
import { encodeWays, sheetOf, type Way, waysJson, waysTable } from "./report.ts";

const options = {
  ...mapOptions,
  ...pointOptions,
  ...distanceOptions,
  ...pictureOptions,
  sample: option(
    "--sample <j>",
    "an end: index of a sample, or row of --points; give it twice (default: 0 and 1)",
    (text, previous: readonly number[] = []) => [...previous, integer(0)(text)],
  ),
  segments: option("--segments <n>", "segments of the chain", integer(2, 1000), 16),
  steps: option("--steps <n>", "largest number of steps of the search", integer(1), 200),
  tolerance: option(
    "--tolerance <t>",
    "converged when the energy is within this fraction of its minimum",
    positive,
    1e-5,
  ),
  out: output("--out <file.npz>", "write the codes of every way for numpy.load"),
  sheet: figure("--sheet <file>", "draw the images along every way, .png or .svg"),
  json,
};

type GeodesicOptions = OptionsOf<typeof options>;

export const geodesic = command({
  argument: "<model>",
  description:
    "Finds a chain of codes from one sample to another along which the output moves as little as possible, at an even speed, and compares it with the straight line and, for normal priors, the great circle.",
  options,
  run: async (task) => findWays(await withDistance(await openGenerator(task))),
});

type GeodesicTask = DistanceTask<GeodesicOptions>;

/** Parts that segments are divided into to measure a way. */
const PARTS = 4;

async function findWays(task: GeodesicTask): Promise<Report> {
  const { loaded, generator, distance, options, terminal, signal } = task;
  const { segments, steps, tolerance } = options;
  const drawing = options.sheet === undefined ? undefined : await drawingOf(task);
  requireSeveral(task.source, "a path");
  const ends = requireTwoEnds(options);
  const [from, to] = [await codeAt(task, ends[0]), await codeAt(task, ends[1])];
  requireTwoCodes(from.code, to.code, ends);
  const found = await search(task, from.code, to.code);
  const ways = await measured(task, found, from.code, to.code);
  const { routes, converged } = found;
  const provenance = provenanceOf(loaded, generator, "geodesic", pointsAt(from.source, ends), {
    ...distance.description,
    ends,
    segments,
    steps,
    tolerance,
    routes: routesAmong([routes.gradient, routes.metric]),
    ...drawingEntry(drawing),
  });
  await writeNamed(options.out, () => encodeWays(ways, generator.from.dim, provenance), terminal);
  if (drawing) {
    const compose = await restAfter(generator, sheetOf(task, ways, ends, drawing, provenance));
    await writeFigure(options.sheet, compose, terminal);
  }
  const outcome = { steps: found.steps, converged, routes };
  return {
    json: () => ({ ...waysJson(ways), steps: found.steps, converged, provenance }),
    text: () => waysTable(ways, outcome, distance),
    conclude: () => {
      if (!signal.aborted) return;
      throw new InterruptedError(`interrupted after ${found.steps} of at most ${steps} steps`);
    },
  };
}

function requireTwoEnds({ sample = [0, 1] }: GeodesicOptions): readonly [number, number] {
  const [start, end, ...more] = sample;
  if (start !== undefined && end !== undefined && more.length === 0) return [start, end];
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--sample: a way has two ends, got ${sample.length}. Give it twice.`,
  );
}

async function search(
  { distance, options, terminal, signal }: GeodesicTask,
  start: Float32Array,
  end: Float32Array,
): Promise<Geodesic> {
  const { segments, steps, tolerance, memory } = options;
  const progress = new Progress(terminal, "steps, at most", steps);
  const found = await shortestWay(distance.map, start, end, {
    segments,
    steps,
    tolerance,
    memoryBudget: memory,
    onStep: ({ step }) => {
      progress.step(step);
      return signal.aborted;
    },
  });
  progress.done();
  return found;
}

/** The straight line, the great circle where codes have a normal prior, and the geodesic. */
async function measured(
  task: GeodesicTask,
  found: Geodesic,
  start: Float32Array,
  end: Float32Array,
): Promise<Way[]> {
  const { loaded, generator, distance } = task;
  const { map } = distance;
  const way = async (name: Way["name"], chain: Chain): Promise<Way> => {
    const fine = refineChain(chain.points, map.from.dim, PARTS);
    return { name, chain, refined: (await measureChain(map, fine)).length };
  };
  const ways = [await way("straight line", found.straight)];
  const { kind } = generator.from.prior ?? { kind: "normal" };
  if (kind === "normal" && isInput(loaded, generator.from.name)) {
    const circle = circleOf(task, start, end);
    if (circle) ways.push(await way("great circle", await measureChain(map, circle)));
  }
  ways.push(await way("geodesic", found));
  return ways;
}

function requireTwoCodes(start: Float32Array, end: Float32Array, ends: readonly number[]): void {
  if (start.some((x, i) => x !== end[i])) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--sample: ${ends.join(" and ")} are the same code, and there is no path from a code to itself. Give two that differ.`,
  );
}

/** The great circle; undefined, with a remark, where codes lie on one line with the origin. */
function circleOf(
  { loaded, options }: GeodesicTask,
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

async function codeAt(
  { source: codes, options, generator, signal }: GeodesicTask,
  index: number,
): Promise<{ readonly code: Float32Array; readonly source: Points["source"] }> {
  const taken = await codes.take(index, 1, signal);
  const code = chooseCode(taken, generator.from.dim, { points: options.points, sample: index });
  return { code, source: taken.source };
}
