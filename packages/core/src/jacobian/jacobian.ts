// The Jacobian of a map at a point, exact by forward or reverse mode or approximate by central differences.

import type { Matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { FloatArray } from "../map/float-array.ts";
import type { DifferentiableMap } from "../map/map.ts";
import { cheaperMethod, type DerivativeOptions, JacobianAt, type JacobianMethod } from "./jacobian-at.ts";

/** How the Jacobian is computed: forward, reverse, or by differences. */
export interface JacobianOptions extends DerivativeOptions {
  /**
   * `forward`: exact, a Jacobian-vector product for every column. `reverse`: exact, a vector-Jacobian
   * product for every row. `difference`: central differences, a check on the former; in float32 it loses
   * about four digits on ReLU-type networks. Default: whichever of the exact ones is cheaper.
   */
  readonly method?: JacobianMethod | undefined;
  /** Step of the differences in units of max(1, root mean square of the point). Default 5e-3. */
  readonly step?: number | undefined;
}

/**
 * J = ∂f/∂x at `point`: `[to.dim, from.dim]`, rows are outputs, columns are inputs.
 *
 * @param point `[from.dim]`.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`, `MEMORY_BUDGET`; `NUMERICAL_FAILURE`
 * where a derivative is not finite; or what the map throws.
 *
 * @example
 * ```js
 * import { functionMap, jacobian } from "@vielbein/core";
 *
 * const space = (name) => ({ name, dim: 2, shape: [2] });
 * const map = functionMap({ from: space("x"), to: space("y"), evaluate: ([a, b]) => [a * b, a + b] });
 * const j = await jacobian(map, Float32Array.of(2, 3));
 * console.log([...j.data].map((each) => each.toFixed(3)).join(" ")); // → 3.000 2.000 1.000 1.000
 * ```
 */
export async function jacobian(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: JacobianOptions = {},
): Promise<Matrix> {
  return wholeJacobian(JacobianAt.of(map, point, options), options);
}

/** {@link jacobian} of a derivative at hand. */
export async function wholeJacobian(at: JacobianAt, options: JacobianOptions): Promise<Matrix> {
  const { method = cheaperMethod(at.map), step = 5e-3 } = options;
  if (!["forward", "reverse", "difference"].includes(method) || !(step > 0 && Number.isFinite(step))) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `jacobian: method must be "forward", "reverse" or "difference" and step a positive number, got "${method}" and ${step}.`,
    );
  }
  return at.matrix(method, step);
}
