// Local bases at several codes, for what is made of all of them.

import { type TangentBasis, tangentBasis } from "@vielbein/core";
import { rowAt } from "@vielbein/linalg";
import type { OnnxMap } from "@vielbein/onnx";
import { each, type Task } from "../kit/task.ts";
import type { MapOptions } from "./model.ts";

/**
 * The leading k output vectors at each code, and their singular values.
 *
 * @param codes `[n, from.dim]`.
 * @param what they are, for the progress.
 */
export async function localBases(
  map: OnnxMap,
  codes: Float32Array,
  k: number,
  what: string,
  task: Task<MapOptions>,
): Promise<TangentBasis[]> {
  const { dim } = map.from;
  const points = Array.from({ length: codes.length / dim }, (_, i) => rowAt(codes, i, dim).slice());
  const settings = { signal: task.signal, memoryBudget: task.options.memory };
  return each(task, what, points, (point) => tangentBasis(map, point, k, settings));
}
