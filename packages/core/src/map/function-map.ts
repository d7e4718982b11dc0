// A map made from a plain TypeScript function: for tests, for closed-form examples, and for models that
// are not ONNX files.

import { rowAt } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import type { DifferentiableMap } from "./map.ts";
import { requirePoints, type Space } from "./space.ts";

/** A function between two spaces, for {@link functionMap}. */
export interface FunctionMapOptions {
  /** The space that the function takes points of. */
  readonly from: Space;
  /** The space of its values. */
  readonly to: Space;
  /** f: `[from.dim]` → `[to.dim]`, computed in float64. */
  readonly evaluate: (point: Float64Array) => ArrayLike<number>;
  /**
   * J(point)·tangent. Default: fourth-order central differences of `evaluate`, which for a smooth function
   * in float64 are accurate beyond the float32 that maps return. Second derivatives are such differences of it.
   */
  readonly jvp?: ((point: Float64Array, tangent: Float64Array) => ArrayLike<number>) | undefined;
}

/**
 * A {@link DifferentiableMap} of a function that runs on the calling thread.
 *
 * @example
 * ```js
 * import { functionMap } from "@vielbein/core";
 *
 * const from = { name: "polar", dim: 2, shape: [2] };
 * const to = { name: "plane", dim: 2, shape: [2] };
 * const map = functionMap({ from, to, evaluate: ([r, t]) => [r * Math.cos(t), r * Math.sin(t)] });
 * console.log((await map.evaluate(Float32Array.of(2, 0), 1)).join(" ")); // → 2 0
 * ```
 */
export function functionMap(options: FunctionMapOptions): DifferentiableMap {
  requireKind("functionMap: options", "object", options);
  const { from, to, evaluate } = options;
  const push = options.jvp ?? ((point, tangent) => directionalDerivative(evaluate, point, tangent, to.dim));

  const rows = (
    values: Float32Array,
    count: number,
    f: (row: Float64Array) => ArrayLike<number>,
  ): Float32Array => {
    const result = new Float32Array(count * to.dim);
    for (let i = 0; i < count; i++) {
      result.set(f(Float64Array.from(rowAt(values, i, from.dim))), i * to.dim);
    }
    return result;
  };

  return {
    from,
    to,
    async evaluate(points, count) {
      requirePoints("evaluate: points", points, count, from);
      return rows(points, count, evaluate);
    },
    async jvp(point, tangents, count) {
      requirePoints("jvp: point", point, 1, from);
      requirePoints("jvp: tangents", tangents, count, from);
      const at = Float64Array.from(point);
      return rows(tangents, count, (tangent) => push(at, tangent));
    },
    async vjp(point, cotangents, count) {
      requirePoints("vjp: point", point, 1, from);
      requirePoints("vjp: cotangents", cotangents, count, to);
      const at = Float64Array.from(point);
      const result = new Float32Array(count * from.dim);
      for (let j = 0; j < from.dim; j++) {
        const unit = new Float64Array(from.dim);
        unit[j] = 1;
        const column = push(at, unit);
        for (let i = 0; i < count; i++) {
          let sum = 0;
          for (let row = 0; row < to.dim; row++) sum += cotangents[i * to.dim + row] * column[row];
          result[i * from.dim + j] = sum;
        }
      }
      return result;
    },
    async secondDerivative(point, direction, tangents, count) {
      requirePoints("secondDerivative: point", point, 1, from);
      requirePoints("secondDerivative: direction", direction, 1, from);
      requirePoints("secondDerivative: tangents", tangents, count, from);
      const [at, along] = [Float64Array.from(point), Float64Array.from(direction)];
      return rows(tangents, count, (tangent) =>
        directionalDerivative((x) => push(x, tangent), at, along, to.dim),
      );
    },
    async dispose() {},
  };
}

/** (8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h along the tangent, h balancing truncation and rounding. */
function directionalDerivative(
  f: FunctionMapOptions["evaluate"],
  point: Float64Array,
  tangent: Float64Array,
  dim: number,
): Float64Array {
  const result = new Float64Array(dim);
  const length = norm(tangent);
  if (length === 0) return result;
  const h = (1e-3 * Math.max(1, norm(point))) / length;
  const at = (t: number): ArrayLike<number> => f(point.map((x, i) => x + t * tangent[i]));
  const [near, far] = [
    [at(h), at(-h)],
    [at(2 * h), at(-2 * h)],
  ] as const;
  for (let i = 0; i < dim; i++) {
    result[i] = (8 * (near[0][i] - near[1][i]) - (far[0][i] - far[1][i])) / (12 * h);
  }
  return result;
}

function norm(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
}
