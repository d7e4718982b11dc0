// What a model may take when the engine runs it for the first time.

import { bytesText, DEFAULT_MEMORY_BUDGET, VielbeinError } from "@vielbein/core";
import type { RuntimeTensor, TrialLimits } from "@vielbein/core/runtime";
import { elementBits } from "../model/element-types.ts";
import type { Graph } from "../model/model.ts";
import { elementCount, emptyTensor } from "../model/tensor.ts";

/** Below it no engine gets under way. */
const LEAST = 2 ** 28;

export function trialLimits(memoryBudget: number = DEFAULT_MEMORY_BUDGET): TrialLimits {
  return { memory: Math.max(memoryBudget, LEAST) };
}

/** What a graph that loops may take: it may never end, while others have only so many nodes to run. */
const LOOP_SECONDS = 20;

/** The same limits with one on time, where the graph may never end. */
export function limitLoops(graph: Graph, limits: TrialLimits): TrialLimits {
  return hasLoop(graph) ? { ...limits, seconds: LOOP_SECONDS } : limits;
}

function hasLoop({ nodes }: Graph): boolean {
  const inside = nodes.flatMap(({ attributes }) => [...attributes.values()]);
  return (
    nodes.some(({ opType }) => opType === "Loop") ||
    inside.some((attribute) => attribute.type === "graph" && hasLoop(attribute.value))
  );
}

/** @throws {VielbeinError} `MEMORY_BUDGET` for a tensor that alone takes more than a trial may. */
export function requireFits(
  tensor: string,
  shape: readonly number[],
  dataType: number | undefined,
  { memory }: TrialLimits,
): void {
  const bytes = (elementCount(shape) * elementBits(dataType ?? 0)) / 8;
  if (bytes <= memory) return;
  throw new VielbeinError(
    "MEMORY_BUDGET",
    `${tensor} is [${shape.join(", ")}], which takes ${bytesText(bytes)}; the memory budget is ${bytesText(memory)}. Raise the budget if the model is meant to be that large.`,
  );
}

/**
 * Zeros for an input; undefined for a type that engines do not exchange with JavaScript.
 *
 * @throws {VielbeinError} `MEMORY_BUDGET` for more than a trial may take, or than there is.
 */
export function emptyInput(
  name: string,
  shape: readonly number[],
  dataType: number,
  trial: TrialLimits | undefined,
): RuntimeTensor | undefined {
  if (trial) requireFits(`Input "${name}"`, shape, dataType, trial);
  try {
    return emptyTensor(dataType, shape);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `Input "${name}" is [${shape.join(", ")}], for which there is no memory, whatever the budget. Export the model with smaller inputs.`,
      { cause },
    );
  }
}
