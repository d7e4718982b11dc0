// Values of a map: of points one by one, or of many together where the network lets them.

import type { CallOptions, FloatArray, Space } from "@vielbein/core";
import type { Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import type { Model } from "../model/model.ts";
import type { PrepareOptions } from "../prepare/options.ts";
import { BatchSession } from "./batch.ts";
import type { DerivedGraphs } from "./derived-graphs.ts";
import { arenaWithin } from "./engine-memory.ts";
import { type Cause, type MapNumbers, vectorBehind } from "./numbers.ts";

/** From how many points on a batch is tried: fewer are not worth a session of its own. */
const WORTH_A_BATCH = 8;

/** Working memory of a batch: larger ones gain nothing more (tools/bench/batch). */
const BYTES_PER_BATCH = 2 ** 23;

/** Points on which a batch is compared with evaluation point by point. */
const COMPARED = 4;

/** What the sessions serve. */
interface Served<Values extends FloatArray> {
  /** The model that the graph was prepared from, by these options. */
  readonly model: Model;
  readonly graph: PreparedGraph;
  readonly runtime: Runtime;
  readonly options: PrepareOptions;
  /** The spaces of the map. */
  readonly from: Space;
  readonly to: Space;
  readonly numbers: MapNumbers<Values>;
  readonly derived: DerivedGraphs;
  readonly memoryBudget: number;
  readonly bytesPerTangent: number;
  /** Opens a session. */
  readonly open: (model: Model, options: SessionOptions) => Promise<Session>;
}

export class ValueSessions<Values extends FloatArray> {
  readonly #served: Served<Values>;
  #single: Session | undefined;
  /** Undefined until it is wanted, `none` when points must be taken one by one. */
  #batch: BatchSession | "none" | undefined;

  constructor(served: Served<Values>) {
    this.#served = served;
  }

  /**
   * Values at `count` points, `[count, from]` → `[count, to]`.
   *
   * @param bytesPerPoint What a point takes of the `room` that a batch has, in bytes.
   */
  async run(
    points: FloatArray,
    count: number,
    { room, bytesPerPoint }: { readonly room: number; readonly bytesPerPoint: number },
    options: CallOptions,
  ): Promise<Values> {
    const { from, to, numbers } = this.#served;
    const size = Math.floor(Math.min(BYTES_PER_BATCH, room) / bytesPerPoint);
    if (count >= WORTH_A_BATCH && size > 1) this.#batch ??= (await this.#openBatch(points)) ?? "none";
    const width = typeof this.#batch === "object" ? size : 1;
    return numbers.inChunks(count, to.dim, width, options, (first, rows) =>
      this.#values(points.subarray(first * from.dim, (first + rows) * from.dim), rows),
    );
  }

  async dispose(): Promise<void> {
    const sessions = [this.#single, this.#batch === "none" ? undefined : this.#batch];
    this.#single = this.#batch = undefined;
    for (const session of sessions) await session?.dispose();
  }

  /** Values at `width` points, which are one unless there is a session for batches. */
  async #values(points: FloatArray, width: number): Promise<Values> {
    const { graph, from, to, numbers, derived, memoryBudget, bytesPerTangent, open } = this.#served;
    const { input, output } = graph;
    const cause: Cause = (i) => derived.causeOfValue(vectorBehind(points, from.dim, i, to.dim));
    if (typeof this.#batch === "object") {
      return numbers.finite(await this.#batch.run(points, width), output, cause);
    }
    this.#single ??= await open(graph.model, { arena: arenaWithin(memoryBudget, bytesPerTangent) });
    const result = await this.#single.run({ [input]: numbers.feed(input, [], points) }, [output]);
    return numbers.finite(result[output], output, cause);
  }

  /**
   * A session for batches, tried at the first point and some around it that all differ. It then serves single points
   * too.
   */
  async #openBatch(near: FloatArray): Promise<BatchSession | undefined> {
    const { model, graph, runtime, options, from, to, numbers } = this.#served;
    const n = from.dim;
    const points = numbers.array(COMPARED * n);
    for (let i = 0; i < points.length; i++) {
      points[i] = near[i % n] + (i < n ? 0 : 0.1 * Math.sin(1 + 12.9898 * i));
    }
    // The points around may lie where the network fails: no reason to fail at those that were asked for.
    const values = await numbers
      .inChunks(COMPARED, to.dim, 1, {}, (first) =>
        this.#values(points.subarray(first * n, (first + 1) * n), 1),
      )
      .catch(() => undefined);
    if (!values) return undefined;
    const trial = { count: COMPARED, points, values };
    const batch = await BatchSession.open(model, graph, runtime, options, trial);
    if (!batch) return undefined;
    await this.#single?.dispose();
    this.#single = undefined;
    return batch;
  }
}
