// Second derivatives of a map at any point: the graph, derived when it is first wanted, and its session.

import { type CallOptions, type FloatArray, requirePoints, type Space, vectorsPerRun } from "@vielbein/core";
import type { Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import { describeFault } from "../derive/fault.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { nodesFor } from "../model/graph.ts";
import type { Model } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import type { DerivedGraphs } from "./derived-graphs.ts";
import { arenaWithin, roomInArena } from "./engine-memory.ts";
import type { MapNumbers } from "./numbers.ts";
import { type SecondGraph, type SecondOptions, secondDerivative } from "./second-derivative.ts";
import { StageSessions } from "./stage-sessions.ts";
import { stagesOf } from "./stages.ts";

/** A run may hold all that it makes: a stage makes this share of the budget for one vector. */
const PER_STAGE = 1 / 8;

/** What the session serves. */
interface Served<Values extends FloatArray> {
  /** The spaces of the map. */
  readonly from: Space;
  readonly to: Space;
  readonly graph: PreparedGraph;
  readonly runtime: Runtime;
  readonly options: SecondOptions;
  readonly numbers: MapNumbers<Values>;
  readonly derived: DerivedGraphs;
  readonly memoryBudget: number;
  /** Opens a session. */
  readonly open: (model: Model, options: SessionOptions) => Promise<Session>;
}

export class SecondSessions<Values extends FloatArray> {
  readonly #served: Served<Values>;
  /** Undefined until it is wanted, `zero` where it vanishes wherever it exists. */
  #graph: SecondGraph | "zero" | undefined;
  #sessions: StageSessions | undefined;

  constructor(served: Served<Values>) {
    this.#served = served;
  }

  /** Whether second derivatives vanish wherever they exist. */
  async isZero(): Promise<boolean> {
    return (await this.#derive()) === "zero";
  }

  /** D²f(point)(direction, t) for tangents t `[count, from.dim]`: `[count, to.dim]`. */
  async multiply(
    point: FloatArray,
    direction: FloatArray,
    tangents: FloatArray,
    count: number,
    options: CallOptions,
  ): Promise<Values> {
    const { from, to, runtime, numbers, memoryBudget } = this.#served;
    requirePoints("secondDerivative: point", point, 1, from);
    requirePoints("secondDerivative: direction", direction, 1, from);
    requirePoints("secondDerivative: tangents", tangents, count, from);
    const second = await this.#derive();
    if (second === "zero") return numbers.array(count * to.dim);
    const { input, direction: along, inputTangent, product, bytesPerTangent } = second;
    const size = vectorsPerRun(bytesPerTangent, roomInArena(memoryBudget));
    return numbers.inChunks(count, to.dim, size, options, async (first, width) => {
      const chunk = tangents.subarray(first * from.dim, (first + width) * from.dim);
      const feeds = new Map([
        [input, numbers.feed(input, [], point)],
        [along, numbers.feed(input, [1], direction)],
        [inputTangent, numbers.feed(input, [width], chunk)],
      ]);
      this.#sessions ??= this.#inStages(second);
      const results = await this.#sessions.run(feeds, [product]);
      return numbers.finite(entryOf(results, product), product, () =>
        describeFault(second, runtime, feeds, product),
      );
    });
  }

  async dispose(): Promise<void> {
    await this.#sessions?.dispose();
  }

  async #derive(): Promise<SecondGraph | "zero"> {
    const { graph, runtime, options, derived } = this.#served;
    this.#graph ??= (await secondDerivative(graph, derived.forward, runtime, options)) ?? "zero";
    return this.#graph;
  }

  /** In stages: what the products need of the network is there for a part of it at a time. */
  #inStages({ model, first, product, bytesPerTangent }: SecondGraph): StageSessions {
    const { memoryBudget, open } = this.#served;
    const stages = stagesOf(withOutput(model, product), first, PER_STAGE * memoryBudget, "all");
    const arena = stages.length > 1 ? false : arenaWithin(memoryBudget, bytesPerTangent);
    return new StageSessions(stages, (stage) => open(stage.model, { arena, keeps: true }));
  }
}

/** The model with one of its outputs alone. */
function withOutput(model: Model, name: string): Model {
  const outputs = model.graph.outputs.filter((output) => output.name === name);
  return { ...model, graph: { ...model.graph, outputs, nodes: nodesFor(model.graph, [name]) } };
}
