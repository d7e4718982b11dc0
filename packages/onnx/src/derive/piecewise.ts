// Piecewise constant operators: their derivative is zero wherever it exists.

import { toBool } from "../model/types.ts";

export const piecewiseConstant: ReadonlySet<string> = new Set([
  ...toBool,
  ...["Shape", "Size", "Sign", "Floor", "Ceil", "Round", "ArgMax", "ArgMin", "Hardmax"],
]);

export function isPiecewiseConstant(opType: string): boolean {
  return piecewiseConstant.has(opType);
}
