// The Jacobian of a map at a point, exact by forward or reverse mode or approximate by central differences.

import { type Matrix, matrix } from "@vielbein/linalg";
import { VielbeinError } from "./errors.ts";
import type { DifferentiableMap, FloatArray } from "./map.ts";
import { requirePoints } from "./space.ts";

export interface JacobianOptions {
  /**
   * `forward`: exact, a Jacobian-vector product for every column. `reverse`: exact, a vector-Jacobian
   * product for every row. `difference`: central differences, a check on the former; in float32 it loses
   * about four digits on ReLU-type networks. Default: whichever of the exact ones is cheaper.
   */
  readonly method?: "forward" | "reverse" | "difference";
  /** Step of the differences in units of max(1, root mean square of the point). Default 5e-3. */
  readonly step?: number;
  /** Bytes that the Jacobian and the engine's working memory may take. Default 2 GiB. */
  readonly memoryBudget?: number;
  /** Stops between two runs of the engine. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_MEMORY_BUDGET: number = 2 ** 31;

/**
 * From eight tangents in one run on, the cost per tangent is nearly flat for convolutional networks; small
 * networks gain from more, as long as the working memory stays near the caches (tools/bench/chunks).
 */
const TANGENTS_PER_RUN = 8;
const BYTES_PER_RUN = 2 ** 27;

/**
 * J = ∂f/∂x at `point`: `[to.dim, from.dim]`, rows are outputs, columns are inputs.
 *
 * @param point `[from.dim]`.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`, `MEMORY_BUDGET`; `NUMERICAL_FAILURE` where
 * a derivative is not finite; or what the map throws.
 */
export async function jacobian(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  options: JacobianOptions = {},
): Promise<Matrix> {
  requirePoints("jacobian: point", point, 1, map.from);
  const [m, n] = [map.to.dim, map.from.dim];
  const { method = cheaperMethod(map), step = 5e-3 } = options;
  if (!["forward", "reverse", "difference"].includes(method) || !(step > 0 && Number.isFinite(step))) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `jacobian: method must be "forward", "reverse" or "difference" and step a positive number, got "${method}" and ${step}.`,
    );
  }
  const block = blockSize(map, options.memoryBudget ?? DEFAULT_MEMORY_BUDGET);
  const result = matrix(m, n);
  const count = method === "reverse" ? m : n;
  for (let first = 0; first < count; first += block) {
    options.signal?.throwIfAborted();
    const width = Math.min(block, count - first);
    if (method === "reverse") {
      const rows = await map.vjp(point, unitVectors(m, first, width), width, options);
      requireFiniteProducts(map, rows, first, "rows");
      result.data.set(rows, first * n);
      continue;
    }
    const columns =
      method === "difference"
        ? await differences(map, point, first, width, step)
        : await map.jvp(point, unitVectors(n, first, width), width, options);
    requireFiniteProducts(map, columns, first, "columns");
    scatterColumns(columns, first, width, result);
  }
  return result;
}

/**
 * Checks that columns `[·, to.dim]` or rows `[·, from.dim]` of the Jacobian, from the `first` on, are finite.
 *
 * @throws {VielbeinError} `NUMERICAL_FAILURE`, with the place.
 */
export function requireFiniteProducts(
  { from, to }: Pick<DifferentiableMap<FloatArray>, "from" | "to">,
  products: FloatArray,
  first: number,
  kind: "columns" | "rows",
): void {
  const length = kind === "columns" ? to.dim : from.dim;
  for (let at = 0; at < products.length; at++) {
    if (Number.isFinite(products[at])) continue;
    const [vector, entry] = [first + Math.floor(at / length), at % length];
    const [output, input] = kind === "columns" ? [entry, vector] : [vector, entry];
    throw new VielbeinError(
      "NUMERICAL_FAILURE",
      `The derivative of "${from.name}" → "${to.name}" must be finite, got ${products[at]} for output ${output} by input ${input}. The map has no derivative at this point: take another.`,
    );
  }
}

/** A reverse product costs about one and a half forward ones: it pays when the output is that much smaller. */
export function cheaperMethod(
  map: Pick<DifferentiableMap<FloatArray>, "from" | "to">,
): "forward" | "reverse" {
  return 1.5 * map.to.dim < map.from.dim ? "reverse" : "forward";
}

/** Columns, or rows, per run of the engine, so that they and the Jacobian fit the budget. */
function blockSize(map: DifferentiableMap<FloatArray>, budget: number): number {
  const [m, n] = [map.to.dim, map.from.dim];
  const perTangent = Math.max(map.bytesPerTangent ?? 0, 4 * (m + n));
  const needed = 8 * m * n + perTangent;
  if (needed > budget) {
    throw new VielbeinError(
      "MEMORY_BUDGET",
      `The memory budget of ${bytesText(budget)} is too small: the Jacobian of "${map.from.name}" → "${map.to.name}", ${m} × ${n}, and one tangent take ${bytesText(needed)}. Raise it to that at least, or choose a smaller output space.`,
    );
  }
  return vectorsPerRun(perTangent, budget - 8 * m * n);
}

/** Vectors for one run of the engine, at least one: as many as are worth it and fit the budget. */
export function vectorsPerRun(bytesPerVector: number, budget: number): number {
  const worthwhile = Math.max(TANGENTS_PER_RUN, Math.floor(BYTES_PER_RUN / bytesPerVector));
  return Math.max(1, Math.min(worthwhile, Math.floor(budget / bytesPerVector)));
}

/** A number of bytes in the largest unit that is not above it. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toPrecision(3)} ${units[power]}`;
}

/** Rows e_first … e_(first+width−1) of the identity: `[width, n]`. */
export function unitVectors(n: number, first: number, width: number): Float32Array {
  const vectors = new Float32Array(width * n);
  for (let j = 0; j < width; j++) vectors[j * n + first + j] = 1;
  return vectors;
}

/** Rows of `columns` `[width, m]` become columns first … of `target` `[m, n]`. */
function scatterColumns(columns: FloatArray, first: number, width: number, target: Matrix): void {
  const { rows: m, cols: n, data } = target;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < width; j++) data[i * n + first + j] = columns[j * m + i]!;
  }
}

/** (f(x + h·e) − f(x − h·e)) / 2h for `width` coordinates: `[width, m]`. */
async function differences(
  map: DifferentiableMap<FloatArray>,
  point: FloatArray,
  first: number,
  width: number,
  step: number,
): Promise<Float64Array> {
  const [m, n] = [map.to.dim, map.from.dim];
  let squares = 0;
  for (const x of point) squares += x * x;
  const rms = Math.sqrt(squares / n);
  const h = step * Math.max(1, rms);
  const Vectors = point instanceof Float64Array ? Float64Array : Float32Array;
  const pairs = new Vectors(2 * width * n);
  for (let j = 0; j < width; j++) {
    pairs.set(point, 2 * j * n);
    pairs.set(point, (2 * j + 1) * n);
    pairs[2 * j * n + first + j]! += h;
    pairs[(2 * j + 1) * n + first + j]! -= h;
  }
  const values = await map.evaluate(pairs, 2 * width);
  const columns = new Float64Array(width * m);
  for (let j = 0; j < width; j++) {
    // The distance between the two points as they were stored, not as it was meant.
    const distance = pairs[2 * j * n + first + j]! - pairs[(2 * j + 1) * n + first + j]!;
    for (let i = 0; i < m; i++) {
      columns[j * m + i] = (values[2 * j * m + i]! - values[(2 * j + 1) * m + i]!) / distance;
    }
  }
  return columns;
}
