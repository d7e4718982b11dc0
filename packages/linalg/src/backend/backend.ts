// Which implementation runs: the compiled LAPACK in one of three forms, or plain TypeScript. One choice for
// the whole module instance (a worker has its own). Nothing is loaded before the first call that needs it.

import { LinalgError } from "../errors.ts";
import { broken } from "../lapack/heap.ts";
import type { Kernel } from "../lapack/kernel.ts";
import { lapackRoutines } from "../lapack/routines.ts";
import { plainRoutines } from "../plain/routines.ts";
import { compileSync, type KernelName, loadKernel, relaxedSimdRuns } from "./load.ts";
import type { Routines } from "./routines.ts";

/** Names of the implementations that decompositions can run on. */
export type BackendName = KernelName | "typescript";

/** Which backend {@link initialize} loads, and how much memory it may take. */
export interface InitializeOptions {
  /**
   * `"wasm-relaxed"`: LAPACK as WebAssembly with fused multiply-add; last bits depend on the processor. `"wasm"`: the
   * same with SIMD128 alone; the same bits on every machine. `"js"`: the same code and bits as JavaScript, where
   * WebAssembly is forbidden. `"typescript"`: nothing loaded, exact and slow. `"auto"` (default) takes the first of
   * these that runs here.
   */
  readonly backend?: "auto" | BackendName | undefined;
  /** Never take `"wasm-relaxed"`, so that results are the same to the last bit everywhere. Default `false`. */
  readonly deterministic?: boolean | undefined;
  /** Limit of the kernel's heap in bytes, at most 4 GiB, which is the default. */
  readonly maxMemory?: number | undefined;
  /**
   * Problems of less work than this, as the product of their three dimensions, are solved in plain TypeScript, where a
   * call into the kernel would cost more than it saves. Default 64 (a 4 × 4 matrix is the first that goes to the
   * kernel); 0: none is.
   */
  readonly minimumWork?: number | undefined;
}

/** The backend at work, by {@link backend}. */
export interface BackendInfo {
  /** Which implementation runs. */
  readonly name: BackendName;
  /** Why this one, in words. */
  readonly reason: string;
  /** Bytes that the kernel's memory takes now. It is kept for the next call until `release()`. */
  readonly memoryBytes: number;
  /** The most bytes that it may take. */
  readonly maxMemory: number;
}

const ADDRESS_SPACE = 2 ** 32;
const DEFAULT_MINIMUM_WORK = 64;

interface Choice {
  readonly name: BackendName;
  readonly reason: string;
  /** Makes a fresh instance; undefined for plain TypeScript. */
  readonly create: (() => Kernel) | undefined;
}

let choice: Choice | undefined;
let running: { readonly kernel: Kernel; readonly routines: Routines } | undefined;
let maxMemory = ADDRESS_SPACE;
let minimumWork = DEFAULT_MINIMUM_WORK;

/**
 * Chooses and loads the backend for all later calls in this thread. Needed only to prefer one, to use relaxed
 * SIMD, or to load without blocking: without it, the first call on a matrix that is not tiny compiles the
 * `"wasm"` backend on the spot (about 20 ms), or settles for `"typescript"` where that is forbidden.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT`; `BACKEND_UNAVAILABLE` if the backend asked for does not run here.
 */
export async function initialize(options: InitializeOptions = {}): Promise<BackendInfo> {
  const { backend: wanted = "auto", deterministic = false } = options;
  const memory = options.maxMemory ?? ADDRESS_SPACE;
  const work = options.minimumWork ?? DEFAULT_MINIMUM_WORK;
  if (!(memory > 0 && memory <= ADDRESS_SPACE)) {
    throw invalid(`maxMemory must be above 0 and at most ${ADDRESS_SPACE} bytes, got ${memory}`);
  }
  if (!(work >= 0)) throw invalid(`minimumWork must be 0 or more, got ${work}`);
  if (wanted === "wasm-relaxed" && deterministic) {
    throw invalid('backend "wasm-relaxed" is not deterministic; ask for "wasm"');
  }
  const chosen = await choose(wanted, deterministic);
  choice = chosen;
  running = undefined;
  maxMemory = memory;
  minimumWork = work;
  return backend();
}

/** The backend that runs matrices which are not tiny, and why. Loads it if no call has needed it yet. */
export function backend(): BackendInfo {
  choice ??= chooseSync();
  const { name, reason } = choice;
  return { name, reason, memoryBytes: running?.kernel.memory.buffer.byteLength ?? 0, maxMemory };
}

/** Gives the kernel's memory back. The next call starts afresh, without compiling again (about a millisecond). */
export function release(): void {
  running = undefined;
}

/** The routines for a problem of `work`, the product of its three dimensions. */
export function routinesFor(work: number): Routines {
  if (work < minimumWork) return plainRoutines;
  choice ??= chooseSync();
  if (!choice.create) return plainRoutines;
  if (!running || broken.has(running.kernel)) {
    const kernel = choice.create();
    kernel.la_heap_limit(maxMemory === ADDRESS_SPACE ? 0 : maxMemory);
    running = { kernel, routines: lapackRoutines(kernel) };
  }
  return running.routines;
}

async function choose(wanted: "auto" | BackendName, deterministic: boolean): Promise<Choice> {
  switch (wanted) {
    case "typescript":
      return { name: "typescript", reason: "asked for", create: undefined };
    case "wasm":
    case "wasm-relaxed":
    case "js":
      try {
        return { name: wanted, reason: "asked for", create: await loadKernel(wanted) };
      } catch (cause) {
        throw new LinalgError(
          "BACKEND_UNAVAILABLE",
          `initialize: the backend "${wanted}" does not run here: ${messageOf(cause)}. Ask for "auto".`,
          { cause },
        );
      }
    case "auto":
      return await chooseBest(deterministic);
    default:
      throw invalid(`backend must be "auto", "wasm-relaxed", "wasm", "js" or "typescript", got "${wanted}"`);
  }
}

async function chooseBest(deterministic: boolean): Promise<Choice> {
  const relaxed = !deterministic && relaxedSimdRuns();
  const name = relaxed ? "wasm-relaxed" : "wasm";
  const why = relaxed
    ? "this engine has relaxed SIMD"
    : deterministic
      ? "deterministic results were asked for"
      : "this engine has no relaxed SIMD";
  try {
    return { name, reason: why, create: await loadKernel(name) };
  } catch (cause) {
    const reason = `WebAssembly does not run here: ${messageOf(cause)}`;
    return { name: "js", reason, create: await loadKernel("js") };
  }
}

function chooseSync(): Choice {
  try {
    return { name: "wasm", reason: "loaded by the first call that needed it", create: compileSync() };
  } catch (cause) {
    return {
      name: "typescript",
      reason: `WebAssembly cannot be compiled here without initialize(): ${messageOf(cause)}`,
      create: undefined,
    };
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

function invalid(rule: string): LinalgError {
  return new LinalgError("INVALID_ARGUMENT", `initialize: ${rule}.`);
}
