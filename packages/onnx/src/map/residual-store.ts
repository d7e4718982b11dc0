// What the linear maps read at the points that were used last, as many as fit the memory.

import type { KeptTensor, RuntimeTensor } from "@vielbein/core/runtime";

/** Values of the tensors that the linear maps read, by name, with the engine where it keeps them. */
export type Residuals = ReadonlyMap<string, RuntimeTensor | KeptTensor>;

/** Calls must not overlap. */
export class ResidualStore {
  readonly #capacity: number;
  readonly #compute: (point: RuntimeTensor) => Promise<Residuals>;
  /** By point, the one that was used last in the end. */
  readonly #held: Map<RuntimeTensor, Residuals> = new Map();

  /** @param capacity Points whose residuals are held; below 1 that is one. */
  constructor(capacity: number, compute: (point: RuntimeTensor) => Promise<Residuals>) {
    this.#capacity = Math.max(1, capacity);
    this.#compute = compute;
  }

  /** The residuals at a point, until others are asked for: computed where they are not held, or no longer. */
  async at(point: RuntimeTensor): Promise<Residuals> {
    let residuals = this.#held.get(point);
    this.#held.delete(point);
    if (!residuals) {
      while (this.#held.size >= this.#capacity) await this.drop(this.#held.keys().next().value!);
      residuals = await this.#compute(point);
    }
    this.#held.set(point, residuals);
    return residuals;
  }

  async drop(point: RuntimeTensor): Promise<void> {
    const residuals = this.#held.get(point);
    this.#held.delete(point);
    if (residuals) await release(residuals.values());
  }

  async dispose(): Promise<void> {
    for (const point of [...this.#held.keys()]) await this.drop(point);
  }
}

/** Gives the memory of what the engine keeps free. */
export async function release(tensors: Iterable<RuntimeTensor | KeptTensor>): Promise<void> {
  for (const tensor of tensors) if ("release" in tensor) await tensor.release();
}
