// Products with J and its transpose as an iteration on JᵀJ or JJᵀ takes them.

import type { FloatArray } from "../map/float-array.ts";
import { powerOfTwo } from "../power-of-two.ts";
import type { JacobianAt } from "./jacobian-at.ts";

/** Whose vectors an iteration keeps: `inputs` on JᵀJ, `outputs` on JJᵀ. */
export type Side = "inputs" | "outputs";

/** The side with the shorter vectors. */
export function smallerSide(at: JacobianAt): Side {
  return at.inputs <= at.outputs ? "inputs" : "outputs";
}

/** Products in a unit that the first of them sets, in which squares neither vanish nor overflow. */
export class ScaledProducts {
  readonly side: Side;
  readonly #at: JacobianAt;
  #unit: number | undefined;

  constructor(at: JacobianAt, side: Side) {
    this.#at = at;
    this.side = side;
  }

  /** Length of the vectors of this side. */
  get dim(): number {
    return this.side === "inputs" ? this.#at.inputs : this.#at.outputs;
  }

  /** What the products are to be multiplied by. */
  get unit(): number {
    return this.#unit ?? 1;
  }

  /** From this side to the other: J·x of `inputs`, Jᵀ·x of `outputs`; of `count` vectors one after the other. */
  readonly forth = (x: FloatArray, count = 1): Promise<FloatArray> =>
    this.#multiply(this.side === "inputs" ? "push" : "pull", x, count);

  /** From the other side to this one. */
  readonly back = (y: FloatArray, count = 1): Promise<FloatArray> =>
    this.#multiply(this.side === "inputs" ? "pull" : "push", y, count);

  async #multiply(product: "push" | "pull", vectors: FloatArray, count: number): Promise<FloatArray> {
    const images = await this.#at[product](inSingle(vectors), count);
    this.#unit ??= powerOfTwo(images);
    const scale = this.#unit;
    // A copy: the map may use its array again.
    return images.map((x) => x / scale);
  }
}

function inSingle(x: FloatArray): Float32Array {
  return x instanceof Float32Array ? x : Float32Array.from(x);
}
