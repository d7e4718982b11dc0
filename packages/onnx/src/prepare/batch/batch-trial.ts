// What is tried of a file with a fixed batch: runs of it, and what its graph shows.

import { VielbeinError } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import { probe } from "../../file/probe.ts";
import { probeValue } from "../../file/probe-value.ts";
import { openSession } from "../../file/source.ts";
import { trialLimits } from "../../file/trial.ts";
import { type Model, requiredInputs, type ValueInfo } from "../../model/model.ts";
import { entryOf } from "../../model/names.ts";
import { normalize } from "../normalize.ts";
import { keepsPointsApart } from "./batch-axis.ts";

/** Tensors by their names. */
export type Feeds = ReadonlyMap<string, RuntimeTensor>;

/** What the engine says of a changed graph only shows whether the change is possible. */
export function unlessDangerous(error: unknown): undefined {
  if (!(error instanceof VielbeinError && error.code === "BACKEND_FAILED")) throw error;
}

/** Runs of graphs that the engine may not have met before. */
export class BatchTrial {
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

  /** Whether the graph shows that points stay apart. */
  async readsOff(
    model: Model,
    feeds: Feeds,
    inputs: readonly ValueInfo[],
    outputs: readonly string[],
  ): Promise<boolean> {
    const normal = normalize(model);
    const measured = normal.graph.nodes.flatMap((node) => node.outputs).filter(Boolean);
    const found = await probe(normal, this.#runtime, { measured, inputs: feeds, trial: this.#limits }).catch(
      unlessDangerous,
    );
    if (!found) return false;
    const given = [...feeds].map(([name, { dims }]) => [name, dims] as const);
    const shapes = new Map([...found.shapes, ...given]);
    const names = inputs.map(({ name }) => name);
    return keepsPointsApart(normal.graph, shapes, names, outputs);
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
