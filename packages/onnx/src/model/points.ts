// Tensors that engines take and return, as rows of points along their first axis.

import type { FloatArray } from "@vielbein/core";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { elementCount } from "./tensor.ts";

/** One point, as a batch of one. */
export function pointOf({ type, dims, data }: RuntimeTensor, row: number): RuntimeTensor {
  const shape = dims.slice(1);
  const size = elementCount(shape);
  return { type, dims: [1, ...shape], data: data.slice(row * size, (row + 1) * size) };
}

/** A tensor of one point for n of them; others as they are. */
export function repeatPoint(tensor: RuntimeTensor, n: number): RuntimeTensor {
  const { type, dims, data } = tensor;
  if (dims[0] !== 1) return tensor;
  const Elements = data.constructor as new (length: number) => Float32Array;
  const many = new Elements(n * data.length);
  for (let i = 0; i < n; i++) many.set(data as Float32Array, i * data.length);
  return { type, dims: [n, ...dims.slice(1)], data: many };
}

/** Every point one place further on, the last in the first place. */
export function rotatePoints({ type, dims, data }: RuntimeTensor): RuntimeTensor {
  const size = data.length / dims[0];
  const rotated = data.slice();
  (rotated as Float32Array).copyWithin(size, 0, data.length - size);
  (rotated as Float32Array).set(data.slice(data.length - size) as Float32Array, 0);
  return { type, dims, data: rotated };
}

/** The points of one tensor, with some of another like it in their places. */
export function choosePoints(
  tensor: RuntimeTensor,
  other: RuntimeTensor,
  isOther: (row: number) => boolean,
): RuntimeTensor {
  const { type, dims, data } = tensor;
  const size = data.length / dims[0];
  const chosen = data.slice() as Float32Array;
  for (let row = 0; row < dims[0]; row++) {
    if (isOther(row))
      chosen.set((other.data as Float32Array).subarray(row * size, (row + 1) * size), row * size);
  }
  return { type, dims, data: chosen };
}

/** Floating-point points times factors, which they take in turns; others as they are. */
export function scalePoints(tensor: RuntimeTensor, factors: readonly number[]): RuntimeTensor {
  const { type, dims, data } = tensor;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return tensor;
  const size = data.length / dims[0];
  return { type, dims, data: data.map((x, i) => x * factors[Math.floor(i / size) % factors.length]) };
}

/** Whether ‖a − b‖ ≤ tolerance · ‖b‖, which a NaN never is. */
export function agree(a: FloatArray, b: FloatArray, tolerance: number): boolean {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return a.length === b.length && difference <= tolerance ** 2 * norm;
}
