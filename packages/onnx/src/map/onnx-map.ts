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
import { type Runtime, type Session, type SessionOptions, Turns } from "@vielbein/core/runtime";
import type { DerivativeOptions } from "../derive/emitter.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { openSession } from "../file/source.ts";
import { trialLimits } from "../file/trial.ts";
import type { Model } from "../model/model.ts";
import type { PrepareOptions } from "../prepare/options.ts";
import { prepare } from "../prepare/prepare.ts";
import { withoutDoubleKernel } from "../prepare/widen.ts";
import { compareEngines } from "./compare-engines.ts";
import { DerivedGraphs, type ProductKind } from "./derived-graphs.ts";
import { bytesPerTangent, requireRoomForTangent, roomInArena } from "./engine-memory.ts";
import { LinearSessions } from "./linear-sessions.ts";
import { MapNumbers, vectorBehind } from "./numbers.ts";
import { ProductSessions } from "./product-sessions.ts";
import { type RedrawOptions, redrawWeights } from "./redraw.ts";
import { SecondSessions } from "./second-sessions.ts";
import { spaceOf } from "./space.ts";
import { ValueSessions } from "./value-sessions.ts";

/** The ends of a map, the values of further inputs, and what stands in for weights. */
export interface OnnxMapOptions extends Omit<PrepareOptions, "parameters">, DerivativeOptions {
  /** Distribution of the points of `from`, passed on in its {@link Space}. */
  readonly prior?: Prior | undefined;
  /** The graph of this map, where it was prepared before, with the same options. Default: it is prepared now. */
  readonly prepared?: PreparedGraph | undefined;
  /** Random weights in place of the model's: see {@link redrawWeights}. */
  readonly weights?: RedrawOptions | undefined;
  /** Whether only values are wanted: a map without a derivative is then refused only when one is asked for. */
  readonly valuesOnly?: boolean | undefined;
}

/**
 * A map from one tensor of an ONNX model to another, with its derivatives. Calls take turns, so they may overlap.
 * Between two runs of the engine they check `signal`.
 *
 * @typeParam Values Float64Array for a map of precision `float64`, else Float32Array.
 */
export class OnnxMap<Values extends FloatArray = Float32Array> implements DifferentiableMap<Values> {
  /** The space of the codes, by default the model's input. */
  readonly from: Space;
  /** The space of the outputs, by default the model's output. */
  readonly to: Space;
  readonly bytesPerTangent: number;
  readonly #graph: PreparedGraph;
  readonly #options: OnnxMapOptions;
  readonly #memoryBudget: number;
  readonly #runtime: Runtime;
  readonly #turns: Turns = new Turns();
  readonly #numbers: MapNumbers<Values>;
  readonly #derived: DerivedGraphs;
  readonly #values: ValueSessions<Values>;
  readonly #products: ProductSessions<Values>;
  readonly #second: SecondSessions<Values>;
  /** Undefined until they are wanted, `none` when they exceed the memory budget. */
  #linearSessions: LinearSessions | "none" | undefined;
  /** The value that the last derivative run yielded beside its tangents. */
  #lastValue: { readonly point: FloatArray; readonly value: Values } | undefined;
  #isDisposed = false;

  private constructor(model: Model, graph: PreparedGraph, runtime: Runtime, options: OnnxMapOptions) {
    const { prior } = options;
    this.#graph = graph;
    this.#options = { portable: runtime.portable ?? false, ...options };
    this.#memoryBudget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
    this.#runtime = runtime;
    this.from = { ...spaceOf(graph, graph.input), prior };
    this.to = spaceOf(graph, graph.output);
    this.bytesPerTangent = bytesPerTangent(graph);
    this.#numbers = new MapNumbers<Values>(graph, options.precision);
    this.#derived = new DerivedGraphs(graph, runtime, this.#options, this.#numbers);
    // What cannot be derived is refused now.
    if (!options.valuesOnly) void this.#derived.forward;
    const served = {
      from: this.from,
      to: this.to,
      graph,
      numbers: this.#numbers,
      derived: this.#derived,
      open: (part: Model, chosen?: SessionOptions) => this.#open(part, chosen),
    };
    const room = { memoryBudget: this.#memoryBudget, bytesPerTangent: this.bytesPerTangent };
    this.#values = new ValueSessions({ ...served, ...room, model, runtime, options: this.#options });
    this.#products = new ProductSessions({ ...served, ...room });
    this.#second = new SecondSessions({ ...served, ...room, runtime, options: this.#options });
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
    const graph = options.prepared ?? (await prepare(chosen, runtime, options));
    requireRoomForTangent(graph, trialLimits(options.memoryBudget));
    await compareEngines(graph, runtime, options);
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
      const room = { room: roomInArena(this.#memoryBudget), bytesPerPoint: this.bytesPerTangent };
      return this.#values.run(points, count, room, options);
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
    return this.#inTurn(async () => {
      const { products, value } = await this.#products.multiply("jvp", point, tangents, count, options);
      if (value) this.#lastValue = { point: point.slice(), value };
      return products;
    });
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
    return this.#inTurn(
      async () => (await this.#products.multiply("vjp", point, cotangents, count, options)).products,
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
    const at = this.#numbers.feed(this.#graph.input, [], point.slice());
    const sessions = await this.#inTurn(async () => {
      this.#linearSessions ??= (await this.#linearize()) ?? "none";
      if (this.#linearSessions === "none") return undefined;
      const result = await this.#linearSessions.value(at);
      const value = await this.#numbers.finite(result, this.#graph.output, () =>
        this.#derived.causeOfValue(point),
      );
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
      (kind: ProductKind, name: string, from: Space, to: Space) =>
      async (vectors: FloatArray, count: number, options: CallOptions = {}): Promise<Values> => {
        requirePoints(`${kind}: vectors`, vectors, count, from);
        const room = roomInArena(this.#memoryBudget - sessions.heldBytes);
        const size = vectorsPerRun(this.bytesPerTangent, room);
        const multiply = async (first: number, width: number): Promise<Values> => {
          const chunk = vectors.subarray(first * from.dim, (first + width) * from.dim);
          const feed = this.#numbers.feed(name, [width], chunk);
          const { tensor, name: output } = await sessions.product(kind, at, feed);
          return this.#numbers.finite(tensor, output, (i) =>
            this.#derived.causeIn(kind, point, vectorBehind(chunk, from.dim, i, to.dim)),
          );
        };
        return this.#inTurn(() => this.#numbers.inChunks(count, to.dim, size, options, multiply));
      };
    return {
      jvp: product("jvp", this.#graph.input, this.from, this.to),
      vjp: product("vjp", this.#graph.output, this.to, this.from),
      isLinearized: true,
    };
  }

  /**
   * Second derivatives D²f(point)(u, t) of a direction u `[from.dim]` with tangents t `[count, from.dim]`: `[count,
   * to.dim]`. 0 where {@link isPiecewiseLinear}.
   *
   * @throws {VielbeinError} `NUMERICAL_FAILURE` where there is no second derivative (docs/kinks.md);
   *   `UNSUPPORTED_OPERATOR`.
   */
  async secondDerivative(
    point: FloatArray,
    direction: FloatArray,
    tangents: FloatArray,
    count: number,
    options: CallOptions = {},
  ): Promise<Values> {
    return this.#inTurn(async () => {
      // A run holds several times what one of first derivatives does.
      if (typeof this.#linearSessions === "object") await this.#linearSessions.rest();
      return this.#second.multiply(point, direction, tangents, count, options);
    });
  }

  /** Whether the second derivative vanishes wherever it exists, as for ReLU networks and linear maps. */
  isPiecewiseLinear(): Promise<boolean> {
    return this.#inTurn(() => this.#second.isZero());
  }

  /**
   * Call this before other maps, or pictures, have their turn: frees what is kept of a point, where that is a large part
   * of the memory budget, and all sessions with it, which would pin freed memory.
   */
  rest(): Promise<void> {
    return this.#inTurn(async () => {
      const linear = typeof this.#linearSessions === "object" ? this.#linearSessions : undefined;
      if (linear?.isLarge || this.#products.isLarge) await this.#release();
    });
  }

  /** Releases the sessions once what is under way is done. Safe to call twice; other calls are refused afterwards. */
  async dispose(): Promise<void> {
    await this.#turns.take(async () => {
      this.#isDisposed = true;
      await this.#release();
    });
  }

  async #release(): Promise<void> {
    if (typeof this.#linearSessions === "object") await this.#linearSessions.dispose();
    for (const sessions of [this.#values, this.#products, this.#second]) await sessions.dispose();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (this.#isDisposed) {
        throw new VielbeinError("BACKEND_FAILED", "The map was disposed of; create a new one.");
      }
      return task();
    });
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

  async #open(model: Model, options: SessionOptions = {}): Promise<Session> {
    return openSession(this.#runtime, model, options).catch((error: unknown) => {
      throw this.#options.precision === "float64" ? withoutDoubleKernel(error, this.#runtime) : error;
    });
  }
}
