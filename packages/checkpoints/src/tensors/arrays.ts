// Arithmetic on weights, computed in double precision and rounded once.

import type { StoredTensor, Values } from "./tensor.ts";

/** Every element changed by `change`, which is given its index. A loop: `map` would box every number of a large array. */
function mapped({ shape, data }: Values, change: (value: number, index: number) => number): Values {
  const result = new Float32Array(data.length);
  for (let i = 0; i < result.length; i++) result[i] = change(data[i], i);
  return { shape, data: result };
}

export function scaled(values: Values, factor: number): Values {
  return factor === 1 ? values : mapped(values, (x) => x * factor);
}

/** Each slice along the first axis times a factor of its own. */
export function rowsScaled(values: Values, factors: ArrayLike<number>): Values {
  const row = values.data.length / values.shape[0];
  return mapped(values, (x, i) => x * factors[Math.floor(i / row)]);
}

/** Axis `i` of the result is axis `perm[i]` of the argument. */
export function permuted({ shape, data }: Values, perm: readonly number[]): Values {
  const target = perm.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, extent) => product * extent, 1),
  );
  const steps = perm.map((axis) => strides[axis]);
  const result = new Float32Array(data.length);
  const at = target.map(() => 0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from];
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < target[axis]) break;
      from -= steps[axis] * target[axis];
      at[axis] = 0;
    }
  }
  return { shape: target, data: result };
}

/** Elements in the reverse order along the last two axes: a filter that is convolved with, for an engine that correlates. */
export function flipped(values: Values): Values {
  const [height, width] = values.shape.slice(-2);
  const size = height * width;
  return mapped(values, (_, i) => values.data[Math.floor(i / size) * size + (size - 1 - (i % size))]);
}

/** Sums of squares over all axes behind the first two, times a factor: [second, first]. */
export function energies(weight: StoredTensor, factor: number): Values {
  const [outputs, inputs] = weight.shape;
  const size = weight.size / (outputs * inputs);
  const sums = new Float32Array(inputs * outputs);
  let output = 0;
  for (const slice of weight.slices()) {
    let from = 0;
    for (let input = 0; input < inputs; input++) {
      let sum = 0;
      for (const end = from + size; from < end; from++) sum += slice[from] * slice[from];
      sums[input * outputs + output] = factor * sum;
    }
    output += 1;
  }
  return { shape: [inputs, outputs], data: sums };
}

/** The first two axes changed for each other. */
export function swapped(weight: StoredTensor): Values {
  const [outputs, inputs] = weight.shape;
  const size = weight.size / (outputs * inputs);
  const data = new Float32Array(weight.size);
  let output = 0;
  for (const slice of weight.slices()) {
    let from = 0;
    for (let input = 0; input < inputs; input++) {
      const start = (input * outputs + output) * size;
      for (let to = start; to < start + size; to++) data[to] = slice[from++];
    }
    output += 1;
  }
  return { shape: [inputs, outputs, ...weight.shape.slice(2)], data };
}

export function isZero({ data }: Values): boolean {
  return data.every((x) => x === 0);
}

/** Columns `from` to `to` of a matrix. */
export function columns({ shape, data }: Values, from: number, to: number): Values {
  const [height, width] = shape;
  const result = new Float32Array(height * (to - from));
  for (let i = 0; i < height; i++)
    result.set(data.subarray(i * width + from, i * width + to), i * (to - from));
  return { shape: [height, to - from], data: result };
}
/** Rows `from` to `to` of the first axis. */
export function rows({ shape, data }: Values, from: number, to: number): Values {
  const row = data.length / shape[0];
  return { shape: [to - from, ...shape.slice(1)], data: data.subarray(from * row, to * row) };
}
