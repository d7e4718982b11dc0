// A session of an engine that is somewhere else, and what its failures mean.

import { bytesText, type ModelSource, type RuntimeTensor, type Session, VielbeinError } from "@vielbein/core";
import type { Engine, EngineOptions, EngineSession } from "./engine.ts";

/** Where a session lives. */
export interface Seat {
  /** Calls the engine when the calls before are done. */
  readonly inTurn: <T>(task: (engine: Engine) => Promise<T>) => Promise<T>;
  /** Bytes that the engine may take, where that is limited. */
  readonly limit?: number;
}

export class NodeSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputShapes: readonly (readonly (number | string)[])[];
  readonly #id: number;
  readonly #seat: Seat;
  #isDisposed = false;

  private constructor(session: EngineSession, seat: Seat) {
    this.#id = session.id;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.outputShapes = session.outputShapes;
    this.#seat = seat;
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

  async run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: readonly string[] = this.outputNames,
  ): Promise<Record<string, RuntimeTensor>> {
    if (this.#isDisposed)
      throw new VielbeinError("BACKEND_FAILED", "The session was disposed; create a new map.");
    try {
      return await this.#seat.inTurn((engine) => engine.run(this.#id, feeds, fetches));
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
