// What the engine takes for a derivative, as it was seen to (tools/bench/memory).

import type { TrialLimits } from "@vielbein/core/runtime";
import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { requireFits } from "../file/trial.ts";
import { DataType } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";

/** ONNX Runtime holds 3 to 10 times the largest activation for every tangent, StyleGAN2 the most. */
const ACTIVATIONS_PER_TANGENT = 10;

/** With an arena, which grows in powers of two, up to twice as much. */
const ARENA = 2;

/** Bytes that one tangent or cotangent takes in the engine. */
export function bytesPerTangent(graph: PreparedGraph): number {
  return ACTIVATIONS_PER_TANGENT * largestActivation(graph);
}

/** An operator's operand and result and the tangents of both are there at the same time, whatever else is. */
export function requireRoomForTangent(graph: PreparedGraph, trial: TrialLimits): void {
  for (const [name, { shape, dataType }] of graph.info) {
    if (!graph.constants.has(name))
      requireFits(`What the derivative needs at "${name}"`, [4, ...shape], dataType, trial);
  }
}

/** Of a second derivative: the engine keeps point, direction and vector at every step, four times as much as for one. */
const SECOND = 4;

/** Bytes that one vector of a second derivative takes in the engine; `graph` yields the first. */
export function bytesPerSecond(graph: PreparedGraph): number {
  return SECOND * bytesPerTangent(graph);
}

/** Room for tangents in this many bytes, in bytes of the tangents alone. */
export function roomInArena(bytes: number): number {
  return bytes / ARENA;
}

/** What a session keeps after a run with tangents of this many bytes. */
export function bytesInArena(tangents: number): number {
  return ARENA * tangents;
}

/**
 * Whether a session should keep the memory of one product for the next: `undefined` where two such sessions fit into
 * `room` bytes, else `false`, which costs up to 40 % of the time.
 */
export function arenaWithin(room: number, tangent: number): false | undefined {
  return 2 * tangent <= roomInArena(room) ? undefined : false;
}

/** Bytes of the largest tensor that depends on the point. */
function largestActivation(graph: PreparedGraph): number {
  let largest = 1;
  for (const [name, { shape }] of graph.info) {
    if (!graph.constants.has(name)) largest = Math.max(largest, elementCount(shape));
  }
  return largest * (infoOf(graph, graph.input).dataType === DataType.DOUBLE ? 8 : 4);
}
