// The graphs of a map's derivative, each derived when it is first wanted; and what makes a result not finite.

import type { FloatArray } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { describeFault } from "../derive/fault.ts";
import { type JvpGraph, jvp } from "../derive/jvp.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { type VjpGraph, vjp } from "../derive/vjp.ts";
import type { MapNumbers } from "./numbers.ts";

/** J·ẋ or Jᵀ·ȳ. */
export type ProductKind = "jvp" | "vjp";

/** A graph that computes a product, and where it takes the vectors and yields the products. */
interface ProductGraph {
  readonly derivative: JvpGraph | VjpGraph;
  readonly vectors: string;
  /** The tensor of the primal that the vectors are like. */
  readonly like: string;
  readonly product: string;
}

export class DerivedGraphs {
  readonly #graph: PreparedGraph;
  readonly #runtime: Runtime;
  readonly #options: DerivativeOptions;
  readonly #numbers: MapNumbers<FloatArray>;
  #forward: JvpGraph | undefined;
  #reverse: VjpGraph | undefined;

  constructor(
    graph: PreparedGraph,
    runtime: Runtime,
    options: DerivativeOptions,
    numbers: MapNumbers<FloatArray>,
  ) {
    this.#graph = graph;
    this.#runtime = runtime;
    this.#options = options;
    this.#numbers = numbers;
  }

  /** @throws {VielbeinError} see {@link jvp}. */
  get forward(): JvpGraph {
    this.#forward ??= jvp(this.#graph, this.#options);
    return this.#forward;
  }

  /** @throws {VielbeinError} see {@link vjp}. */
  get reverse(): VjpGraph {
    this.#reverse ??= vjp(this.#graph, this.#options);
    return this.#reverse;
  }

  /** What makes the value at `point` not finite. */
  causeOfValue(point: FloatArray): Promise<string> {
    const { input, output } = this.#graph;
    const feeds = new Map([[input, this.#numbers.feed(input, [], point)]]);
    return describeFault(this.#graph, this.#runtime, feeds, output);
  }

  /** What makes a product with the derivative at `point` not finite, by default the product itself. */
  causeIn(kind: ProductKind, point: FloatArray, vector: FloatArray, name?: string): Promise<string> {
    const { input } = this.#graph;
    const { derivative, vectors, like, product } = this.product(kind);
    const feeds = new Map([
      [input, this.#numbers.feed(input, [], point)],
      [vectors, this.#numbers.feed(like, [1], vector)],
    ]);
    return describeFault(derivative, this.#runtime, feeds, name ?? product);
  }

  product(kind: ProductKind): ProductGraph {
    const { input, output } = this.#graph;
    if (kind === "jvp") {
      const { inputTangent, outputTangent } = this.forward;
      return { derivative: this.forward, vectors: inputTangent, like: input, product: outputTangent };
    }
    const { outputCotangent, inputCotangent } = this.reverse;
    return { derivative: this.reverse, vectors: outputCotangent, like: output, product: inputCotangent };
  }
}
