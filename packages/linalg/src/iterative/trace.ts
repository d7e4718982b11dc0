// The trace of a matrix that is known by its products with vectors, by sampling: Hutchinson, "A stochastic estimator of
// the trace of the influence matrix for Laplacian smoothing splines" (Commun. Stat. Simul. 18, 1989), and Meyer, Musco,
// Musco & Woodruff, "Hutch++: Optimal stochastic trace estimation" (SOSA 2021).

import { orthonormalize } from "../decompositions/subspaces.ts";
import { LinalgError } from "../errors.ts";
import { matmul } from "../matmul.ts";
import { type Matrix, matrix, requireOption, requireSquare, transpose } from "../matrix.ts";
import { uniform } from "../random/random.ts";
import { type BlockOperator, RowOperator } from "./operator.ts";

/** How {@link estimateTrace} draws random vectors, and how many products it takes. */
export interface TraceOptions {
  /**
   * `hutchinson` averages vᵀ·A·v over random signs v. `hutch++` spends a third of the products on finding the leading
   * range of A, takes the trace on it exactly, and samples the rest alone: for a matrix of low rank next to nothing is
   * left to chance. Default `hutch++`.
   */
  readonly method?: "hutchinson" | "hutch++" | undefined;
  /** Products with A: the most that are taken. Default 96. */
  readonly products?: number | undefined;
  /** Seed of the random signs. Default 0. */
  readonly seed?: number | bigint | undefined;
  /** Stops between two blocks of products. */
  readonly signal?: AbortSignal | undefined;
}

/** The trace of an operator that is known by its products, with its standard error. */
export interface TraceEstimate {
  /** The estimate, a mean over random vectors. */
  readonly trace: number;
  /** Standard deviation of the mean over the random vectors. */
  readonly standardError: number;
  /** The random vectors that it is the mean over. */
  readonly samples: number;
  /** Products with single vectors that it took. */
  readonly products: number;
}

/** Samples below which their scatter says nothing. */
const FEWEST_SAMPLES = 4;

/**
 * Estimates the trace of A `[n, n]`, without bias; what scatters is the part off the diagonal.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT` for fewer products than four samples take; `SHAPE_MISMATCH` or `NOT_FINITE`
 *   for what the operator returns.
 */
export async function estimateTrace(
  a: Matrix | BlockOperator,
  options: TraceOptions = {},
): Promise<TraceEstimate> {
  const { method = "hutch++", products = 96 } = options;
  requireOption("estimateTrace: method", method, ["hutchinson", "hutch++"]);
  requireSquare("estimateTrace", a);
  const share = method === "hutchinson" ? 1 : 3;
  const samples = Math.floor(products / share);
  if (!Number.isSafeInteger(products) || samples < FEWEST_SAMPLES) {
    throw new LinalgError(
      "INVALID_ARGUMENT",
      `estimateTrace: ${method} takes an integer of ${share * FEWEST_SAMPLES} products or more, got ${products}.`,
    );
  }
  const operator = new RowOperator("estimateTrace", a);
  try {
    const found = await (method === "hutchinson" ? hutchinson : hutchPlusPlus)(operator, samples, options);
    const scale = Float64Array.of(found.trace, found.standardError);
    operator.restore(scale);
    return { trace: scale[0], standardError: scale[1], samples, products: operator.products };
  } finally {
    operator.release();
  }
}

type Estimate = Pick<TraceEstimate, "trace" | "standardError">;

async function hutchinson(a: RowOperator, samples: number, { seed = 0 }: TraceOptions): Promise<Estimate> {
  const signs = randomSigns(seed, 0, samples, a.cols);
  return meanOf(rowProducts(signs, await a.apply(signs)));
}

/** Algorithm 1: tr(QᵀAQ) + the mean of gᵀ(I − QQᵀ)A(I − QQᵀ)g, Q an orthonormal basis of A·S. */
async function hutchPlusPlus(
  a: RowOperator,
  samples: number,
  { seed = 0, signal }: TraceOptions,
): Promise<Estimate> {
  const sketch = await a.apply(randomSigns(seed, 0, samples, a.cols));
  // A matrix of zeros has no range.
  const range = transpose(orthonormalize(transpose(sketch)));
  signal?.throwIfAborted();
  const onRange = rowProducts(range, await a.apply(range)).reduce((sum, x) => sum + x, 0);
  signal?.throwIfAborted();
  const rest = withoutRange(randomSigns(seed, samples, samples, a.cols), range);
  const { trace, standardError } = meanOf(rowProducts(rest, await a.apply(rest)));
  return { trace: onRange + trace, standardError };
}

/** Rows of independent signs, `[count, n]`: those of samples first … of the seed. */
function randomSigns(seed: number | bigint, first: number, count: number, n: number): Matrix {
  const signs = matrix(count, n);
  for (let i = 0; i < count; i++) {
    signs.data.set(
      uniform(seed, first + i, n).map((x) => (x < 0.5 ? -1 : 1)),
      i * n,
    );
  }
  return signs;
}

/** G − G·QᵀQ for rows G and orthonormal rows Q. */
function withoutRange(g: Matrix, q: Matrix): Matrix {
  if (q.rows === 0) return g;
  const inside = matmul(matmul(g, q, { transposeB: true }), q);
  return matrix(
    g.rows,
    g.cols,
    g.data.map((x, at) => x - inside.data[at]),
  );
}

/** ⟨xᵢ, yᵢ⟩ of rows. */
function rowProducts({ rows, cols, data }: Matrix, y: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let at = i * cols; at < (i + 1) * cols; at++) sum += data[at] * y.data[at];
    return sum;
  });
}

function meanOf(values: Float64Array): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { trace: mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}
