// Products with the derivative of a map at any point; each run of the engine computes the value there too.

import { type CallOptions, type FloatArray, type Space, vectorsPerRun } from "@vielbein/core";
import type { RuntimeTensor, Session, SessionOptions } from "@vielbein/core/runtime";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import type { Model } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import type { DerivedGraphs, ProductKind } from "./derived-graphs.ts";
import { arenaWithin, bytesInArena, roomInArena } from "./engine-memory.ts";
import { type Cause, type MapNumbers, vectorBehind } from "./numbers.ts";
import { bytesHeld, reverseStages } from "./reverse-stages.ts";
import { StageSessions } from "./stage-sessions.ts";

/** A reverse product that would hold more than this share of the budget of the network runs in stages. */
const HELD = 1 / 2;
/** What a stage makes of the network, as a share of the budget. */
const PER_STAGE = 1 / 8;
/** More stages than this, which are sessions of the engine, would gain little. */
const MOST_STAGES = 16;

/** What the sessions serve. */
interface Served<Values extends FloatArray> {
  /** The spaces of the map. */
  readonly from: Space;
  readonly to: Space;
  readonly graph: PreparedGraph;
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

/** A session, and the most vectors that went through it in one run: their memory stays with it for the next. */
interface Used {
  readonly session: Session;
  readonly width: number;
}

export class ProductSessions<Values extends FloatArray> {
  readonly #served: Served<Values>;
  readonly #sessions: Map<ProductKind, Used> = new Map();
  /** Of reverse products; undefined until they are wanted, `whole` where one run does. */
  #stages: StageSessions | "whole" | undefined;

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
      const chunk = vectors.subarray(first * from.dim, (first + width) * from.dim);
      const feeds = new Map([
        [input, numbers.feed(input, [], point)],
        [fed, numbers.feed(like, [width], chunk)],
      ]);
      const stages = await this.#inStages(kind);
      const results = stages
        ? await stages.run(feeds, [output, product])
        : await this.#runWhole(kind, derivative.model, feeds, [output, product], width);
      const cause: Cause = (i, name) =>
        derived.causeIn(kind, point, vectorBehind(chunk, from.dim, i, to.dim), name);
      // What overflows may have a product of zero, which is not its derivative.
      value = await numbers.finite(entryOf(results, output), output, (_, name) => cause(0, name));
      return numbers.finite(entryOf(results, product), product, cause);
    });
    return { products, value };
  }

  /** Whether a reverse product holds so much of the network that it runs in stages. */
  get isLarge(): boolean {
    return this.#stages instanceof StageSessions;
  }

  async dispose(): Promise<void> {
    await this.#close([...this.#sessions.keys()]);
    if (this.#stages !== "whole") await this.#stages?.dispose();
  }

  /** Undefined for products that one run does. */
  async #inStages(kind: ProductKind): Promise<StageSessions | undefined> {
    if (kind === "jvp") return undefined;
    this.#stages ??= this.#stagesWithin(this.#served.memoryBudget);
    if (this.#stages === "whole") return undefined;
    await this.#close(["jvp"]);
    return this.#stages;
  }

  #stagesWithin(budget: number): StageSessions | "whole" {
    const { graph, derived, open } = this.#served;
    const held = bytesHeld(graph, derived.reverse);
    if (held <= HELD * budget) return "whole";
    const stages = reverseStages(graph, derived.reverse, Math.max(PER_STAGE * budget, held / MOST_STAGES));
    return new StageSessions(stages, ({ model }) => open(model, { arena: false, keeps: true }));
  }

  async #runWhole(
    kind: ProductKind,
    model: Model,
    feeds: ReadonlyMap<string, RuntimeTensor>,
    outputs: readonly string[],
    width: number,
  ): Promise<Map<string, RuntimeTensor>> {
    const session = await this.#session(kind, model, width);
    return new Map(Object.entries(await session.run(Object.fromEntries(feeds), outputs)));
  }

  async #session(kind: ProductKind, model: Model, width: number): Promise<Session> {
    const { memoryBudget, bytesPerTangent, open } = this.#served;
    const arena = arenaWithin(memoryBudget, bytesPerTangent);
    const known = this.#sessions.get(kind);
    const wanted = Math.max(width, known?.width ?? 0);
    const others = [...this.#sessions].filter(([other]) => other !== kind);
    const vectors = others.reduce((sum, [, used]) => sum + used.width, wanted);
    // What the other kind keeps for its next run would come on top of this one.
    if (arena !== false && bytesInArena(vectors * bytesPerTangent) > memoryBudget)
      await this.#close(others.map(([other]) => other));
    const session = known?.session ?? (await open(model, { arena }));
    this.#sessions.set(kind, { session, width: wanted });
    return session;
  }

  async #close(kinds: readonly ProductKind[]): Promise<void> {
    for (const kind of kinds) {
      const used = this.#sessions.get(kind);
      this.#sessions.delete(kind);
      await used?.session.dispose();
    }
  }
}
