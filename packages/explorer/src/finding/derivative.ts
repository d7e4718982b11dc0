// The derivative of a map at the code that is looked at. Its leading directions come from products alone; the whole
// Jacobian, where it is worth it, is computed once and kept for all that is read off it.

import { type DifferentiableMap, type DirectionSet, displacementOf, JacobianAt } from "@vielbein/core";
import { MEMORY_BUDGET } from "../opening/survey.ts";
import { heldMap } from "./held-map.ts";

/** How many directions are found where the derivative prefers the leading ones to all. */
export const LEADING = 32;
/** The share of the memory that a Jacobian which is kept may take. */
const SHARE = 1 / 8;

/** What a computation is told, and what it tells. */
interface Call {
  readonly signal: AbortSignal;
  /** @param share of the columns that is done, from 0 to 1. */
  progress(share: number): void;
}

export class Derivative {
  readonly #map: DifferentiableMap;
  readonly #point: Float32Array;
  #held: DifferentiableMap | undefined;
  #computing: Promise<DifferentiableMap> | undefined;
  #reserved: Promise<void> = Promise.resolve();

  constructor(map: DifferentiableMap, point: Float32Array) {
    this.#map = map;
    this.#point = point;
  }

  /** Has others wait for the first directions, which they would slow down; what it returns ends that. */
  reserve(): () => void {
    let release = (): void => undefined;
    this.#reserved = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Resolves once nobody looks for first directions. */
  free(): Promise<void> {
    return this.#reserved;
  }

  isOf(map: DifferentiableMap, point: Float32Array): boolean {
    return map === this.#map && point.every((x, i) => x === this.#point[i]);
  }

  /** The derivative as products with the network. */
  at(signal: AbortSignal): JacobianAt {
    return JacobianAt.of(this.#map, this.#point, { signal, memoryBudget: MEMORY_BUDGET });
  }

  /** Whether the whole Jacobian is worth its columns. */
  isHeld(): boolean {
    const { from, to } = this.#map;
    const bytes = 4 * from.dim * to.dim;
    return !this.at(never).prefersLeading(LEADING) && bytes <= SHARE * MEMORY_BUDGET;
  }

  /** The map with the whole Jacobian here, which several may wait for at once. */
  async held(call: Call): Promise<DifferentiableMap> {
    while (!this.#held) {
      const isOurs = !this.#computing;
      this.#computing ??= this.#hold(call).finally(() => {
        this.#computing = undefined;
      });
      try {
        this.#held = await this.#computing;
      } catch (error) {
        // Whoever computed it may have given up; we have not.
        if (isOurs || call.signal.aborted) throw error;
      }
    }
    call.signal.throwIfAborted();
    return this.#held;
  }

  /** ‖J·v‖ along each direction. */
  async speeds(set: DirectionSet, call: Call): Promise<Float64Array> {
    await this.free();
    const count = set.vectors.cols;
    const { from, to } = this.#map;
    const tangents = new Float32Array(count * from.dim);
    for (let k = 0; k < count; k++) tangents.set(displacementOf(set, k), k * from.dim);
    const map = this.isHeld() ? await this.held(call) : this.#map;
    const pushed = await map.jvp(this.#point, tangents, count, { signal: call.signal });
    return Float64Array.from({ length: count }, (_, k) =>
      lengthOf(pushed.subarray(k * to.dim, (k + 1) * to.dim)),
    );
  }

  async #hold({ signal, progress }: Call): Promise<DifferentiableMap> {
    const { from, to } = this.#map;
    const at = this.at(signal);
    const isTall = 1.5 * to.dim >= from.dim;
    const [count, length] = isTall ? [from.dim, to.dim] : [to.dim, from.dim];
    const products = new Float32Array(count * length);
    for (let first = 0; first < count; first += at.vectorsPerRun) {
      const width = Math.min(at.vectorsPerRun, count - first);
      const units = new Float32Array(width * count);
      for (let j = 0; j < width; j++) units[j * count + first + j] = 1;
      products.set(isTall ? await at.push(units, width) : await at.pull(units, width), first * length);
      progress((first + width) / count);
    }
    return heldMap(this.#map, { columns: isTall ? products : transposed(products, count, length) });
  }
}

const never = new AbortController().signal;

function lengthOf(values: Float32Array): number {
  let squares = 0;
  for (const x of values) squares += x * x;
  return Math.sqrt(squares);
}

/** `[rows, cols]` to `[cols, rows]`. */
function transposed(values: Float32Array, rows: number, cols: number): Float32Array {
  return Float32Array.from(
    { length: values.length },
    (_, at) => values[(at % rows) * cols + Math.floor(at / rows)],
  );
}
