// Means and second central moments of samples that come in batches, in float64. Every batch is centred by its own mean
// before it is multiplied, and batches are joined by the rule of Chan, Golub & LeVeque ("Algorithms for computing the
// sample variance", The American Statistician 37, 1983), so that a mean far from zero costs no digits.

import { gram, type Matrix, matmul, matrix } from "@vielbein/linalg";

/** Samples of x and, beside each, of y: Σ(x − x̄)(y − ȳ)ᵀ, `[dimX, dimY]`. */
export class CrossMoments {
  count = 0;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  readonly scatter: Matrix;

  constructor(dimX: number, dimY: number) {
    this.meanX = new Float64Array(dimX);
    this.meanY = new Float64Array(dimY);
    this.scatter = matrix(dimX, dimY);
  }

  /** Adds the rows of X `[count, dimX]` and Y `[count, dimY]`. */
  append(x: Matrix, y: Matrix): void {
    const [centredX, centredY] = [centred(x), centred(y)];
    const product = matmul(centredX.rows, centredY.rows, { transposeA: true });
    join(this, product, centredX.mean, centredY.mean, x.rows);
  }
}

/** Samples of x: Σ(x − x̄)(x − x̄)ᵀ, `[dim, dim]`. */
export class Moments {
  count = 0;
  readonly meanX: Float64Array;
  readonly scatter: Matrix;

  constructor(dim: number) {
    this.meanX = new Float64Array(dim);
    this.scatter = matrix(dim, dim);
  }

  /** Adds the rows of X `[count, dim]`. */
  append(x: Matrix): void {
    const { rows, mean } = centred(x);
    join(this, gram(rows), mean, mean, x.rows);
  }
}

/** The mean of the rows, and the rows less it. */
export function centred(x: Matrix): { mean: Float64Array; rows: Matrix } {
  const { cols, data } = x;
  const mean = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) mean[i % cols] += data[i];
  for (let j = 0; j < cols; j++) mean[j] /= x.rows;
  const rows = matrix(
    x.rows,
    cols,
    data.map((value, i) => value - mean[i % cols]),
  );
  return { mean, rows };
}

interface Sums {
  count: number;
  readonly meanX: Float64Array;
  readonly meanY?: Float64Array | undefined;
  readonly scatter: Matrix;
}

/** Joins a batch: S ← S + S′ + n·m/(n + m)·δδᵀ, where δ is the difference of the means. */
function join(sums: Sums, scatter: Matrix, meanX: Float64Array, meanY: Float64Array, batch: number): void {
  const { count, meanX: x, meanY: y, scatter: sum } = sums;
  const weight = (count * batch) / (count + batch);
  const deltaX = meanX.map((value, i) => value - x[i]);
  const deltaY = y ? meanY.map((value, j) => value - y[j]) : deltaX;
  for (let i = 0, at = 0; i < sum.rows; i++) {
    const scaled = weight * deltaX[i];
    for (let j = 0; j < sum.cols; j++, at++) sum.data[at] += scatter.data[at] + scaled * deltaY[j];
  }
  sums.count = count + batch;
  shift(x, deltaX, batch / sums.count);
  if (y) shift(y, deltaY, batch / sums.count);
}

function shift(mean: Float64Array, delta: Float64Array, share: number): void {
  for (let i = 0; i < mean.length; i++) mean[i] += share * delta[i];
}
