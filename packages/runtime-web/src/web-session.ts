// A session, and where it sits: it moves from WebGPU to WebAssembly when WebGPU fails it.

import { VielbeinError } from "@vielbein/core";
import type {
  EngineFeeds,
  EngineSession,
  Feeds,
  KeptTensor,
  RuntimeTensor,
  Session,
} from "@vielbein/core/runtime";
import type { Engine } from "./engine.ts";
import { Queue } from "./queue.ts";
import { WebTensor } from "./web-tensor.ts";

/** A session inside an engine. */
export interface Seat {
  readonly engine: Engine;
  readonly session: EngineSession;
}

/** Tries again on WebAssembly what failed with `error`; throws `error` when that fails too. */
export type Recover = <T>(
  error: unknown,
  again: (seat: Seat) => Promise<T>,
) => Promise<{ readonly seat: Seat; readonly result: T }>;

export class WebSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputShapes: readonly (readonly (number | string)[])[];
  readonly #queue = new Queue();
  #seat: Seat | undefined;
  /** Holds the model, hence dropped once it cannot help any more. */
  #recover: Recover | undefined;

  constructor(seat: Seat, recover?: Recover) {
    this.#seat = seat;
    this.#recover = recover;
    this.inputNames = seat.session.inputNames;
    this.outputNames = seat.session.outputNames;
    this.outputShapes = seat.session.outputShapes;
  }

  run(feeds: Feeds, fetches: readonly string[] = this.outputNames): Promise<Record<string, RuntimeTensor>> {
    return this.#perform(async ({ engine, session }) =>
      engine.run(session.id, await feedsFor(engine, feeds), fetches),
    );
  }

  keep(feeds: Feeds, fetches: readonly string[]): Promise<Record<string, KeptTensor>> {
    return this.#perform(async ({ engine, session }) => {
      const kept = await engine.keep(session.id, await feedsFor(engine, feeds), fetches);
      const entries = Object.entries(kept).map(([name, handle]) => [name, new WebTensor(handle, engine)]);
      return Object.fromEntries(entries);
    });
  }

  dispose(): Promise<void> {
    return this.#queue.enter(async () => {
      const seat = this.#seat;
      this.#seat = this.#recover = undefined;
      await seat?.engine.release(seat.session.id);
    });
  }

  /** Runs a task on the seat, and on another one where that fails. */
  #perform<T>(task: (seat: Seat) => Promise<T>): Promise<T> {
    return this.#queue.enter(async () => {
      if (!this.#seat)
        throw new VielbeinError("BACKEND_FAILED", "The session was disposed; create a new map.");
      try {
        return await task(this.#seat);
      } catch (error) {
        if (!this.#recover) throw error;
        const { seat, result } = await this.#recover(error, task);
        const { engine, session } = this.#seat;
        void engine.release(session.id).catch(() => undefined);
        this.#seat = seat;
        this.#recover = undefined;
        return result;
      }
    });
  }
}

/** What another engine keeps is read there: it may be that of the provider that was left. */
async function feedsFor(engine: Engine, feeds: Feeds): Promise<EngineFeeds> {
  const entries = Object.entries(feeds).map(async ([name, tensor]) => {
    if ("data" in tensor) return [name, tensor] as const;
    if (!(tensor instanceof WebTensor)) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `"${name}" was given a kept tensor of another runtime. Read it there, or run its session on this one.`,
      );
    }
    return [name, tensor.engine === engine ? tensor.handle : await tensor.read()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
