// A map between two tensors of an ONNX model, evaluated and differentiated by an engine.

import {
  type CallOptions,
  DEFAULT_MEMORY_BUDGET,
  type DifferentiableMap,
  type Differential,
  type FloatArray,
  type Prior,
  requirePoints,
  type Space,
  VielbeinError,
  vectorsPerRun,
} from "@vielbein/core";
import {
  type Runtime,
  type RuntimeTensor,
  type Session,
  type SessionOptions,
  type TrialLimits,
  Turns,
} from "@vielbein/core/runtime";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { describeFault } from "../derive/fault.ts";
import { type JvpGraph, jvp } from "../derive/jvp.ts";
import { infoOf, pointShape } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { type VjpGraph, vjp } from "../derive/vjp.ts";
import { openSession } from "../file/source.ts";
import { requireFits, trialLimits } from "../file/trial.ts";
import type { Model } from "../model/model.ts";
import { elementCount, floatFeed } from "../model/tensor.ts";
import type { PrepareOptions } from "../prepare/options.ts";
import { prepare } from "../prepare/prepare.ts";
import { withoutDoubleKernel } from "../prepare/widen.ts";
import { BatchSession } from "./batch.ts";
import { arenaWithin, bytesPerTangent, roomInArena } from "./engine-memory.ts";
import { LinearSessions } from "./linear-sessions.ts";
import { type RedrawOptions, redrawWeights } from "./redraw.ts";

export interface OnnxMapOptions extends Omit<PrepareOptions, "parameters">, DerivativeOptions {
  /** Distribution of the points of `from`, passed on in its {@link Space}. */
  readonly prior?: Prior | undefined;
  /** Random weights in place of the model's: see {@link redrawWeights}. */
  readonly weights?: RedrawOptions | undefined;
  /** Whether only values are wanted: a map without a derivative is then refused only when one is asked for. */
  readonly valuesOnly?: boolean | undefined;
}

/** From how many points on a batch is tried: fewer are not worth a session of its own. */
const WORTH_A_BATCH = 8;

/** Working memory of a batch: larger ones gain nothing more (tools/bench/batch). */
const BYTES_PER_BATCH = 2 ** 23;

/** Points on which a batch is compared with evaluation point by point. */
const COMPARED = 4;

/**
 * A map from one tensor of an ONNX model to another, with its derivatives. Calls take turns, so they may overlap.
 * Between two runs of the engine they check `signal`.
 *
 * @typeParam Values Float64Array for a map of precision `float64`, else Float32Array.
 */
export class OnnxMap<Values extends FloatArray = Float32Array> implements DifferentiableMap<Values> {
  readonly from: Space;
  readonly to: Space;
  readonly bytesPerTangent: number;
  readonly #model: Model;
  readonly #graph: PreparedGraph;
  readonly #options: OnnxMapOptions;
  readonly #memoryBudget: number;
  readonly #runtime: Runtime;
  readonly #turns: Turns = new Turns();
  #forward: JvpGraph | undefined;
  #reverse: VjpGraph | undefined;
  #primalSession: Session | undefined;
  #jvpSession: Session | undefined;
  #vjpSession: Session | undefined;
  /** Undefined until they are wanted, `none` when they exceed the memory budget. */
  #linearSessions: LinearSessions | "none" | undefined;
  /** Undefined until it is wanted, `none` when points must be taken one by one. */
  #batch: BatchSession | "none" | undefined;
  /** The value that the last derivative run yielded beside its tangents. */
  #lastValue: { readonly point: FloatArray; readonly value: Values } | undefined;
  #isDisposed = false;

  private constructor(model: Model, graph: PreparedGraph, runtime: Runtime, options: OnnxMapOptions) {
    const { prior } = options;
    this.#model = model;
    this.#graph = graph;
    this.#options = { portable: runtime.portable ?? false, ...options };
    if (!options.valuesOnly) this.#forward = jvp(graph, this.#options);
    this.#memoryBudget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
    this.#runtime = runtime;
    this.from = { ...space(graph, graph.input), prior };
    this.to = space(graph, graph.output);
    this.bytesPerTangent = bytesPerTangent(graph);
  }

  /**
   * Prepares and differentiates the map `from` → `to` of a model whose external data is resolved.
   *
   * @throws {VielbeinError} see {@link prepare} and {@link jvp}.
   */
  static create(
    model: Model,
    runtime: Runtime,
    options: OnnxMapOptions & { readonly precision: "float64" },
  ): Promise<OnnxMap<Float64Array>>;
  static create(
    model: Model,
    runtime: Runtime,
    options?: OnnxMapOptions & { readonly precision?: "float32" | undefined },
  ): Promise<OnnxMap>;
  static create(model: Model, runtime: Runtime, options?: OnnxMapOptions): Promise<OnnxMap<FloatArray>>;
  static async create(
    model: Model,
    runtime: Runtime,
    options: OnnxMapOptions = {},
  ): Promise<OnnxMap<FloatArray>> {
    const chosen = options.weights ? redrawWeights(model, options.weights) : model;
    const graph = await prepare(chosen, runtime, options);
    requireRoomForTangent(graph, trialLimits(options.memoryBudget));
    return new OnnxMap<FloatArray>(chosen, graph, runtime, options);
  }

  /**
   * Values f(x): `[count, from.dim]` → `[count, to.dim]`. Many points go through the network together where its batch
   * axis is open and they do not influence each other, which is first verified on a few; elsewhere they go one by one.
   * The value at the point of the last `jvp` is already known and costs nothing, not even a session for the primal.
   */
  async evaluate(points: FloatArray, count: number, options: CallOptions = {}): Promise<Values> {
    requirePoints("evaluate: points", points, count, this.from);
    return this.#inTurn(async () => {
      const known = this.#lastValue;
      if (count === 1 && known?.point.every((x, i) => x === points[i])) return known.value.slice() as Values;
      const size = Math.floor(
        Math.min(BYTES_PER_BATCH, roomInArena(this.#memoryBudget)) / this.bytesPerTangent,
      );
      if (count >= WORTH_A_BATCH && size > 1) this.#batch ??= (await this.#openBatch(points)) ?? "none";
      const width = typeof this.#batch === "object" ? size : 1;
      return this.#inChunks(count, this.to.dim, width, options, (first, rows) =>
        this.#values(points.subarray(first * this.from.dim, (first + rows) * this.from.dim), rows),
      );
    });
  }

  /** J(point)·t for `[count, from.dim]` tangents: `[count, to.dim]`. */
  async jvp(
    point: FloatArray,
    tangents: FloatArray,
    count: number,
    options: CallOptions = {},
  ): Promise<Values> {
    requirePoints("jvp: point", point, 1, this.from);
    requirePoints("jvp: tangents", tangents, count, this.from);
    return this.#inTurn(() =>
      this.#inChunks(count, this.to.dim, this.#tangentsPerRun(), options, async (first, width) => {
        const forward = this.#differentiated();
        this.#jvpSession ??= await this.#openProduct(forward.model);
        const { input, inputTangent, output, outputTangent } = forward;
        const chunk = tangents.subarray(first * this.from.dim, (first + width) * this.from.dim);
        const result = await this.#jvpSession.run(
          { [input]: this.#tensor(input, [], point), [inputTangent]: this.#tensor(input, [width], chunk) },
          [output, outputTangent],
        );
        const cause = (i: number, name: string): Promise<string> =>
          this.#causeIn("jvp", point, row(chunk, this.from.dim, i, this.to.dim), name);
        this.#lastValue = { point: point.slice(), value: await this.#finite(result[output], output, cause) };
        return this.#finite(result[outputTangent], outputTangent, cause);
      }),
    );
  }

  /** J(point)ᵀ·u for `[count, to.dim]` cotangents: `[count, from.dim]`. */
  async vjp(
    point: FloatArray,
    cotangents: FloatArray,
    count: number,
    options: CallOptions = {},
  ): Promise<Values> {
    requirePoints("vjp: point", point, 1, this.from);
    requirePoints("vjp: cotangents", cotangents, count, this.to);
    return this.#inTurn(() =>
      this.#inChunks(count, this.from.dim, this.#tangentsPerRun(), options, async (first, width) => {
        this.#reverse ??= vjp(this.#graph, this.#options);
        this.#vjpSession ??= await this.#openProduct(this.#reverse.model);
        const { input, output, outputCotangent, inputCotangent } = this.#reverse;
        const chunk = cotangents.subarray(first * this.to.dim, (first + width) * this.to.dim);
        const result = await this.#vjpSession.run(
          {
            [input]: this.#tensor(input, [], point),
            [outputCotangent]: this.#tensor(output, [width], chunk),
          },
          [output, inputCotangent],
        );
        const cause = (i: number, name: string): Promise<string> =>
          this.#causeIn("vjp", point, row(chunk, this.to.dim, i, this.from.dim), name);
        // What overflows may have a product of zero, which is not its derivative.
        await this.#finite(result[output], output, (_i, name) => cause(0, name));
        return this.#finite(result[inputCotangent], inputCotangent, cause);
      }),
    );
  }

  /**
   * The derivative at `point`, for many products there. The network itself runs once, and what the products need from
   * that run is kept in memory; if that exceeds the budget, every product runs the network again.
   *
   * @throws {VielbeinError} `NUMERICAL_FAILURE` where the value is not finite.
   */
  async linearize(point: FloatArray): Promise<Differential<Values>> {
    requirePoints("linearize: point", point, 1, this.from);
    const at = this.#tensor(this.#graph.input, [], point.slice());
    const sessions = await this.#inTurn(async () => {
      this.#linearSessions ??= (await this.#linearize()) ?? "none";
      if (this.#linearSessions === "none") return undefined;
      const result = await this.#linearSessions.value(at);
      const value = await this.#finite(result, this.#graph.output, () => this.#causeOfValue(point));
      this.#lastValue = { point: point.slice(), value };
      return this.#linearSessions;
    });
    if (!sessions) {
      return {
        jvp: (tangents, count, options) => this.jvp(point, tangents, count, options),
        vjp: (cotangents, count, options) => this.vjp(point, cotangents, count, options),
      };
    }
    const product =
      (kind: "jvp" | "vjp", name: string, from: Space, to: Space) =>
      async (vectors: FloatArray, count: number, options: CallOptions = {}): Promise<Values> => {
        requirePoints(`${kind}: vectors`, vectors, count, from);
        return this.#inTurn(() =>
          this.#inChunks(
            count,
            to.dim,
            this.#tangentsPerRun(sessions.heldBytes),
            options,
            async (first, width) => {
              const chunk = vectors.subarray(first * from.dim, (first + width) * from.dim);
              const feed = this.#tensor(name, [width], chunk);
              const { tensor, name: output } = await sessions.product(kind, at, feed);
              return this.#finite(tensor, output, (i) =>
                this.#causeIn(kind, point, row(chunk, from.dim, i, to.dim)),
              );
            },
          ),
        );
      };
    return {
      jvp: product("jvp", this.#graph.input, this.from, this.to),
      vjp: product("vjp", this.#graph.output, this.to, this.from),
      isLinearized: true,
    };
  }

  /**
   * Call this before other maps of the engine have their turn: frees what is kept about points where that is a large
   * part of the memory budget. It is computed again when it is needed again.
   */
  rest(): Promise<void> {
    return this.#inTurn(async () => {
      if (typeof this.#linearSessions === "object") await this.#linearSessions.rest();
    });
  }

  /** Releases the sessions once what is under way is done. Safe to call twice; other calls are refused afterwards. */
  async dispose(): Promise<void> {
    await this.#turns.take(async () => {
      this.#isDisposed = true;
      const sessions = [
        ...[this.#primalSession, this.#jvpSession, this.#vjpSession],
        ...[this.#linearSessions, this.#batch].filter((one) => one !== "none"),
      ];
      this.#primalSession = this.#jvpSession = this.#vjpSession = this.#batch = undefined;
      this.#linearSessions = undefined;
      for (const session of sessions) await session?.dispose();
    });
  }

  /** Vectors that go through the engine in one run, beside `held` bytes. */
  #tangentsPerRun(held = 0): number {
    return vectorsPerRun(this.bytesPerTangent, roomInArena(this.#memoryBudget - held));
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (this.#isDisposed) {
        throw new VielbeinError("BACKEND_FAILED", "The map was disposed of; create a new one.");
      }
      return task();
    });
  }

  /** `count` rows of `dim` numbers, made by `run` in chunks of at most `size` rows. */
  async #inChunks(
    count: number,
    dim: number,
    size: number,
    { signal }: CallOptions,
    run: (first: number, width: number) => Promise<Values>,
  ): Promise<Values> {
    signal?.throwIfAborted();
    if (count > 0 && count <= size) return run(0, count);
    const rows = this.#array(count * dim);
    for (let first = 0; first < count; first += size) {
      signal?.throwIfAborted();
      rows.set(await run(first, Math.min(size, count - first)), first * dim);
    }
    return rows;
  }

  /** Values at `width` points, which are one unless there is a session for batches. */
  async #values(points: FloatArray, width: number): Promise<Values> {
    const { input, output } = this.#graph;
    const cause = (i: number): Promise<string> =>
      this.#causeOfValue(row(points, this.from.dim, i, this.to.dim));
    if (typeof this.#batch === "object") {
      return this.#finite(await this.#batch.run(points, width), output, cause);
    }
    this.#primalSession ??= await this.#open(this.#graph.model);
    const result = await this.#primalSession.run({ [input]: this.#tensor(input, [], points) }, [output]);
    return this.#finite(result[output], output, cause);
  }

  /**
   * A session for batches, tried at the first point and some around it that all differ. It then serves single points
   * too.
   */
  async #openBatch(near: FloatArray): Promise<BatchSession | undefined> {
    const n = this.from.dim;
    const points = this.#array(COMPARED * n);
    for (let i = 0; i < points.length; i++) {
      points[i] = near[i % n] + (i < n ? 0 : 0.1 * Math.sin(1 + 12.9898 * i));
    }
    // The points around may lie where the network fails: no reason to fail at those that were asked for.
    const values = await this.#inChunks(COMPARED, this.to.dim, 1, {}, (first) =>
      this.#values(points.subarray(first * n, (first + 1) * n), 1),
    ).catch(() => undefined);
    if (!values) return undefined;
    const trial = { count: COMPARED, points, values };
    const batch = await BatchSession.open(this.#model, this.#graph, this.#runtime, this.#options, trial);
    if (!batch) return undefined;
    await this.#primalSession?.dispose();
    this.#primalSession = undefined;
    return batch;
  }

  #linearize(): Promise<LinearSessions | undefined> {
    return LinearSessions.open(
      this.#graph,
      this.#runtime,
      this.#options,
      { budget: this.#memoryBudget, bytesPerTangent: this.bytesPerTangent },
      (model, options) => this.#open(model, options),
    );
  }

  #openProduct(model: Model): Promise<Session> {
    return this.#open(model, { arena: arenaWithin(this.#memoryBudget, this.bytesPerTangent) });
  }

  async #open(model: Model, options: SessionOptions = {}): Promise<Session> {
    return openSession(this.#runtime, model, options).catch((error: unknown) => {
      throw this.#options.precision === "float64" ? withoutDoubleKernel(error, this.#runtime) : error;
    });
  }

  #array(length: number): Values {
    return (
      this.#options.precision === "float64" ? new Float64Array(length) : new Float32Array(length)
    ) as Values;
  }

  /** `values` as a tensor of the primal tensor's type and shape, behind leading axes `lead`. */
  #tensor(name: string, lead: readonly number[], values: FloatArray): RuntimeTensor {
    const { dataType, shape } = infoOf(this.#graph, name);
    return floatFeed(dataType, [...lead, ...shape], values);
  }

  /**
   * The elements of a result in the map's precision; `cause` says what makes element i not finite.
   *
   * @throws {VielbeinError} `NUMERICAL_FAILURE`.
   */
  async #finite(
    tensor: RuntimeTensor,
    name: string,
    cause: (i: number, name: string) => Promise<string>,
  ): Promise<Values> {
    const data = tensor.data as FloatArray;
    let values = data as Values;
    if (data.constructor !== this.#array(0).constructor) {
      values = this.#array(data.length);
      values.set(data);
    }
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      throw new VielbeinError(
        "NUMERICAL_FAILURE",
        `"${name}" came out as ${values[i]} at element ${i}: ${await cause(i, name)} at this point. Try another point, or a tensor before the fault.`,
      );
    }
    return values;
  }

  #differentiated(): JvpGraph {
    this.#forward ??= jvp(this.#graph, this.#options);
    return this.#forward;
  }

  /** What makes the value at `point` not finite. */
  #causeOfValue(point: FloatArray): Promise<string> {
    const { input, output } = this.#graph;
    const feeds = new Map([[input, this.#tensor(input, [], point)]]);
    return describeFault(this.#graph, this.#runtime, feeds, output);
  }

  /** What makes a product with the derivative at `point` not finite, by default the product itself. */
  #causeIn(kind: "jvp" | "vjp", point: FloatArray, vector: FloatArray, name?: string): Promise<string> {
    if (kind === "vjp") this.#reverse ??= vjp(this.#graph, this.#options);
    const { input, output } = this.#graph;
    const forward = this.#differentiated();
    const [derivative, vectors, like, product] =
      kind === "jvp"
        ? [forward, forward.inputTangent, input, forward.outputTangent]
        : [this.#reverse!, this.#reverse!.outputCotangent, output, this.#reverse!.inputCotangent];
    const feeds = new Map([
      [input, this.#tensor(input, [], point)],
      [vectors, this.#tensor(like, [1], vector)],
    ]);
    return describeFault(derivative, this.#runtime, feeds, name ?? product);
  }
}

/** The vector of `size` numbers that the element `i` of results of `width` numbers each belongs to. */
function row(vectors: FloatArray, size: number, i: number, width: number): FloatArray {
  const first = Math.floor(i / width) * size;
  return vectors.subarray(first, first + size);
}

function space(graph: PreparedGraph, name: string): Space {
  const shape = pointShape(infoOf(graph, name).shape);
  return { name, dim: elementCount(shape), shape };
}

/** An operator's operand and result and the tangents of both are there at the same time, whatever else is. */
function requireRoomForTangent(graph: PreparedGraph, trial: TrialLimits): void {
  for (const [name, { shape, dataType }] of graph.info) {
    if (!graph.constants.has(name))
      requireFits(`What the derivative needs at "${name}"`, [4, ...shape], dataType, trial);
  }
}
