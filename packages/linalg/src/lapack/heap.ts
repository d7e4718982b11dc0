// Blocks on the heap of the kernel, for the length of one call.

import { LapackError, LinalgError } from "../errors.ts";
import type { Kernel } from "./kernel.ts";

/** LAPACK's INFO where the workspace could not be allocated (kernel/api.h). */
const ERR_ALLOC = -1000;

/** Kernels that trapped, and whose state cannot be trusted any more. */
export const broken: WeakSet<Kernel> = /* @__PURE__ */ new WeakSet();

/** The blocks of one call: `release` gives all of them back. */
export class Scope {
  readonly #kernel: Kernel;
  readonly #blocks: number[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Byte offset of a block for `length` float64.
   *
   * @throws {LinalgError} `MEMORY_BUDGET`.
   */
  doubles(length: number): number {
    // Byte counts are unsigned 32-bit numbers, of which JavaScript would pass only the last 32 bits.
    const bytes = 8 * length;
    const block = bytes < 2 ** 32 ? this.#kernel.la_alloc(bytes) >>> 0 : 0;
    if (block === 0) throw outOfMemory(`a matrix of ${length} numbers`, this.#kernel);
    this.#blocks.push(block);
    return block;
  }

  /** Block for `length` int32. */
  integers(length: number): number {
    return this.doubles(Math.ceil(length / 2));
  }

  /** Block that begins with a copy of `values`. */
  copyOf(values: Float64Array, length: number = values.length): number {
    const block = this.doubles(length);
    this.view(block, values.length).set(values);
    return block;
  }

  /** The numbers at `block`. Good until the next allocation or the next call of a routine. */
  view(block: number, length: number): Float64Array {
    return new Float64Array(this.#kernel.memory.buffer, block, length);
  }

  /** A copy of the numbers at `block`. */
  read(block: number, length: number): Float64Array {
    return this.view(block, length).slice();
  }

  readIntegers(block: number, length: number): Int32Array {
    return new Int32Array(this.#kernel.memory.buffer, block, length).slice();
  }

  release(): void {
    for (const block of this.#blocks) this.#kernel.la_free(block);
    this.#blocks.length = 0;
  }
}

/** Runs `work` with a scope and frees its blocks; a kernel that trapped is given up. */
export function scoped<Result>(kernel: Kernel, work: (scope: Scope) => Result): Result {
  const scope = new Scope(kernel);
  try {
    const result = work(scope);
    scope.release();
    return result;
  } catch (error) {
    if (error instanceof LinalgError) scope.release();
    else broken.add(kernel);
    throw error;
  }
}

/** Throws unless `info` is 0 or, with `positiveAllowed`, positive. */
export function requireDone(
  kernel: Kernel,
  routine: string,
  shape: string,
  info: number,
  positiveAllowed = false,
): void {
  if (info === 0 || (info > 0 && positiveAllowed)) return;
  if (info === ERR_ALLOC) throw outOfMemory(`the workspace of ${routine}`, kernel);
  if (info > 0) {
    throw new LapackError(
      "NO_CONVERGENCE",
      `${routine}: no convergence for a ${shape} matrix (INFO ${info}). Try accuracy "relative", or check the matrix ` +
        "for entries that differ by hundreds of orders of magnitude.",
      routine,
      info,
    );
  }
  throw new LapackError(
    "NUMERICAL_FAILURE",
    `${routine}: refused a ${shape} matrix (INFO ${info}). This is a fault of the package: please report it.`,
    routine,
    info,
  );
}

function outOfMemory(what: string, kernel: Kernel): LinalgError {
  const inUse = Math.ceil((kernel.la_heap_bytes() >>> 0) / 2 ** 20);
  return new LinalgError(
    "MEMORY_BUDGET",
    `The heap of the kernel has no room for ${what}; ${inUse} MiB are in use. ` +
      "Raise initialize({ maxMemory }) up to 4 GiB, or work in chunks (tallSkinnyQR, tallSvd, svds).",
  );
}
