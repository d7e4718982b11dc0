// A result that an engine keeps.

import { VielbeinError } from "@vielbein/core";
import type { Kept, KeptTensor, RuntimeTensor, TensorType } from "@vielbein/core/runtime";
import type { Engine } from "./engine.ts";

export class WebTensor implements KeptTensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly engine: Engine;
  #handle: Kept | undefined;

  constructor(handle: Kept, engine: Engine) {
    this.type = handle.type;
    this.dims = handle.dims;
    this.engine = engine;
    this.#handle = handle;
  }

  /** @throws {VielbeinError} `INVALID_ARGUMENT` once it was released. */
  get handle(): Kept {
    if (this.#handle) return this.#handle;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "The kept tensor was released. Run the session again that made it.",
    );
  }

  async read(): Promise<RuntimeTensor> {
    return this.engine.read(this.handle.kept);
  }

  async release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle) await this.engine.drop(handle.kept);
  }
}
