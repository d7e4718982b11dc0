// A map with weighted outputs, whose derivative describes a part of the output.

import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { type CallOptions, type DifferentiableMap, type Differential, differentialAt } from "./map.ts";

/**
 * x ↦ √w ⊙ f(x), whose metric is Jᵀ·diag(w)·J: with w = 1 in a region of an image and 0 outside, the metric of that
 * region. Disposing of it disposes of the map f.
 *
 * @param weights w, `[to.dim]`, none negative.
 * @throws {VielbeinError} `SHAPE_MISMATCH` for another number of weights, `OUT_OF_RANGE` for one that is negative or
 * not finite.
 */
export function weightedMap(map: DifferentiableMap, weights: ArrayLike<number>): DifferentiableMap {
  requireKind("weightedMap: map", "map", map);
  requireKind("weightedMap: weights", "numbers", weights);
  const roots = rootsOf(weights, map.to.dim);
  const m = map.to.dim;
  const scaled = (rows: Float32Array): Float32Array => rows.map((x, i) => x * roots[i % m]);
  const jvpOf =
    (jvp: Differential["jvp"]): Differential["jvp"] =>
    async (tangents, count, options) =>
      scaled(await jvp(tangents, count, options));
  const vjpOf =
    (vjp: Differential["vjp"]): Differential["vjp"] =>
    (cotangents, count, options) =>
      vjp(scaled(cotangents), count, options);
  return {
    from: map.from,
    to: map.to,
    bytesPerTangent: map.bytesPerTangent,
    evaluate: async (points, count, options) => scaled(await map.evaluate(points, count, options)),
    jvp: async (point, tangents, count, options) => scaled(await map.jvp(point, tangents, count, options)),
    vjp: (point, cotangents, count, options) => map.vjp(point, scaled(cotangents), count, options),
    linearize: async (point) => {
      const at = await differentialAt(map, point);
      const { isLinearized } = at;
      return {
        jvp: jvpOf((tangents, count, options?: CallOptions) => at.jvp(tangents, count, options)),
        vjp: vjpOf((cotangents, count, options?: CallOptions) => at.vjp(cotangents, count, options)),
        isLinearized,
      };
    },
    dispose: () => map.dispose(),
  };
}

function rootsOf(weights: ArrayLike<number>, dim: number): Float32Array {
  if (weights.length !== dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `weightedMap: expected a weight for each of ${dim} outputs, got ${weights.length}.`,
    );
  }
  return Float32Array.from(weights, (weight, i) => {
    if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return Math.sqrt(weight);
    throw new VielbeinError(
      "OUT_OF_RANGE",
      `weightedMap: weights must be finite and not negative, got ${weight} at ${i}.`,
    );
  });
}
