// One entry of the operator tables: a small graph around one operator, and how to check its derivative.

import type { Build, DerivativeCheck } from "../derivative.ts";

export interface OperatorCase extends DerivativeCheck {
  /** Operator under test; the graph contains it. */
  readonly op: string;
  /** What is particular about this case. */
  readonly about: string;
  readonly build: Build;
}

export function operatorCase(
  op: string,
  about: string,
  build: Build,
  check: DerivativeCheck = {},
): OperatorCase {
  return { op, about, build, ...check };
}
