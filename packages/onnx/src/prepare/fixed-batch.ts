// Files whose batch has a fixed extent N > 1, as exporters that trace one batch leave it behind. Where the points of a
// batch do not influence one another, such a file is a map of one point. Whether they do cannot be read off the graph,
// so it is tried: a point must come out the same whatever stands beside it.

import { type FloatArray, VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { probeValue } from "../file/probe.ts";
import { openSession } from "../file/source.ts";
import { trialLimits } from "../file/trial.ts";
import { isFloat } from "../model/element-types.ts";
import { isFixed, type Model, requiredInputs, type ValueInfo } from "../model/model.ts";
import { agree, pointOf, repeatPoint } from "../model/points.ts";
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

/** Largest ‖difference‖ / ‖value‖ that counts as equal: of the same graph, and of one that sums in another order. */
const SAME = 1e-6;
const AGREEING = 1e-4;

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
  const feeds = trial.feeds(model);
  // Beside the first point stand others, or its own copies.
  const values = await trial.run(model, feeds, batched.outputs);
  const outputs = batched.outputs.filter((name) => values.get(name)!.dims[0] === extent);
  if (outputs.length === 0) return { model };
  const alone = mapped(feeds, isBatched, (tensor) => repeatPoint(pointOf(tensor, 0), extent));
  const first = await trial.run(model, alone, outputs);
  if (!outputs.every((name) => isSame(pointOf(first.get(name)!, 0), pointOf(values.get(name)!, 0), SAME))) {
    return { model, batch: { extent, way: "coupled" } };
  }
  const opened = openBatch(model, extent, inputs);
  const last = mapped(feeds, isBatched, (tensor) => pointOf(tensor, extent - 1));
  const single = await trial.run(opened, last, outputs).catch(unlessDangerous);
  const isOpened = outputs.every((name) =>
    isSame(single?.get(name), pointOf(values.get(name)!, extent - 1), AGREEING),
  );
  if (isOpened) return { model: opened, batch: { extent, way: "opened" } };
  return { model: repeatCode(model, extent, inputs, outputs), batch: { extent, way: "repeated" } };
}

/** What the engine says of a changed graph only shows whether the change is possible. */
function unlessDangerous(error: unknown): undefined {
  if (!(error instanceof VielbeinError && error.code === "BACKEND_FAILED")) throw error;
}

/**
 * The first floating-point input decides on N. A vector of N numbers may hold one for each point, as labels do, or be
 * the same for all of them, so both have to be tried.
 */
function batchedPorts({ graph }: Model): Batched[] {
  const required = requiredInputs(graph);
  const code = required.find(({ dataType }) => isFloat(dataType))?.shape ?? [];
  const [extent] = code;
  if (code.length < 2 || !isFixed(extent) || extent < 2) return [];
  const outputs = graph.outputs
    .filter(({ dataType, shape }) => isFloat(dataType) && (!isFixed(shape?.[0]) || shape[0] === extent))
    .map(({ name }) => name);
  const inputs = required.filter(({ shape = [] }) => shape[0] === extent);
  const ofMoreAxes = inputs.filter(({ shape = [] }) => shape.length > 1);
  const choices = ofMoreAxes.length < inputs.length ? [inputs, ofMoreAxes] : [inputs];
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

  /** Points that all differ; other inputs hold harmless values. */
  feeds(model: Model): Feeds {
    return new Map(
      requiredInputs(normalize(model).graph).map(
        (input) => [input.name, probeValue(input, this.#limits)] as const,
      ),
    );
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
      const read = Object.fromEntries(session.inputNames.map((name) => [name, feeds.get(name)!]));
      return new Map(Object.entries(await session.run(read, outputs)));
    } finally {
      await session.dispose();
    }
  }
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
  const fixed = `the file fixes a batch of ${extent}`;
  switch (way) {
    case "opened":
      return `${fixed}, whose points do not influence one another: the model is taken as a map of one`;
    case "repeated":
      return `${fixed}, whose points do not influence one another: ${extent} copies of each code are computed and the first is kept, ${extent} times the work of a model exported with a batch of 1; tensors inside hold all copies`;
    case "coupled":
      return `the first axis, of ${extent}, is taken as a part of the code: what stands there influences one another, as in a batch that is normalised by its own statistics. If points are meant, export the model in evaluation mode and with a batch of 1`;
  }
}
