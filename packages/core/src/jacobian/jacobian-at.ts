// The derivative of a map at one point, and the one place that decides how it is computed: whole, as columns in the
// engine's precision, or by products alone, whichever the memory budget allows. What is read off it (local basis,
// singular values, metric, tangent spaces) is in files of their own.

import { gram, type Matrix, matrix, rowAt } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import type { FloatArray } from "../map/float-array.ts";
import {
  type CallOptions,
  type DerivativeRoute,
  type DifferentiableMap,
  type Differential,
  differentialAt,
  requireMap,
} from "../map/map.ts";
import { requirePoints, type Space } from "../map/space.ts";
import {
  bytesOfDecomposition,
  bytesOfMatrix,
  bytesPerVector,
  bytesText,
  DEFAULT_MEMORY_BUDGET,
  isIterated,
  tripletsThatFit,
  vectorsPerRun,
} from "./budget.ts";
import { rowChunks } from "./columns.ts";
import { differenceColumns } from "./differences.ts";
import { requireFiniteImages, requireFiniteProducts } from "./finite.ts";
import { concatenate } from "./long-vectors.ts";
import { normalizeVectors } from "./scaled-vjp.ts";

/** What every computation of a derivative takes: a signal, and a limit of memory. */
export interface DerivativeOptions extends CallOptions {
  /** Bytes that the derivative and the engine's working memory may take. Default 2 GiB. */
  readonly memoryBudget?: number | undefined;
}

/** How the whole matrix is computed: see {@link JacobianOptions}. */
export type JacobianMethod = "forward" | "reverse" | "difference";

/** What an engine keeps for its runs may be twice what the vectors of one take. */
const ARENA = 2;

/** Inputs beyond which the spectrum of JᵀJ takes seconds. */
const LONG_SPECTRUM = 1024;

/** A matrix in float64, with its decomposition or without; or columns in the engine's precision. */
export type JacobianForm = "matrix" | "decomposition" | "columns";

/** J = ∂f/∂x at a point x of a map f with n = from.dim inputs and m = to.dim outputs. */
export class JacobianAt {
  /** f. */
  readonly map: DifferentiableMap<FloatArray>;
  /** x, `[n]`. */
  readonly point: FloatArray;
  /** In bytes. */
  readonly memoryBudget: number;
  readonly #call: CallOptions;
  #value: Promise<FloatArray> | undefined;
  #differential: Promise<Differential<FloatArray>> | undefined;

  private constructor(map: DifferentiableMap<FloatArray>, point: FloatArray, options: DerivativeOptions) {
    this.map = map;
    this.point = point;
    this.memoryBudget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET;
    this.#call = { signal: options.signal };
  }

  /**
   * The derivative at `point` `[n]`. Nothing is computed yet.
   *
   * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`; `INVALID_ARGUMENT` for a budget that is not positive.
   */
  static of(
    map: DifferentiableMap<FloatArray>,
    point: FloatArray,
    options: DerivativeOptions = {},
  ): JacobianAt {
    requireMap("jacobian", map);
    requirePoints("jacobian: point", point, 1, map.from);
    const { memoryBudget: budget = DEFAULT_MEMORY_BUDGET } = options;
    if (!(budget > 0)) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `memoryBudget must be a positive number of bytes, got ${budget}.`,
      );
    }
    return new JacobianAt(map, point, options);
  }

  /** n, the number of columns of J. */
  get inputs(): number {
    return this.map.from.dim;
  }

  /** m, the number of rows of J. */
  get outputs(): number {
    return this.map.to.dim;
  }

  /** Stops between two runs of the engine. */
  get signal(): AbortSignal | undefined {
    return this.#call.signal;
  }

  /** Whether J fits the budget in this form. */
  fits(form: JacobianForm): boolean {
    return this.bytesFor(form) <= this.memoryBudget;
  }

  /** Bytes that J takes in this form, with one vector beside it. */
  bytesFor(form: JacobianForm): number {
    return this.#bytesOf(form) + bytesPerVector(this.map);
  }

  /** Vectors that go through the engine in one run. */
  get vectorsPerRun(): number {
    return vectorsPerRun(bytesPerVector(this.map), this.memoryBudget);
  }

  /** f(x), `[m]`. */
  value(): Promise<FloatArray> {
    this.#value ??= this.map.evaluate(this.point, 1, this.#call);
    return this.#value;
  }

  /** How many singular triplets fit the budget. */
  get tripletsThatFit(): number {
    return tripletsThatFit(this.map, this.memoryBudget);
  }

  /**
   * Whether the leading `k` singular triplets come from products with J and its transpose, not from J as a whole:
   * where J does not fit the memory budget as a matrix, or these are far fewer products.
   */
  isIterated(k: number): boolean {
    return isIterated(this.map, k, this.memoryBudget);
  }

  /**
   * Whether the leading `k` should be found alone where all would do as well: where they come from iteration, or
   * where the spectrum of all would block the thread for seconds, during which nothing can be cancelled.
   */
  prefersLeading(k: number): boolean {
    return this.isIterated(k) || this.inputs > LONG_SPECTRUM;
  }

  /** How {@link push} and {@link pull} compute their products. */
  async productRoute(): Promise<DerivativeRoute> {
    return (await this.#linear()).isLinearized ? "linearized products" : "products";
  }

  /** J·t for tangents `[count, n]`: `[count, m]`. The map is linearised at the point, once, where it can be. */
  async push(tangents: FloatArray, count: number): Promise<FloatArray> {
    const { jvp } = await this.#linear();
    return this.#multiply(jvp, tangents, count, this.map.from.dim, this.map.to);
  }

  /**
   * Jᵀ·c for cotangents `[count, m]`: `[count, n]`. Each is first scaled to a size of about 1, by a power of two: for a
   * map in small units the products would vanish in float32.
   */
  async pull(cotangents: FloatArray, count: number): Promise<Float64Array> {
    const { vjp } = await this.#linear();
    const { vectors, scales } = normalizeVectors(cotangents, this.outputs);
    const pulled = await this.#multiply(vjp, vectors, count, this.outputs, this.map.from);
    return Float64Array.from(pulled, (x, at) => x * scales[Math.floor(at / this.inputs)]);
  }

  /** The columns J·e₀, J·e₁, … in the engine's precision, by n products. */
  async columns(): Promise<FloatArray[]> {
    const columns: FloatArray[] = [];
    for await (const { products, width } of this.#runs("columns", this.#bytesOf("columns"))) {
      for (let j = 0; j < width; j++) columns.push(rowAt(products, j, this.outputs));
    }
    return columns;
  }

  /**
   * J `[m, n]`, rows are outputs, columns are inputs, in float64.
   *
   * @param step of `difference`, in units of max(1, root mean square of the point).
   * @throws {VielbeinError} `MEMORY_BUDGET`; `NUMERICAL_FAILURE` where a derivative is not finite.
   */
  async matrix(method: JacobianMethod = cheaperMethod(this.map), step = 5e-3): Promise<Matrix> {
    if (!this.fits("matrix")) throw this.#tooLarge();
    const result = matrix(this.outputs, this.inputs);
    const kind = method === "reverse" ? "rows" : "columns";
    for await (const run of this.#runs(kind, this.#bytesOf("matrix"), method, step)) {
      if (kind === "rows") result.data.set(run.products, run.first * this.inputs);
      else scatterColumns(run.products, run.first, run.width, result);
    }
    return result;
  }

  /**
   * tr J of a map between spaces of one dimension, exactly, by n products of which only the diagonal is kept.
   *
   * @throws {VielbeinError} `SHAPE_MISMATCH` where J is not square; `NUMERICAL_FAILURE`.
   */
  async trace(): Promise<number> {
    requireSquare(this.map);
    let sum = 0;
    for await (const { products, first, width } of this.#runs("columns", 0)) {
      for (let j = 0; j < width; j++) sum += products[j * this.outputs + first + j];
    }
    return sum;
  }

  /**
   * The metric g = JᵀJ `[n, n]`, symmetric, summed in float64. By `columns` all of them are kept and multiplied; by
   * `products`, g·e = Jᵀ·(J·e), nothing of the size of J is. Default: `columns` where they fit the budget.
   */
  async gram(route: "columns" | "products" = this.gramRoute): Promise<Matrix> {
    if (route === "products") return this.#gramByProducts();
    const sum = matrix(this.inputs, this.inputs);
    for (const chunk of rowChunks(await this.columns())) {
      const part = gram(chunk).data;
      for (let i = 0; i < part.length; i++) sum.data[i] += part[i];
    }
    return sum;
  }

  /** Which route {@link gram} takes by itself. */
  get gramRoute(): "columns" | "products" {
    return this.fits("columns") ? "columns" : "products";
  }

  #linear(): Promise<Differential<FloatArray>> {
    this.#differential ??= differentialAt(this.map, this.point);
    return this.#differential;
  }

  #bytesOf(form: JacobianForm): number {
    if (form === "matrix") return bytesOfMatrix(this.map);
    if (form === "decomposition") return bytesOfDecomposition(this.map);
    return this.point.BYTES_PER_ELEMENT * this.inputs * this.outputs;
  }

  #tooLarge(): VielbeinError {
    const needed = bytesText(this.bytesFor("matrix"));
    return new VielbeinError(
      "MEMORY_BUDGET",
      `The memory budget of ${bytesText(this.memoryBudget)} is too small: the Jacobian of "${this.map.from.name}" → "${this.map.to.name}", ${this.outputs} × ${this.inputs}, and one tangent take ${needed}. Raise it to that at least, or choose a smaller output space.`,
    );
  }

  /** All columns or rows of J in order, as many in one run of the engine as fit beside `kept` bytes. */
  async *#runs(
    kind: "columns" | "rows",
    kept: number,
    method: JacobianMethod = "forward",
    step = 0,
  ): AsyncGenerator<{ readonly products: FloatArray; readonly first: number; readonly width: number }> {
    const { map, point } = this;
    const count = kind === "rows" ? this.outputs : this.inputs;
    const size = vectorsPerRun(bytesPerVector(map), (this.memoryBudget - kept) / ARENA);
    for (let first = 0; first < count; first += size) {
      this.signal?.throwIfAborted();
      const width = Math.min(size, count - first);
      const units = (): Float32Array => unitVectors(count, first, width);
      const products =
        method === "difference"
          ? await differenceColumns(map, point, first, width, step)
          : await (kind === "rows"
              ? map.vjp(point, units(), width, this.#call)
              : map.jvp(point, units(), width, this.#call));
      requireFiniteProducts(map, products, first, kind);
      yield { products, first, width };
    }
  }

  async #multiply(
    product: Differential<FloatArray>["jvp"],
    vectors: FloatArray,
    count: number,
    length: number,
    space: Space,
  ): Promise<FloatArray> {
    const size = this.vectorsPerRun;
    const parts: FloatArray[] = [];
    for (let first = 0; first < count; first += size) {
      this.signal?.throwIfAborted();
      const width = Math.min(size, count - first);
      const part = await product(
        vectors.subarray(first * length, (first + width) * length),
        width,
        this.#call,
      );
      requireFiniteImages(this.map, part, space);
      parts.push(part);
    }
    return concatenate(parts);
  }

  async #gramByProducts(): Promise<Matrix> {
    const n = this.inputs;
    const result = matrix(n, n);
    for await (const { products, first, width } of this.#runs("columns", 0)) {
      const { vectors, scales } = normalizeVectors(products, this.outputs);
      const pulled = await this.map.vjp(this.point, vectors, width, this.#call);
      requireFiniteImages(this.map, pulled, this.map.from);
      for (let at = 0; at < pulled.length; at++) {
        result.data[first * n + at] = pulled[at] * scales[Math.floor(at / n)];
      }
    }
    return symmetrize(result);
  }
}

/** A reverse product costs about one and a half forward ones: it pays when the output is that much smaller. */
export function cheaperMethod(
  map: Pick<DifferentiableMap<FloatArray>, "from" | "to">,
): "forward" | "reverse" {
  return 1.5 * map.to.dim < map.from.dim ? "reverse" : "forward";
}

/** @throws {VielbeinError} `SHAPE_MISMATCH` where the spaces have different dimensions. */
function requireSquare({ from, to }: Pick<DifferentiableMap<FloatArray>, "from" | "to">): void {
  if (from.dim === to.dim) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `The derivative of "${from.name}" → "${to.name}" has a trace where both have one dimension, got ${from.dim} and ${to.dim}. Name another tensor to end at.`,
  );
}

/** Rows e_first … e_(first+width−1) of the identity: `[width, n]`. */
function unitVectors(n: number, first: number, width: number): Float32Array {
  const vectors = new Float32Array(width * n);
  for (let j = 0; j < width; j++) vectors[j * n + first + j] = 1;
  return vectors;
}

/** Rows of `columns` `[width, m]` become columns first … of `target` `[m, n]`. */
function scatterColumns(columns: FloatArray, first: number, width: number, target: Matrix): void {
  const { rows: m, cols: n, data } = target;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < width; j++) data[i * n + first + j] = columns[j * m + i];
  }
}

/** A matrix that is symmetric but for rounding, made so in place. */
function symmetrize(a: Matrix): Matrix {
  const { rows: n, data } = a;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (data[i * n + j] + data[j * n + i]) / 2;
      data[i * n + j] = mean;
      data[j * n + i] = mean;
    }
  }
  return a;
}
