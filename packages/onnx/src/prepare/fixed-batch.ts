// Files whose batch has a fixed extent N > 1, as exporters that trace one batch leave it behind. Where the points of a
// batch do not influence one another, such a file is a map of one point. Whether they do cannot be read off the graph,
// so it is tried: a point must come out the same whatever stands beside it.

import { type FloatArray, VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { probeValue } from "../file/probe-value.ts";
import { openSession } from "../file/source.ts";
import { trialLimits } from "../file/trial.ts";
import { isFloat } from "../model/element-types.ts";
import { isFixed, type Model, requiredInputs, type ValueInfo } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { agree, pointOf, repeatPoint, rotatePoints, scalePoints } from "../model/points.ts";
import { withoutNoise } from "./noise.ts";
import { normalize } from "./normalize.ts";
import type { PrepareOptions } from "./options.ts";
import { openBatch, repeatCode } from "./single-point.ts";

export interface FixedBatch {
  /** N. */
  readonly extent: number;
  /**
   * `opened`: the extent is gone from the graph, which takes any number of points. `repeated`: the graph computes N
   * copies of the point, and the first counts; tensors inside still hold all N. `coupled`: the points influence one
   * another, or the first axis does not count points: the model is unchanged, and its code is the whole batch.
   */
  readonly way: "opened" | "repeated" | "coupled";
}

export interface Unbatched {
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

/** Tensors by their names. */
type Feeds = ReadonlyMap<string, RuntimeTensor>;

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
  const trial = new Trial(runtime, memoryBudget);
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

async function separated(model: Model, batched: Batched, trial: Trial): Promise<Unbatched> {
  const { extent, inputs } = batched;
  const isBatched = (name: string): boolean => inputs.some((input) => input.name === name);
  // Draws differ from point to point, and say nothing of the network.
  const quiet = withoutNoise(model);
  const feeds = await trial.feeds(quiet, batched.outputs);
  const values = await trial.run(quiet, feeds, batched.outputs);
  const outputs = batched.outputs.filter((name) => entryOf(values, name).dims[0] === extent);
  if (outputs.length === 0) return { model };
  let isOpened = true;
  for (const factors of DISTANCES) {
    const placed = mapped(feeds, isBatched, (tensor) => scalePoints(tensor, factors));
    const runWith = (change: (tensor: RuntimeTensor) => RuntimeTensor): Promise<Feeds> =>
      trial.run(quiet, mapped(placed, isBatched, change), outputs);
    const there = await runWith((tensor) => tensor);
    if (!(await treatsPointsAlike(outputs, there, runWith)))
      return { model, batch: { extent, way: "coupled" } };
    if (!isOpened) continue;
    const last = mapped(placed, isBatched, (tensor) => pointOf(tensor, extent - 1));
    const single = await trial.run(openBatch(quiet, extent, inputs), last, outputs).catch(unlessDangerous);
    isOpened = outputs.every((name) =>
      isSame(single?.get(name), pointOf(entryOf(there, name), extent - 1), AGREEING),
    );
  }
  return isOpened
    ? { model: openBatch(model, extent, inputs), batch: { extent, way: "opened" } }
    : { model: repeatCode(model, extent, inputs, outputs), batch: { extent, way: "repeated" } };
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

/** What the engine says of a changed graph only shows whether the change is possible. */
function unlessDangerous(error: unknown): undefined {
  if (!(error instanceof VielbeinError && error.code === "BACKEND_FAILED")) throw error;
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

/** Runs of graphs that the engine may not have met before. */
class Trial {
  readonly #runtime: Runtime;
  readonly #limits: ReturnType<typeof trialLimits>;

  constructor(runtime: Runtime, memoryBudget: number | undefined) {
    this.#runtime = runtime;
    this.#limits = trialLimits(memoryBudget);
  }

  /** Points that all differ; integers are 0 and 1 in turns where the model takes that, else 0. */
  async feeds(model: Model, outputs: readonly string[]): Promise<Feeds> {
    const plain = new Map(
      requiredInputs(normalize(model).graph).map(
        (input) => [input.name, probeValue(input, this.#limits)] as const,
      ),
    );
    const alternating = new Map([...plain].map(([name, tensor]) => [name, alternate(tensor)] as const));
    const takes = await this.run(model, alternating, outputs).catch(unlessDangerous);
    return takes ? alternating : plain;
  }

  /** Every run has a session of its own, in which operators that draw at random start again. */
  async run(model: Model, feeds: Feeds, outputs: readonly string[]): Promise<Feeds> {
    const normal = normalize(model);
    const wanted = normal.graph.outputs.filter(({ name }) => outputs.includes(name));
    const inputs = normal.graph.inputs.map((input) => {
      const dims = feeds.get(input.name)?.dims;
      return dims ? { ...input, shape: dims } : input;
    });
    const graph = {
      ...normal.graph,
      inputs,
      outputs: wanted.map(({ name, dataType }) => ({ name, dataType })),
    };
    const session = await openSession(
      this.#runtime,
      { ...normal, graph },
      { optimize: false, trial: this.#limits },
    );
    try {
      const read = Object.fromEntries(session.inputNames.map((name) => [name, entryOf(feeds, name)]));
      return new Map(Object.entries(await session.run(read, outputs)));
    } finally {
      await session.dispose();
    }
  }
}

/** Integers that tell one place from the next. */
function alternate(tensor: RuntimeTensor): RuntimeTensor {
  if (!/^u?int/.test(tensor.type)) return tensor;
  const data = tensor.data.slice();
  for (let i = 1; i < data.length; i += 2)
    data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? 1n : 1;
  return { ...tensor, data };
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
export function batchRemark({ extent, way }: FixedBatch): string {
  const fixed = `a batch of ${extent} is fixed`;
  const apart = `whose points do not influence one another as far as was tried, at distances up to ${Math.max(...DISTANCES.flat())}`;
  switch (way) {
    case "opened":
      return `${fixed}, ${apart}: the model is taken as a map of one`;
    case "repeated":
      return `${fixed}, ${apart}: ${extent} copies of each code are computed and the first is kept, ${extent} times the work of a model exported with a batch of 1; tensors inside hold all copies`;
    case "coupled":
      return `the first axis, of ${extent}, is taken as a part of the code: its entries influence one another, as in a sequence or in a batch that is normalised by its own statistics, or are treated differently. If points are meant, export the model in evaluation mode and with a batch of 1`;
  }
}
