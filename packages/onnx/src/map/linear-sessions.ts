// The engine's sessions of a linearised map: the primal, which is run once at a point, and the two linear maps, which
// are fed what it left behind.

import { VielbeinError } from "@vielbein/core";
import type { KeptTensor, Runtime, RuntimeTensor, Session, SessionOptions } from "@vielbein/core/runtime";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { type Linearization, linearizeWithin } from "../derive/linearize.ts";
import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { DataType, type Model, type ValueInfo } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";
import { ResidualStore, type Residuals, release } from "./residual-store.ts";

/** A result is there twice while it is handed over: more runs of the primal than this do not make up for that. */
const MOST_PARTS = 4;

/** Share of the memory budget for the residuals of points that may be asked for again. */
const EARLIER_POINTS = 1 / 4;
/** As many as the nodes of a geodesic. */
const MOST_POINTS = 64;

/**
 * Residuals that a session is given or yields: what engines take to open one with many inputs and outputs grows with the
 * square of their number.
 */
const MOST_RESIDUALS = 5000;

/** Opens a session for one of the graphs. */
type Open = (model: Model, options: SessionOptions) => Promise<Session>;

interface Product {
  readonly tensor: RuntimeTensor;
  readonly name: string;
}

/** How the memory budget is kept to. */
interface Plan {
  /** What the primal is asked for, by the run. */
  readonly parts: readonly (readonly string[])[];
  /** Points whose residuals are held. */
  readonly capacity: number;
  /** `false` where the memory of a product must go back after it, which costs up to 40 % of its time. */
  readonly arena: false | undefined;
}

export class LinearSessions {
  readonly #linearization: Linearization;
  readonly #open: Open;
  readonly #sessions: Map<"primal" | "jvp" | "vjp", Session> = new Map();
  readonly #plan: Plan;
  readonly #store: ResidualStore;

  private constructor(linearization: Linearization, plan: Plan, open: Open) {
    this.#linearization = linearization;
    this.#plan = plan;
    this.#open = open;
    this.#store = new ResidualStore(plan.capacity, (point) => this.#residualsAt(point));
  }

  /**
   * Linearises the graph, for the memory `budget` in bytes. Undefined where what the products need of one point exceeds
   * it, or is
   * very many tensors.
   *
   * @param open opens a session; each is opened when it is first wanted.
   */
  static async open(
    graph: PreparedGraph,
    runtime: Runtime,
    options: DerivativeOptions,
    { budget, bytesPerTangent }: { readonly budget: number; readonly bytesPerTangent: number },
    open: Open,
  ): Promise<LinearSessions | undefined> {
    const linearization = await linearizeWithin(graph, runtime, MOST_RESIDUALS, options);
    if (!linearization) return undefined;
    const sizes = residualSizes(linearization, graph);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const room = Math.max(bytes / MOST_PARTS, Math.min(bytes, budget - bytes));
    if (bytes + room > budget) return undefined;
    const capacity = Math.floor(Math.min(budget - room, EARLIER_POINTS * budget) / bytes);
    const isRoomy = bytes + room + 2 * bytesPerTangent <= budget;
    const plan: Plan = {
      parts: partsOf(sizes, room),
      capacity: Math.min(MOST_POINTS, capacity),
      arena: isRoomy ? undefined : false,
    };
    return new LinearSessions(linearization, plan, open);
  }

  /** The value at a point `[1, ...]`, whose residuals are held from now on. */
  async value(point: RuntimeTensor): Promise<RuntimeTensor> {
    const value = (await this.#store.at(point)).get(this.#linearization.output)!;
    return "data" in value ? value : value.read();
  }

  /** J·ẋ or Jᵀ·ȳ at a point for vectors `[k, 1, ...]`, and the name of the result. */
  async product(kind: "jvp" | "vjp", point: RuntimeTensor, vectors: RuntimeTensor): Promise<Product> {
    try {
      return await this.#multiply(kind, point, vectors);
    } catch (error) {
      if (!(error instanceof VielbeinError && error.code === "BACKEND_FAILED")) throw error;
      // What an engine that was lost had kept is gone: it is computed again by the one that took over.
      await this.#store.drop(point);
      return this.#multiply(kind, point, vectors);
    }
  }

  async dispose(): Promise<void> {
    await this.#store.dispose();
    for (const session of this.#sessions.values()) await session.dispose();
  }

  async #multiply(kind: "jvp" | "vjp", point: RuntimeTensor, vectors: RuntimeTensor): Promise<Product> {
    const { input, output, residuals: read } = this.#linearization[kind];
    const residuals = await this.#store.at(point);
    const feeds = Object.fromEntries(read.map((name) => [name, residuals.get(name)!]));
    const session = await this.#session(kind);
    const result = await session.run({ ...feeds, [input]: vectors }, [output]);
    return { tensor: result[output], name: output };
  }

  async #residualsAt(point: RuntimeTensor): Promise<Residuals> {
    const { input } = this.#linearization;
    const primal = await this.#session("primal");
    const residuals = new Map<string, RuntimeTensor | KeptTensor>([[input, point]]);
    try {
      for (const names of this.#plan.parts) {
        const feeds = { [input]: point };
        const part = await (primal.keep ? primal.keep(feeds, names) : primal.run(feeds, names));
        for (const name of names) residuals.set(name, part[name]);
      }
      return residuals;
    } catch (error) {
      await release(residuals);
      throw error;
    }
  }

  async #session(kind: "primal" | "jvp" | "vjp"): Promise<Session> {
    const known = this.#sessions.get(kind);
    if (known) return known;
    const { primal, [kind]: linear } = this.#linearization;
    const session = await this.#open("model" in linear ? linear.model : primal, {
      // The primal runs once a point.
      arena: kind === "primal" ? false : this.#plan.arena,
      keeps: kind === "primal",
    });
    this.#sessions.set(kind, session);
    return session;
  }
}

/** Bytes of what the primal is asked for, by name. */
function residualSizes(
  { input, output, jvp, vjp }: Linearization,
  graph: PreparedGraph,
): Map<string, number> {
  const infos = new Map<string, ValueInfo>([[output, { name: output, ...infoOf(graph, output) }]]);
  for (const { model, residuals } of [jvp, vjp]) {
    for (const info of model.graph.inputs) if (residuals.includes(info.name)) infos.set(info.name, info);
  }
  infos.delete(input);
  const sizes = [...infos].map(([name, { shape, dataType }]): [string, number] => [
    name,
    elementCount(shape as number[]) * (dataType === DataType.FLOAT ? 4 : 8),
  ]);
  return new Map(sizes);
}

/** The names in runs whose results take about `room` bytes at most. */
function partsOf(sizes: ReadonlyMap<string, number>, room: number): string[][] {
  const parts: string[][] = [[]];
  let taken = 0;
  for (const [name, size] of sizes) {
    if (taken > 0 && taken + size > room) {
      parts.push([]);
      taken = 0;
    }
    parts.at(-1)!.push(name);
    taken += size;
  }
  return parts;
}
