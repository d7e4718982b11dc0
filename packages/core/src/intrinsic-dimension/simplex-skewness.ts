// Expected simplex skewness (Johnsson, Soneson & Fontes, "Low Bias Local Intrinsic Dimension Estimation from Expected
// Simplex Skewness", IEEE Trans. Pattern Analysis and Machine Intelligence 37, 2015): how far two vectors of a
// neighbourhood are from parallel, which in many dimensions they seldom are.

import { gram, type Matrix, matrix, transpose } from "@vielbein/linalg";
import { powerOfTwo } from "../power-of-two.ts";
import { requireKind } from "../requirements.ts";
import { centred } from "../statistics/moments.ts";
import type { Cloud } from "./cloud.ts";
import { type Estimate, meanOf } from "./estimate.ts";
import { neighbourhoodOf } from "./neighbours.ts";

/**
 * At a point, the mean area of the parallelograms of two of its k neighbours, seen from their mean, relative to the mean
 * product of their lengths; and the dimension of the ball of which that is expected, linear between whole dimensions (the
 * paper's version a with simplices of dimension 1). All pairs count. Of the cloud, the mean over its points.
 *
 * @param k at least 2.
 * @throws {VielbeinError} `INVALID_ARGUMENT` where the cloud has no k neighbours.
 */
export function simplexSkewness(cloud: Cloud, k: number): Estimate {
  requireKind("simplexSkewness: cloud", "cloud", cloud);
  const neighbours = cloud.neighbours(k);
  const coordinates = cloud.coordinates();
  const dimensionOf = inverseOfExpected();
  return meanOf(
    Float64Array.from({ length: cloud.n }, (_, i) =>
      dimensionOf(skewnessOf(neighbourhoodOf(coordinates, neighbours, i))),
    ),
    "no neighbourhood has two directions to compare",
  );
}

/** Σ area(xᵢ, xⱼ)/Σ ‖xᵢ‖·‖xⱼ‖ over the pairs i < j of rows, less their mean. */
function skewnessOf(points: Matrix): number {
  const { rows: seen } = centred(points);
  // In a unit of their own, so that no product of four lengths vanishes.
  const size = powerOfTwo(seen.data);
  const unit = matrix(
    seen.rows,
    seen.cols,
    seen.data.map((x) => x / size),
  );
  const { rows: k, data: products } = gram(transpose(unit));
  let [areas, lengths] = [0, 0];
  for (let i = 0; i < k; i++) {
    for (let j = i + 1; j < k; j++) {
      const squares = products[i * k + i] * products[j * k + j];
      areas += Math.sqrt(Math.max(0, squares - products[i * k + j] ** 2));
      lengths += Math.sqrt(squares);
    }
  }
  return areas / lengths;
}

/** Dimensions beyond this are not told apart. */
const MOST = 1e6;

/**
 * The dimension of which a skewness is expected: in m dimensions Γ(m/2)²/(Γ((m + 1)/2)·Γ((m − 1)/2)), here from one m to
 * the next but one by the factor m²/(m² − 1).
 */
function inverseOfExpected(): (skewness: number) => number {
  const expected = [Number.NaN, 0, 2 / Math.PI, Math.PI / 4];
  return (skewness) => {
    while (!(expected[expected.length - 1] > skewness)) {
      const m = expected.length - 2;
      if (m > MOST || Number.isNaN(skewness)) return Number.NaN;
      expected.push((expected[m] * m * m) / (m * m - 1));
    }
    let [low, high] = [1, expected.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (expected[middle] <= skewness) low = middle;
      else high = middle;
    }
    return low + (skewness - expected[low]) / (expected[high] - expected[low]);
  };
}
