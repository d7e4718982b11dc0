// Columns of the Jacobian by central differences: a check on the exact ones.

import type { FloatArray } from "../map/float-array.ts";
import type { DifferentiableMap } from "../map/map.ts";

/**
 * (f(x + h·e) − f(x − h·e)) / 2h for the `width` coordinates from `first` on: `[width, to.dim]`.
 *
 * @param step h in units of max(1, root mean square of the point).
 */
export async function differenceColumns(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  first: number,
  width: number,
  step: number,
): Promise<Float64Array> {
  const [m, n] = [map.to.dim, map.from.dim];
  const pairs = shiftedPairs(point, first, width, step);
  const values = await map.evaluate(pairs, 2 * width);
  const columns = new Float64Array(width * m);
  for (let j = 0; j < width; j++) {
    // The distance between the two points as they were stored, not as it was meant.
    const distance = pairs[2 * j * n + first + j] - pairs[(2 * j + 1) * n + first + j];
    for (let i = 0; i < m; i++) {
      columns[j * m + i] = (values[2 * j * m + i] - values[(2 * j + 1) * m + i]) / distance;
    }
  }
  return columns;
}

/** x + h·e, x − h·e for each of the coordinates, `[2·width, from.dim]`. */
function shiftedPairs(point: FloatArray, first: number, width: number, step: number): FloatArray {
  const n = point.length;
  let squares = 0;
  for (const x of point) squares += x * x;
  const h = step * Math.max(1, Math.sqrt(squares / n));
  const pairs =
    point instanceof Float64Array ? new Float64Array(2 * width * n) : new Float32Array(2 * width * n);
  for (let j = 0; j < width; j++) {
    pairs.set(point, 2 * j * n);
    pairs.set(point, (2 * j + 1) * n);
    pairs[2 * j * n + first + j] += h;
    pairs[(2 * j + 1) * n + first + j] -= h;
  }
  return pairs;
}
