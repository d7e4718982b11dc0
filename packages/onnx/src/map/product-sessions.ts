// Products with the derivative of a map at any point; each run of the engine computes the value there too.

import { type CallOptions, type FloatArray, type Space, vectorsPerRun } from "@vielbein/core";
import type { Session, SessionOptions } from "@vielbein/core/runtime";
import type { Model } from "../model/model.ts";
import type { DerivedGraphs, ProductKind } from "./derived-graphs.ts";
import { arenaWithin, roomInArena } from "./engine-memory.ts";
import { type Cause, type MapNumbers, vectorBehind } from "./numbers.ts";

/** What the sessions serve. */
interface Served<Values extends FloatArray> {
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

/** Products, `[count, dim]`, and the value at the point. */
export interface Multiplied<Values> {
  readonly products: Values;
  /** Absent where there is no vector to multiply. */
  readonly value: Values | undefined;
}

export class ProductSessions<Values extends FloatArray> {
  readonly #served: Served<Values>;
  readonly #sessions: Map<ProductKind, Session> = new Map();

  constructor(served: Served<Values>) {
    this.#served = served;
  }

  async multiply(
    kind: ProductKind,
    point: FloatArray,
    vectors: FloatArray,
    count: number,
    options: CallOptions,
  ): Promise<Multiplied<Values>> {
    const { numbers, derived, memoryBudget, bytesPerTangent } = this.#served;
    const ends = [this.#served.from, this.#served.to] as const;
    const [from, to] = kind === "jvp" ? ends : ends.toReversed();
    const { derivative, vectors: fed, like, product } = derived.product(kind);
    const { input, output } = derivative;
    const size = vectorsPerRun(bytesPerTangent, roomInArena(memoryBudget));
    let value: Values | undefined;
    const products = await numbers.inChunks(count, to.dim, size, options, async (first, width) => {
      const session = await this.#session(kind, derivative.model);
      const chunk = vectors.subarray(first * from.dim, (first + width) * from.dim);
      const feeds = { [input]: numbers.feed(input, [], point), [fed]: numbers.feed(like, [width], chunk) };
      const result = await session.run(feeds, [output, product]);
      const cause: Cause = (i, name) =>
        derived.causeIn(kind, point, vectorBehind(chunk, from.dim, i, to.dim), name);
      // What overflows may have a product of zero, which is not its derivative.
      value = await numbers.finite(result[output], output, (_, name) => cause(0, name));
      return numbers.finite(result[product], product, cause);
    });
    return { products, value };
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await session.dispose();
  }

  async #session(kind: ProductKind, model: Model): Promise<Session> {
    const { memoryBudget, bytesPerTangent, open } = this.#served;
    const known = this.#sessions.get(kind);
    if (known) return known;
    const session = await open(model, { arena: arenaWithin(memoryBudget, bytesPerTangent) });
    this.#sessions.set(kind, session);
    return session;
  }
}
