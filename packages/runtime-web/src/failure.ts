// What goes wrong inside the engine, told apart by ONNX Runtime's messages: it has no error classes.

import { type ErrorCode, VielbeinError } from "@vielbein/core";

/** A failure of an engine; a `fatal` one leaves it unable to run anything more. */
export class EngineFailure extends VielbeinError {
  readonly fatal: boolean;

  constructor(code: ErrorCode, message: string, fatal: boolean, options?: ErrorOptions) {
    super(code, message, options);
    this.fatal = fatal;
  }
}

const OUT_OF_MEMORY =
  /out of memory|\boom\b|bad[_ ]alloc|failed to allocate|allocation failed|cannot enlarge memory|safeint\.h|maximum supported size/i;
const DEVICE_LOST = /device (is |was )?lost|lost device|device.{0,20}destroyed/i;
const ABORTED = /\baborted\(|memory access out of bounds|unreachable|null function|table index is out/i;

/** Gives an error of ONNX Runtime a code and, where there is one, a remedy. `what` is the sentence it ends. */
export function failure(what: string, cause: unknown): EngineFailure {
  if (cause instanceof EngineFailure) return cause;
  const detail = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").trim();
  const fatal = DEVICE_LOST.test(detail) || ABORTED.test(detail) || cause instanceof WebAssembly.RuntimeError;
  if (OUT_OF_MEMORY.test(detail)) {
    const remedy =
      "Work on fewer vectors at a time (a smaller memory budget), or take a smaller model; WebAssembly addresses at most 4 GB.";
    return new EngineFailure("MEMORY_BUDGET", `${what}: ${detail} ${remedy}`, fatal, { cause });
  }
  return new EngineFailure("BACKEND_FAILED", `${what}: ${detail}`, fatal, { cause });
}
