// A map whose Jacobian at one point is held in memory: products there cost no run of the network.

import type { DifferentiableMap } from "@vielbein/core";

/** The Jacobian at a point, in the engine's precision. */
export interface HeldJacobian {
  /** J·e₀, J·e₁, …: `[from.dim, to.dim]`. */
  readonly columns: Float32Array;
}

/** The map itself, with the products of its Jacobian `at` a point, whatever point is asked for. */
export function heldMap(map: DifferentiableMap, { columns }: HeldJacobian): DifferentiableMap {
  const [n, m] = [map.from.dim, map.to.dim];
  const column = (j: number): Float32Array => columns.subarray(j * m, (j + 1) * m);
  const push = (tangent: Float32Array): Float32Array => {
    const sum = new Float64Array(m);
    tangent.forEach((t, j) => {
      // Most tangents are columns of the identity.
      if (t === 0) return;
      const along = column(j);
      for (let i = 0; i < m; i++) sum[i] += t * along[i];
    });
    return Float32Array.from(sum);
  };
  const pull = (cotangent: Float32Array): Float32Array =>
    Float32Array.from({ length: n }, (_, j) => {
      const along = column(j);
      let sum = 0;
      for (let i = 0; i < m; i++) sum += cotangent[i] * along[i];
      return sum;
    });
  const { from, to, bytesPerTangent } = map;
  return {
    ...{ from, to, bytesPerTangent },
    evaluate: (points, count, options) => map.evaluate(points, count, options),
    jvp: async (_, tangents, count) => eachRow(tangents, count, n, m, push),
    vjp: async (_, cotangents, count) => eachRow(cotangents, count, m, n, pull),
    // Whoever has the map disposes of it.
    dispose: async () => undefined,
  };
}

function eachRow(
  rows: Float32Array,
  count: number,
  length: number,
  width: number,
  multiply: (row: Float32Array) => Float32Array,
): Float32Array {
  const result = new Float32Array(count * width);
  for (let i = 0; i < count; i++)
    result.set(multiply(rows.subarray(i * length, (i + 1) * length)), i * width);
  return result;
}
