// Stacks of matrices, one by one.

import { fromStack, type MatrixStack } from "../matrix-stack.ts";
import { plainEigh } from "./eigh.ts";
import { plainSvd } from "./svd.ts";

export function plainEighStack(stack: MatrixStack, values: Float64Array, vectors: Float64Array): void {
  for (let i = 0; i < stack.count; i++) {
    const result = plainEigh(fromStack(stack, i), true);
    values.set(result.values, i * stack.rows);
    vectors.set(result.vectors!.data, i * stack.rows ** 2);
  }
}

export function plainSvdStack(stack: MatrixStack, u: Float64Array, s: Float64Array, v: Float64Array): void {
  for (let i = 0; i < stack.count; i++) {
    const result = plainSvd(fromStack(stack, i), "thin");
    u.set(result.u!.data, i * result.u!.data.length);
    s.set(result.s, i * result.s.length);
    v.set(result.v!.data, i * result.v!.data.length);
  }
}
