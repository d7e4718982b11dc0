// A session, and where it sits: it moves from WebGPU to WebAssembly when WebGPU fails it.

import { type RuntimeTensor, type Session, VielbeinError } from "@vielbein/core";
import type { Engine, EngineSession, Tensors } from "./engine.ts";
import { Queue } from "./queue.ts";

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

  run(feeds: Tensors, fetches: readonly string[] = this.outputNames): Promise<Record<string, RuntimeTensor>> {
    return this.#queue.enter(async () => {
      if (!this.#seat)
        throw new VielbeinError("BACKEND_FAILED", "The session was disposed; create a new map.");
      const runOn = ({ engine, session }: Seat) => engine.run(session.id, feeds, fetches);
      try {
        return await runOn(this.#seat);
      } catch (error) {
        if (!this.#recover) throw error;
        const { seat, result } = await this.#recover(error, runOn);
        const { engine, session } = this.#seat;
        void engine.release(session.id).catch(() => undefined);
        this.#seat = seat;
        this.#recover = undefined;
        return result;
      }
    });
  }

  dispose(): Promise<void> {
    return this.#queue.enter(async () => {
      const seat = this.#seat;
      this.#seat = this.#recover = undefined;
      await seat?.engine.release(seat.session.id);
    });
  }
}
