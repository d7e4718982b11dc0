// The one noun of the toolkit: a differentiable map f between two named spaces of a generator.

import type { Space } from "./space.ts";

/**
 * f: from → to. Arrays are row-major; a batch of vectors is `[count, dim]`.
 * Calls on one map must not overlap: await one before the next.
 */
export interface DifferentiableMap {
  readonly from: Space;
  readonly to: Space;
  /** Estimated peak bytes that one tangent costs the engine; lets callers keep to a memory budget. */
  readonly bytesPerTangent?: number;
  /** Values f(x): `[count, from.dim]` → `[count, to.dim]`. */
  evaluate(points: Float32Array, count: number): Promise<Float32Array>;
  /** Jacobian-vector products J(point)·t at one point: `[count, from.dim]` → `[count, to.dim]`. */
  jvp(point: Float32Array, tangents: Float32Array, count: number): Promise<Float32Array>;
  /** Vector-Jacobian products J(point)ᵀ·u at one point: `[count, to.dim]` → `[count, from.dim]`. */
  vjp(point: Float32Array, cotangents: Float32Array, count: number): Promise<Float32Array>;
  /** Releases the engine's sessions. The map must not be used afterwards. */
  dispose(): Promise<void>;
}
