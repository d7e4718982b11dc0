// For every element the product of the others, by multiplications alone: no division, so that zeros do no harm, and
// none in the derivatives of it either.

import { int } from "../model/attributes.ts";
import type { Emitter } from "./emitter.ts";

/**
 * Rows [outer, count]: for every element the product of the others in its row. The first half is multiplied by the
 * second, the same is done with these products, and what results is multiplied by the half on the other side.
 */
export function productOfOthers(e: Emitter, rows: string, count: number): string {
  if (count === 1) return e.op("Expand", [e.scalar(1), e.op("Shape", [rows])]);
  const part = (tensor: string, from: number, to: number): string =>
    e.op("Slice", [tensor, e.int64([from]), e.int64([to]), e.int64([1])]);
  const joined = (...parts: readonly string[]): string => e.op("Concat", parts, { axis: int(1) });
  const half = Math.floor(count / 2);
  const [first, second] = [part(rows, 0, half), part(rows, half, 2 * half)];
  if (count === 2) return joined(second, first);
  const isOdd = count % 2 === 1;
  const pairs = e.op("Mul", [first, second]);
  const all = isOdd ? joined(pairs, part(rows, count - 1, count)) : pairs;
  const others = productOfOthers(e, all, half + (isOdd ? 1 : 0));
  const paired = isOdd ? part(others, 0, half) : others;
  const products = [e.op("Mul", [paired, second]), e.op("Mul", [paired, first])];
  return isOdd ? joined(...products, part(others, half, half + 1)) : joined(...products);
}
