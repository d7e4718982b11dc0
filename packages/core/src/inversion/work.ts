// What a search computes of its map.

import type { DifferentiableMap } from "../map/map.ts";

/** Number of products that the map has computed so far, each for one vector. */
export interface Work {
  /** Values f(x). */
  readonly values: number;
  /** Products J·t, each tangent counted. */
  readonly jvps: number;
  /** Products Jᵀ·u, each cotangent counted. */
  readonly vjps: number;
}

/** The map, with every vector that goes through it counted. */
export function countCalls(
  map: DifferentiableMap,
  counts: { values: number; jvps: number; vjps: number },
): DifferentiableMap {
  return {
    from: map.from,
    to: map.to,
    bytesPerTangent: map.bytesPerTangent,
    evaluate: (points, count, call) => {
      counts.values += count;
      return map.evaluate(points, count, call);
    },
    jvp: (point, tangents, count, call) => {
      counts.jvps += count;
      return map.jvp(point, tangents, count, call);
    },
    vjp: (point, cotangents, count, call) => {
      counts.vjps += count;
      return map.vjp(point, cotangents, count, call);
    },
    dispose: () => map.dispose(),
  };
}
