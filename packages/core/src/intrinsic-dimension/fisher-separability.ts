// Separability of points by hyperplanes, of which there is the more the more dimensions they fill (Albergante, Bac &
// Zinovyev, "Estimating the effective dimension of large biological datasets using Fisher separability analysis",
// IJCNN 2019).

import { eigh, gram, type Matrix, matmul, matrix, norm, rowAt, transpose } from "@vielbein/linalg";
import { requireKind } from "../requirements.ts";
import { centred } from "../statistics/moments.ts";
import type { Cloud } from "./cloud.ts";
import { type Estimate, undetermined } from "./estimate.ts";

/** Principal components with a variance above this share of the first are kept. */
const LEAST_VARIANCE = 0.1;

/** The margins α: 0.6, 0.62 … 0.98. */
const MARGINS: readonly number[] = Array.from({ length: 20 }, (_, i) => 0.6 + 0.02 * i);

/**
 * Points are centred, whitened in the leading principal components and projected on the sphere. Point x is separable from
 * y by the margin α unless ⟨x, y⟩ > α·⟨x, x⟩; p(α) is the share of pairs that are not. On a sphere of dimension n that
 * share is expected where n = W(−w/(2π·p²·α²·(1 − α²)))/(−w) with w = ln(1 − α²) and Lambert's function W. The estimate is
 * that of the margin nearest to nine tenths of the largest by which any pair is not separable.
 */
export function fisherSeparability(cloud: Cloud): Estimate {
  requireKind("fisherSeparability: cloud", "cloud", cloud);
  if (cloud.n < 3) return undetermined("separability needs at least three distinct points");
  const shares = inseparableShares(onSphere(whitened(centred(cloud.coordinates()).rows)));
  const usable = MARGINS.flatMap((margin, i) =>
    shares[i] > 0 ? [{ margin, dimension: dimensionOnSphere(margin, shares[i]) }] : [],
  );
  const last = usable.at(-1);
  if (!last) return undetermined("all points are separable by every margin: more points are needed");
  const wanted = 0.9 * last.margin;
  const nearest = usable.reduce((best, each) =>
    Math.abs(each.margin - wanted) < Math.abs(best.margin - wanted) ? each : best,
  );
  return { dimension: nearest.dimension };
}

/** Scores of the leading principal components of centred rows, all of one variance: `[n, c]`. */
function whitened(rows: Matrix): Matrix {
  const isTall = rows.rows >= rows.cols;
  const { values, vectors } = eigh(gram(isTall ? rows : transpose(rows)));
  const kept = values.filter((x) => x > LEAST_VARIANCE * values[0]).length;
  const scores = isTall ? matmul(rows, vectors) : vectors;
  const result = matrix(rows.rows, kept);
  for (let i = 0; i < rows.rows; i++) {
    for (let j = 0; j < kept; j++) {
      const unit = isTall ? Math.sqrt(values[j]) : 1;
      result.data[i * kept + j] = scores.data[i * scores.cols + j] / unit;
    }
  }
  return result;
}

/** Rows of length 1; those at the origin, which have no direction, are left out. */
function onSphere({ rows, cols, data }: Matrix): Matrix {
  const projected = Array.from({ length: rows }, (_, i) => {
    const row = rowAt(data, i, cols);
    const length = norm(row);
    return length > 0 ? [row.map((x) => x / length)] : [];
  }).flat();
  const result = matrix(projected.length, cols);
  projected.forEach((row, i) => {
    result.data.set(row, i * cols);
  });
  return result;
}

/** Rows of a block of products. */
const BLOCK = 256;

/** For each margin, the share of ordered pairs of unit rows whose product exceeds it. */
function inseparableShares(rows: Matrix): number[] {
  const counts = MARGINS.map(() => 0);
  const { rows: n, cols } = rows;
  for (let first = 0; first < n; first += BLOCK) {
    const height = Math.min(BLOCK, n - first);
    const block = matrix(height, cols, rows.data.subarray(first * cols, (first + height) * cols));
    const { data } = matmul(block, rows, { transposeB: true });
    for (let i = 0; i < height; i++) {
      data[i * n + first + i] = 0;
    }
    for (const product of data) {
      for (let m = 0; m < MARGINS.length && product > MARGINS[m]; m++) counts[m]++;
    }
  }
  return counts.map((count) => count / (n * (n - 1)));
}

/** The dimension of the sphere on which the share p of pairs is not separable by the margin. */
function dimensionOnSphere(margin: number, p: number): number {
  const square = margin ** 2;
  const w = Math.log(1 - square);
  return lambert(-w / (2 * Math.PI * p ** 2 * square * (1 - square))) / -w;
}

/** W of x > 0, the solution of W·e^W = x, by Newton's method from above. */
function lambert(x: number): number {
  let w = Math.log1p(x);
  for (let step = 0; step < 50; step++) {
    const power = Math.exp(w);
    const next = w - (w * power - x) / (power * (w + 1));
    if (!(next < w)) return w;
    w = next;
  }
  return w;
}
