// Why a trial failed, and what to do about it.

import { bytesText, VielbeinError } from "@vielbein/core";

export function unavailable(cause: Error): VielbeinError {
  return new VielbeinError(
    "BACKEND_UNAVAILABLE",
    `No process can be started for the trial of a graph: ${cause.message}. Allow it, or set \`isolate: false\` for graphs that you trust.`,
    { cause },
  );
}

export function crash(how: string, complaint: string): VielbeinError {
  // What the engine's C++ says of itself helps those who know it, as the cause.
  const cause = new Error(complaint.trim());
  if (/bad_alloc|out of memory|failed to allocate/i.test(complaint)) {
    return new VielbeinError(
      "MEMORY_BUDGET",
      "The engine ran out of memory on the graph. Raise the memory budget.",
      { cause },
    );
  }
  return new VielbeinError(
    "BACKEND_CRASHED",
    `The graph crashes ONNX Runtime (${how}). Its operators are used in a way that the engine does not foresee: export the model again, or check it with onnx.checker.`,
    { cause },
  );
}

export function late(seconds: number): VielbeinError {
  return new VielbeinError(
    "TIME_LIMIT",
    `The engine is not done with the graph after the ${seconds} s that its trial may take; it may never be. Raise \`trialSeconds\` of the runtime (--trial-seconds on the command line) if the model is to be trusted.`,
  );
}

export function exceeded(limit: number): VielbeinError {
  return new VielbeinError(
    "MEMORY_BUDGET",
    `The engine takes more than the ${bytesText(limit)} that a first run of the graph may. Raise the memory budget if the model is to be trusted.`,
  );
}
