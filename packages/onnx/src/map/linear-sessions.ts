// The engine's sessions of a linearised map: the primal, which is run once at a point, and the two linear maps, which
// are fed what it left behind.

import { VielbeinError } from "@vielbein/core";
import type { KeptTensor, Runtime, RuntimeTensor, Session, SessionOptions } from "@vielbein/core/runtime";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { type Linearization, linearizeWithin } from "../derive/linearize.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import type { Model } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { arenaWithin } from "./engine-memory.ts";
import { ResidualStore, type Residuals } from "./residual-store.ts";
import { bytesOf, runStages, type Stage, stagesOf } from "./stages.ts";

/**
 * A result is there twice while it is handed over: a stage of the primal yields this share of what remains of the
 * budget.
 */
const HANDED_OVER = 1 / 8;

/** Sessions that have the weights, those of the two products being the others. */
const SESSIONS = 3;

/** More stages than this, which are sessions of the engine, would gain little. */
const MOST_STAGES = 16;

/** Share of the memory budget for the residuals of points that may be asked for again. */
const EARLIER_POINTS = 1 / 4;
/** As many as the nodes of a geodesic. */
const MOST_POINTS = 64;

/**
 * Residuals that a session is given or yields: what engines take to open one with many inputs and outputs grows with
 * the square of their number.
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
  /** Of the primal. */
  readonly stages: readonly Stage[];
  /** Points whose residuals are held. */
  readonly capacity: number;
  /** Bytes of their residuals, of one point at least. */
  readonly heldBytes: number;
  /** See {@link arenaWithin}. */
  readonly arena: false | undefined;
  /** Whether the sessions of the primal stay for the next point: they have the weights once more. */
  readonly keepsStages: boolean;
}

export class LinearSessions {
  readonly #linearization: Linearization;
  readonly #open: Open;
  readonly #sessions: Map<"jvp" | "vjp" | Stage, Session> = new Map();
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
   * it, or is very many tensors.
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
    const { primal } = linearization;
    const bytes = primal.graph.outputs.reduce((sum, info) => sum + bytesOf(info), 0);
    const room = Math.max(bytes / MOST_STAGES, Math.min(bytes, HANDED_OVER * (budget - bytes)));
    if (bytes + room > budget) return undefined;
    const fitting = Math.floor(Math.min(budget - room, EARLIER_POINTS * budget) / bytes);
    const capacity = Math.min(MOST_POINTS, fitting);
    const heldBytes = Math.max(1, capacity) * bytes;
    const rest = budget - heldBytes - room;
    const plan: Plan = {
      stages: stagesOf(primal, graph, room),
      heldBytes,
      capacity,
      arena: arenaWithin(rest, bytesPerTangent),
      keepsStages: SESSIONS * weightBytes(primal) + 2 * bytesPerTangent <= rest,
    };
    return new LinearSessions(linearization, plan, open);
  }

  /** Bytes of what the engine keeps of points. */
  get heldBytes(): number {
    return this.#plan.heldBytes;
  }

  /** The value at a point `[1, ...]`, whose residuals are held from now on. */
  async value(point: RuntimeTensor): Promise<RuntimeTensor> {
    const value = entryOf(await this.#store.at(point), this.#linearization.output);
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

  /** Whether what is kept of a point is a large part of the budget, so that several would not fit. */
  get isLarge(): boolean {
    return this.#plan.capacity < 1;
  }

  /** Gives everything free where it is large. It comes again when it is wanted again. */
  async rest(): Promise<void> {
    if (this.isLarge) await this.dispose();
  }

  async dispose(): Promise<void> {
    await this.#store.dispose();
    await this.#close([...this.#sessions.keys()]);
  }

  async #multiply(kind: "jvp" | "vjp", point: RuntimeTensor, vectors: RuntimeTensor): Promise<Product> {
    const { input, output, residuals: read } = this.#linearization[kind];
    const residuals = await this.#store.at(point);
    const feeds = Object.fromEntries(read.map((name) => [name, entryOf(residuals, name)]));
    const session = await this.#session(kind);
    const result = await session.run({ ...feeds, [input]: vectors }, [output]);
    return { tensor: result[output], name: output };
  }

  async #residualsAt(point: RuntimeTensor): Promise<Residuals> {
    // Sessions that stay would keep what the point before took in pieces that the C library cannot give back.
    if (this.isLarge) await this.#close([...this.#sessions.keys()]);
    const tensors = new Map<string, RuntimeTensor | KeptTensor>([[this.#linearization.input, point]]);
    const close = this.#plan.keepsStages ? undefined : (stage: Stage) => this.#close([stage]);
    await runStages(this.#plan.stages, tensors, (stage) => this.#session(stage), close);
    return tensors;
  }

  async #session(part: "jvp" | "vjp" | Stage): Promise<Session> {
    const known = this.#sessions.get(part);
    if (known) return known;
    const isStage = typeof part === "object";
    const session = await this.#open(isStage ? part.model : this.#linearization[part].model, {
      // A stage runs once a point.
      arena: isStage ? false : this.#plan.arena,
      keeps: isStage,
    });
    this.#sessions.set(part, session);
    return session;
  }

  async #close(parts: readonly ("jvp" | "vjp" | Stage)[]): Promise<void> {
    for (const part of parts) {
      await this.#sessions.get(part)?.dispose();
      this.#sessions.delete(part);
    }
  }
}

function weightBytes({ graph }: Model): number {
  return graph.initializers.reduce((sum, { raw }) => sum + raw.byteLength, 0);
}
