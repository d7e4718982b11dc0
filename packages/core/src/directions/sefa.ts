// SeFa: directions from the weights alone (Shen & Zhou, "Closed-Form Factorization of Latent Semantics in GANs", CVPR
// 2021). Moving the code of y = A·x + b by t·n moves y by t·A·n wherever x is, so the orthonormal directions with the
// largest Σ‖A·nᵢ‖² are the eigenvectors of AᵀA.

import { canonicalSigns, eigh, gram, leadingColumns, type Matrix, matrix, norm, svd } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { powerOfTwo } from "../power-of-two.ts";
import { requireKind } from "../requirements.ts";
import type { AffineMap } from "./affine-map.ts";

/** Which of the maps to colours are stacked with the others. */
export type ToRgbRule = "last" | "none" | "all";

/** Which of a generator's affine maps {@link selectMaps} takes. */
export interface SefaSelection {
  /** Layers whose maps are used. Default: all. */
  readonly layers?: readonly number[] | undefined;
  /**
   * `"last"`: of the maps to colours only that of the last layer, as in the authors' code; `"none"`; `"all"`. Default
   * `"last"`.
   */
  readonly toRgb?: ToRgbRule | undefined;
}

/** How {@link factorize} scales and decomposes the stacked weights. */
export interface SefaOptions {
  /** Whether every row of A is first scaled to length 1, as in the authors' code. Default `true`. */
  readonly normalizeRows?: boolean | undefined;
  /**
   * `"gram"` decomposes AᵀA; eigenvalues below 1e-16 of the largest are rounding. `"svd"` decomposes A, which takes
   * several times as long and keeps twice as many digits of small ones. Default `"gram"`.
   */
  readonly method?: "gram" | "svd" | undefined;
}

/** Directions from the weights alone, by {@link sefa} or {@link factorize}: eigenvectors of AᵀA. */
export interface Sefa {
  /** n₁, n₂, … as columns, `[dim, min(rows, dim)]`, orthonormal; the entry of largest magnitude of each is positive. */
  readonly directions: Matrix;
  /** λᵢ = ‖A·nᵢ‖², descending. */
  readonly eigenvalues: Float64Array;
  /** λᵢ / Σλ; for rows of length 1, Σλ is their number. */
  readonly share: Float64Array;
  /** Rows of A. */
  readonly rows: number;
}

/**
 * The directions of the weights A₁, A₂, … `[·, dim]`, stacked.
 *
 * @example
 * ```js
 * import { sefa } from "@vielbein/core";
 * import { fromRows } from "@vielbein/linalg";
 *
 * const { directions, share } = sefa([fromRows([[3, 0], [4, 0], [0, 1]])]);
 * console.log(directions.cols, share[0].toFixed(3)); // → 2 0.667
 * ```
 */
export function sefa(weights: readonly Matrix[], options: SefaOptions = {}): Sefa {
  requireKind("sefa: weights", "matrices", weights);
  return factorize(stackWeights(weights, options), options);
}

/**
 * The maps that a selection asks for, in their order.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for layers that no map belongs to, or where nothing is left.
 */
export function selectMaps(maps: readonly AffineMap[], selection: SefaSelection = {}): AffineMap[] {
  requireKind("selectMaps: maps", "list", maps);
  const { layers, toRgb = "last" } = selection;
  const existing = new Set(maps.map((map) => map.layer));
  const missing = layers?.filter((layer) => !existing.has(layer)) ?? [];
  if (missing.length > 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `SeFa: the model has layers ${[...existing].sort((a, b) => a - b).join(", ")}, got ${missing.join(", ")}. Choose among these.`,
    );
  }
  const last = Math.max(...existing);
  const chosen = maps.filter(
    ({ layer, isToRgb }) =>
      (!layers || layers.includes(layer)) &&
      (!isToRgb || toRgb === "all" || (toRgb === "last" && layer === last)),
  );
  if (chosen.length > 0) return chosen;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `SeFa: no weights are left of ${maps.length} affine maps with layers ${layers?.join(", ") ?? "all"} and maps to colours "${toRgb}". Choose more layers, or maps to colours "all".`,
  );
}

/**
 * A `[Σ rows, dim]`: the weights stacked, each row scaled to length 1 unless options say otherwise. Rows of
 * zeros stay.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH` if `dim` differs; `INVALID_ARGUMENT` if there are no rows.
 */
export function stackWeights(
  weights: readonly Matrix[],
  options: Pick<SefaOptions, "normalizeRows"> = {},
): Matrix {
  requireKind("stackWeights: weights", "matrices", weights);
  const stack = emptyStack(weights);
  let at = 0;
  for (const { data } of weights) {
    stack.data.set(data, at);
    at += data.length;
  }
  if (options.normalizeRows ?? true) normalizeRows(stack);
  return stack;
}

/** Room for the rows of all. */
function emptyStack(weights: readonly Matrix[]): Matrix {
  const dim = weights[0]?.cols ?? 0;
  const rows = weights.reduce((sum, weight) => sum + weight.rows, 0);
  if (rows === 0 || dim === 0) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      "SeFa: at least one weight matrix with a row is needed, got none. Choose more layers.",
    );
  }
  const other = weights.find(({ cols }) => cols !== dim);
  if (other) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `SeFa: all weights must act on codes of the same dimension, got ${dim} and ${other.cols} columns.`,
    );
  }
  return matrix(rows, dim);
}

function normalizeRows({ cols, data }: Matrix): void {
  for (let at = 0; at < data.length; at += cols) {
    const length = norm(data.subarray(at, at + cols));
    if (length === 0) continue;
    for (let j = at; j < at + cols; j++) data[j] /= length;
  }
}

/**
 * The directions of A `[rows, dim]`, taken as it is. Directions and shares do not depend on the unit of A; eigenvalues
 * that leave the range of float64 are 0 or infinite.
 *
 * @throws {VielbeinError} `NOT_FINITE` for an entry that is not.
 */
export function factorize(a: Matrix, options: Pick<SefaOptions, "method"> = {}): Sefa {
  requireKind("factorize: a", "matrix", a);
  const count = Math.min(a.rows, a.cols);
  const method = options.method ?? "gram";
  if (method !== "gram" && method !== "svd") {
    throw new VielbeinError("INVALID_ARGUMENT", `SeFa: method must be "gram" or "svd", got "${method}".`);
  }
  const unit = unitOf(a);
  const relative = matrix(
    a.rows,
    a.cols,
    a.data.map((x) => x / unit),
  );
  const { values, vectors } = method === "gram" ? byGram(relative) : bySvd(relative);
  // Rounding may leave a zero eigenvalue below zero.
  const squares = values.slice(0, count).map((value) => Math.max(0, value));
  const total = squares.reduce((sum, value) => sum + value, 0);
  return {
    directions: leadingColumns(vectors, count),
    eigenvalues: squares.map((value) => value * unit * unit),
    share: squares.map((value) => (total > 0 ? value / total : 0)),
    rows: a.rows,
  };
}

/** A power of two: 1, or near the largest entry where squares of that would leave the range of float64. */
function unitOf({ data, cols }: Matrix): number {
  let largest = 0;
  data.forEach((x, at) => {
    if (!Number.isFinite(x)) {
      throw new VielbeinError(
        "NOT_FINITE",
        `SeFa: every weight must be finite, got ${x} in row ${Math.floor(at / cols)}, column ${at % cols}.`,
      );
    }
    largest = Math.max(largest, Math.abs(x));
  });
  const unit = powerOfTwo([largest]);
  return Math.abs(Math.log2(unit)) < SAFE_EXPONENT ? 1 : Math.max(unit, 2 ** -1022);
}

/** Sums of squares of numbers within 2^±400 keep their digits. */
const SAFE_EXPONENT = 400;

interface Factors {
  readonly values: Float64Array;
  readonly vectors: Matrix;
}

function byGram(a: Matrix): Factors {
  return eigh(gram(a), { sign: "canonical" });
}

function bySvd(a: Matrix): Factors {
  const { s, v } = svd(a);
  return { values: s.map((value) => value * value), vectors: canonicalSigns(v, v).v };
}
