// Many points in one run: the part of the model between the two tensors with its batch axis open, as the exporter
// wrote it. Whether a network really treats the points of a batch one by one (some normalise over the batch, some
// have a batch of one written into a shape) cannot be read off the graph, so it is tried.

import type { FloatArray } from "@vielbein/core";
import type { Runtime, RuntimeTensor, Session } from "@vielbein/core/runtime";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { openSession } from "../file/source.ts";
import { drawsAtRandom } from "../model/graph.ts";
import { type Model, requiredInputs } from "../model/model.ts";
import { agree, repeatPoint } from "../model/points.ts";
import { floatFeed } from "../model/tensor.ts";
import { cut } from "../prepare/cut.ts";
import { normalize } from "../prepare/normalize.ts";
import { fixedInputs, type PrepareOptions } from "../prepare/options.ts";

/** Points on which a batch must agree with evaluation point by point, and how closely. */
export interface BatchTrial {
  readonly count: number;
  /** `[count, from.dim]`, all different. */
  readonly points: FloatArray;
  /** `[count, to.dim]`. */
  readonly values: FloatArray;
}

/** Largest ‖difference‖ / ‖value‖ at a point: above the rounding of deep networks, below any real influence. */
const AGREEMENT = { float32: 1e-4, float64: 1e-10 };

/** Values of the other inputs for a batch of n. */
type Others = (n: number) => ReadonlyMap<string, RuntimeTensor>;

/** A session for the map of a prepared graph that takes any number of points. */
export class BatchSession {
  readonly #session: Session;
  readonly #prepared: PreparedGraph;
  readonly #others: Others;

  private constructor(session: Session, prepared: PreparedGraph, others: Others) {
    this.#session = session;
    this.#prepared = prepared;
    this.#others = others;
  }

  /**
   * Opens the session; undefined when one of the two tensors has no batch axis or a fixed one, when the engine refuses
   * the graph, or when the trial comes out in another shape or with other values.
   *
   * @param original The model that `prepared` was made from.
   */
  static async open(
    original: Model,
    prepared: PreparedGraph,
    runtime: Runtime,
    options: PrepareOptions,
    trial: BatchTrial,
  ): Promise<BatchSession | undefined> {
    const { input, output } = prepared;
    if (![input, output].every((name) => hasBatchAxis(infoOf(prepared, name).shape))) return undefined;
    const model = cut(normalize(original, options.precision), input, output);
    const [variable, ...rest] = requiredInputs(model.graph);
    if (typeof variable?.shape?.[0] === "number") return undefined;
    // The prepared graph has one draw frozen; a session of its own would go on drawing.
    if (model.graph.nodes.some(drawsAtRandom)) return undefined;
    const values = fixedInputs(options);
    const fixed = rest.flatMap(({ name, shape }) => {
      const value = values.get(name);
      const isOpen = shape !== undefined && typeof shape[0] !== "number";
      return value ? [{ name, value, isOpen }] : [];
    });
    if (fixed.length < rest.length) return undefined;
    const others = (n: number): Map<string, RuntimeTensor> =>
      new Map(fixed.map(({ name, value, isOpen }) => [name, isOpen ? repeatPoint(value, n) : value]));

    const session = await openSession(runtime, model).catch(() => undefined);
    if (!session) return undefined;
    const batch = new BatchSession(session, prepared, others);
    const result = await batch.run(trial.points, trial.count).catch(() => undefined);
    if (result && batch.#agrees(result, trial, AGREEMENT[options.precision ?? "float32"])) return batch;
    await batch.dispose();
    return undefined;
  }

  /** Values at n points. */
  async run(points: FloatArray, n: number): Promise<RuntimeTensor> {
    const { input, output } = this.#prepared;
    const { shape, dataType } = infoOf(this.#prepared, input);
    const feed = floatFeed(dataType, [n, ...pointShape(shape)], points);
    const feeds = Object.fromEntries([...this.#others(n), [input, feed]]);
    return (await this.#session.run(feeds, [output]))[output];
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }

  #agrees(result: RuntimeTensor, { count, values }: BatchTrial, tolerance: number): boolean {
    const expected = [count, ...pointShape(infoOf(this.#prepared, this.#prepared.output).shape)];
    if (expected.length !== result.dims.length || expected.some((n, i) => n !== result.dims[i])) return false;
    const data = result.data as FloatArray;
    const dim = values.length / count;
    const rowOf = (rows: FloatArray, i: number): FloatArray => rows.subarray(i * dim, (i + 1) * dim);
    return Array.from({ length: count }, (_, i) => agree(rowOf(data, i), rowOf(values, i), tolerance)).every(
      Boolean,
    );
  }
}

function hasBatchAxis(shape: readonly number[]): boolean {
  return shape.length > 1 && shape[0] === 1;
}
