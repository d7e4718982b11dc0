// Files whose batch has a fixed extent N > 1, as exporters that trace one batch leave it behind. Where the points of a
// batch do not influence one another, such a file is a map of one point. That is tried: a point must come out the same
// whatever stands beside it. Where it can also be read off the graph, it holds everywhere; where it cannot, more is tried.

import { type FloatArray, VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { requireKind } from "../../arguments.ts";
import { isFloat } from "../../model/element-types.ts";
import { isFixed, type Model, requiredInputs, type ValueInfo } from "../../model/model.ts";
import { entryOf } from "../../model/names.ts";
import { agree, choosePoints, pointOf, repeatPoint, rotatePoints, scalePoints } from "../../model/points.ts";
import { withoutNoise } from "../noise.ts";
import type { PrepareOptions } from "../options.ts";
import { BatchTrial, type Feeds, unlessDangerous } from "./batch-trial.ts";
import { openBatch, repeatCode } from "./single-point.ts";

/** What was made of a batch that a file fixes at N. */
export interface FixedBatch {
  /** N. */
  readonly extent: number;
  /**
   * `opened`: the extent is gone from the graph, which takes any number of points. `repeated`: the graph computes N
   * copies of the point, and the first counts; tensors inside still hold all N. `coupled`: the points influence one
   * another, or the first axis does not count points: the model is unchanged, and its code is the whole batch.
   */
  readonly way: "opened" | "repeated" | "coupled";
  /**
   * How it is known that points do not influence one another: `graph`, read off the operators, which holds at all points;
   * `trial`, at the points that were tried. Absent where they do.
   */
  readonly evidence?: "graph" | "trial" | undefined;
}

/** A model that takes points one by one, if the batch that it fixed could be taken apart. */
export interface Unbatched {
  /** The model, for one point at a time. */
  readonly model: Model;
  /** Absent where no batch is fixed. */
  readonly batch?: FixedBatch | undefined;
}

/** Inputs and floating-point outputs of a model whose first axis has the extent N. */
interface Batched {
  readonly extent: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly string[];
}

/**
 * Largest ‖difference‖ / ‖value‖ that counts as equal: in one place, in another, and of a graph that sums in another
 * order.
 */
const SAME = 1e-6;
const MOVED = 1e-5;
const AGREEING = 1e-4;

/**
 * How far out the points of a batch lie that are tried, in turns: points may influence one another only beyond some
 * distance, or only where near ones stand beside far ones.
 */
const DISTANCES = [[1], [3], [10], [10, 1, 3]];

/** Further ones where the graph does not show that points stay apart. */
const FURTHER_DISTANCES = [[0.01], [0.1], [0.5], [30], [100], [1000], [100, 0.1, 1]];

/**
 * A model whose first floating-point input and an output have the fixed first extent N > 1, as a map of one point.
 * Other models are returned as they are, and so are those that the engine refuses: preparing them says why.
 *
 * @throws {VielbeinError} `BACKEND_CRASHED`, `MEMORY_BUDGET` or `TIME_LIMIT` when the model is not safe to run.
 */
export async function unbatch(
  model: Model,
  runtime: Runtime,
  { memoryBudget }: Pick<PrepareOptions, "memoryBudget"> = {},
): Promise<Unbatched> {
  requireKind("unbatch: model", "model", model);
  const trial = new BatchTrial(runtime, memoryBudget);
  let result: Unbatched = { model };
  try {
    for (const batched of batchedPorts(model)) {
      result = await separated(model, batched, trial);
      if (result.batch?.way !== "coupled") break;
    }
  } catch (error) {
    if (!(error instanceof VielbeinError && ["BACKEND_FAILED", "INVALID_MODEL"].includes(error.code)))
      throw error;
  }
  return result;
}

async function separated(model: Model, batched: Batched, trial: BatchTrial): Promise<Unbatched> {
  const { extent, inputs } = batched;
  const isBatched = (name: string): boolean => inputs.some((input) => input.name === name);
  // Draws differ from point to point, and say nothing of the network.
  const quiet = withoutNoise(model);
  const feeds = await trial.feeds(quiet, batched.outputs);
  const values = await trial.run(quiet, feeds, batched.outputs);
  const outputs = batched.outputs.filter((name) => entryOf(values, name).dims[0] === extent);
  if (outputs.length === 0) return { model };
  const evidence = (await trial.readsOff(quiet, feeds, inputs, outputs)) ? "graph" : "trial";
  let isOpened = true;
  for (const factors of evidence === "graph" ? DISTANCES : [...DISTANCES, ...FURTHER_DISTANCES]) {
    const placed = mapped(feeds, isBatched, (tensor) => scalePoints(tensor, factors));
    const runWith = (change: (tensor: RuntimeTensor) => RuntimeTensor): Promise<Feeds> =>
      trial.run(quiet, mapped(placed, isBatched, change), outputs);
    const there = await runWith((tensor) => tensor);
    const isAlike =
      (await treatsPointsAlike(outputs, there, runWith)) &&
      (evidence === "graph" || (await keepsPairsApart(extent, outputs, there, runWith)));
    if (!isAlike) return { model, batch: { extent, way: "coupled" } };
    if (!isOpened) continue;
    const last = mapped(placed, isBatched, (tensor) => pointOf(tensor, extent - 1));
    const single = await trial.run(openBatch(quiet, extent, inputs), last, outputs).catch(unlessDangerous);
    isOpened = outputs.every((name) =>
      isSame(single?.get(name), pointOf(entryOf(there, name), extent - 1), AGREEING),
    );
  }
  return isOpened
    ? { model: openBatch(model, extent, inputs), batch: { extent, way: "opened", evidence } }
    : { model: repeatCode(model, extent, inputs, outputs), batch: { extent, way: "repeated", evidence } };
}

/**
 * Whether the first point comes out the same among its own copies, and all of them do one place further on: then every
 * place is the same map of its point alone.
 */
async function treatsPointsAlike(
  outputs: readonly string[],
  values: Feeds,
  runWith: (change: (tensor: RuntimeTensor) => RuntimeTensor) => Promise<Feeds>,
): Promise<boolean> {
  const among = await runWith((tensor) => repeatPoint(pointOf(tensor, 0), tensor.dims[0]));
  const isAlone = outputs.every((name) =>
    isSame(pointOf(entryOf(among, name), 0), pointOf(entryOf(values, name), 0), SAME),
  );
  if (!isAlone) return false;
  const moved = await runWith(rotatePoints);
  return outputs.every((name) => isSame(moved.get(name), rotatePoints(entryOf(values, name)), MOVED));
}

/**
 * Whether points stay as they are where others change: those at places whose number has some binary digit set, and those
 * where it is not. Of any two points, one of these changes moves one alone.
 */
async function keepsPairsApart(
  extent: number,
  outputs: readonly string[],
  values: Feeds,
  runWith: (change: (tensor: RuntimeTensor) => RuntimeTensor) => Promise<Feeds>,
): Promise<boolean> {
  for (let digit = 1; digit < extent; digit *= 2) {
    for (const side of [0, digit]) {
      const isChanged = (row: number): boolean => (row & digit) === side;
      const changed = await runWith((tensor) => choosePoints(tensor, rotatePoints(tensor), isChanged));
      const isKept = outputs.every((name) => {
        const [before, after] = [entryOf(values, name), entryOf(changed, name)];
        return isSame(choosePoints(after, before, isChanged), before, SAME);
      });
      if (!isKept) return false;
    }
  }
  return true;
}

/**
 * The first floating-point input of two axes or more decides on N. What else has N first may be one for each point, as
 * labels are, or the same for all of them, so both have to be tried.
 */
function batchedPorts({ graph }: Model): Batched[] {
  const required = requiredInputs(graph);
  const code = required.find(({ dataType, shape = [] }) => isFloat(dataType) && shape.length > 1);
  const extent = code?.shape?.[0];
  if (!code || !isFixed(extent) || extent < 2) return [];
  const outputs = graph.outputs
    .filter(({ dataType, shape }) => isFloat(dataType) && (!isFixed(shape?.[0]) || shape[0] === extent))
    .map(({ name }) => name);
  const inputs = required.filter(({ shape = [] }) => shape[0] === extent);
  const ofMoreAxes = inputs.filter(({ shape = [] }) => shape.length > 1);
  const choices = [inputs, ofMoreAxes, [code]].filter(
    (choice, i, all) => i === 0 || choice.length < all[i - 1].length,
  );
  return outputs.length === 0 ? [] : choices.map((chosen) => ({ extent, inputs: chosen, outputs }));
}

function mapped(
  feeds: Feeds,
  isChosen: (name: string) => boolean,
  f: (tensor: RuntimeTensor) => RuntimeTensor,
): Feeds {
  return new Map([...feeds].map(([name, tensor]) => [name, isChosen(name) ? f(tensor) : tensor]));
}

/** Where a network fails at the points that are tried, it must fail alike. */
function isSame(a: RuntimeTensor | undefined, b: RuntimeTensor, tolerance: number): boolean {
  if (a === undefined || a.data.length !== b.data.length) return false;
  const [x, y] = [a.data as FloatArray, b.data as FloatArray];
  const failsAlike = x.every((value, i) => Number.isFinite(value) || Object.is(value, y[i]));
  return failsAlike && agree(finite(x), finite(y), tolerance);
}

function finite(values: FloatArray): FloatArray {
  return values.map((value) => (Number.isFinite(value) ? value : 0));
}

/** What became of a fixed batch, in words. */
export function batchRemark(options: FixedBatch): string {
  requireKind("batchRemark: options", "object", options);
  const { extent, way, evidence } = options;
  const fixed = `a batch of ${extent} is fixed`;
  const farthest = Math.max(...[...DISTANCES, ...FURTHER_DISTANCES].flat());
  const apart =
    evidence === "graph"
      ? "whose points do not influence one another, as the graph shows"
      : `whose points do not influence one another as far as was tried, in pairs and at distances up to ${farthest} (the graph does not show it)`;
  switch (way) {
    case "opened":
      return `${fixed}, ${apart}: the model is taken as a map of one`;
    case "repeated":
      return `${fixed}, ${apart}: ${extent} copies of each code are computed and the first is kept, ${extent} times the work of a model exported with a batch of 1; tensors inside hold all copies`;
    case "coupled":
      return `the first axis, of ${extent}, is taken as a part of the code: its entries influence one another, as in a sequence or in a batch that is normalised by its own statistics, or are treated differently. If points are meant, export the model in evaluation mode and with a batch of 1`;
  }
}
