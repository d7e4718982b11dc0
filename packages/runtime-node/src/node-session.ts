// A session of an engine that is somewhere else, and what its failures mean.

import { bytesText, VielbeinError } from "@vielbein/core";
import type {
  EngineFeeds,
  EngineSession,
  Feeds,
  Kept,
  KeptTensor,
  ModelSource,
  RuntimeTensor,
  Session,
  TensorType,
} from "@vielbein/core/runtime";
import type { Engine, EngineOptions, KeepingNodeEngine } from "./engine.ts";

/** Calls an engine when the calls before are done. */
export type InTurn<E extends Engine = Engine> = <T>(task: (engine: E) => Promise<T>) => Promise<T>;

/** Where a session lives. */
export interface Seat {
  readonly inTurn: InTurn;
  /** The same engine, where it keeps results. */
  readonly keeping?: InTurn<KeepingNodeEngine>;
  /** Bytes that the engine may take, where that is limited. */
  readonly limit?: number;
}

export class NodeSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputShapes: readonly (readonly (number | string)[])[];
  readonly keep?: Session["keep"];
  readonly #id: number;
  readonly #seat: Seat;
  #isDisposed = false;

  private constructor(session: EngineSession, seat: Seat) {
    this.#id = session.id;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.outputShapes = session.outputShapes;
    this.#seat = seat;
    if (seat.keeping) this.keep = this.#keep(seat.keeping);
  }

  /** @throws {VielbeinError} `BACKEND_FAILED` when the engine does not accept the graph; what the seat throws. */
  static async open(seat: Seat, model: ModelSource, options: EngineOptions): Promise<NodeSession> {
    const files = [...(model.files ?? [])];
    try {
      return new NodeSession(await seat.inTurn((engine) => engine.create(model.bytes, files, options)), seat);
    } catch (error) {
      throw failure("ONNX Runtime does not accept the graph", error, seat);
    }
  }

  run(feeds: Feeds, fetches: readonly string[] = this.outputNames): Promise<Record<string, RuntimeTensor>> {
    const task = (engine: Engine) => engine.run(this.#id, engineFeeds(feeds, this.#seat), fetches);
    return this.#attempt(() => this.#seat.inTurn(task));
  }

  #keep(keeping: InTurn<KeepingNodeEngine>): Session["keep"] {
    return async (feeds, fetches) => {
      const task = (engine: KeepingNodeEngine) =>
        engine.keep(this.#id, engineFeeds(feeds, this.#seat), fetches);
      const kept = await this.#attempt(() => keeping(task));
      return Object.fromEntries(
        Object.entries(kept).map(([name, tensor]) => [name, new NodeTensor(tensor, keeping)]),
      );
    };
  }

  async #attempt<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isDisposed)
      throw new VielbeinError("BACKEND_FAILED", "The session was disposed; create a new map.");
    try {
      return await run();
    } catch (error) {
      throw failure("ONNX Runtime failed while running the graph", error, this.#seat);
    }
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#seat.inTurn((engine) => engine.release(this.#id));
  }
}

/** A result that the engine of a runtime keeps. */
class NodeTensor implements KeptTensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly #keeping: InTurn<KeepingNodeEngine>;
  #handle: Kept | undefined;

  constructor(handle: Kept, keeping: InTurn<KeepingNodeEngine>) {
    this.type = handle.type;
    this.dims = handle.dims;
    this.#handle = handle;
    this.#keeping = keeping;
  }

  async read(): Promise<RuntimeTensor> {
    const { kept } = this.handleFor(this.#keeping);
    return this.#keeping((engine) => engine.read(kept));
  }

  async release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle) await this.#keeping((engine) => engine.drop(handle.kept));
  }

  /** @throws {VielbeinError} `INVALID_ARGUMENT` where it was released, or `keeping` is of another runtime. */
  handleFor(keeping: InTurn<KeepingNodeEngine> | undefined): Kept {
    if (this.#handle && keeping === this.#keeping) return this.#handle;
    const why = this.#handle ? "belongs to another runtime" : "was released";
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `The kept tensor ${why}. Run the session again that made it.`,
    );
  }
}

function engineFeeds(feeds: Feeds, { keeping }: Seat): EngineFeeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      if ("data" in tensor) return [name, tensor];
      if (tensor instanceof NodeTensor) return [name, tensor.handleFor(keeping)];
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `"${name}" was given a kept tensor of another runtime. Read it there, or run its session on this one.`,
      );
    }),
  );
}

function failure(what: string, cause: unknown, { limit }: Seat): Error {
  if (cause instanceof VielbeinError || (cause instanceof Error && cause.name === "AbortError")) return cause;
  const detail = oneLine(cause);
  if (!/failed to allocate|bad.?alloc/i.test(detail)) {
    return new VielbeinError("BACKEND_FAILED", `${what}: ${detail}`, { cause });
  }
  const [, operator, name] = /running (\S+) node\. Name:'(.*?)'/.exec(detail) ?? [];
  const [, size] = /requested buffer of size (\d+)/.exec(detail) ?? [];
  const who = operator === undefined ? "it" : `${operator} node "${name}"`;
  const wants = size === undefined ? "wants more memory" : `wants ${bytesText(Number(size))}, more`;
  const rest =
    limit === undefined
      ? "there is. Work on fewer vectors at a time (a smaller memory budget), or free memory."
      : `is left of the ${bytesText(limit)} that the first run may take. Raise the memory budget if the model is meant to be that large.`;
  return new VielbeinError("MEMORY_BUDGET", `${what}: ${who} ${wants} than ${rest}`, { cause });
}

export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim();
}
