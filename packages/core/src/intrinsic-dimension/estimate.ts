// What an estimator of dimension says of a cloud.

/**
 * An intrinsic dimension, of the cloud and, where the estimator has them, at its points. The unit is a number
 * of dimensions.
 */
export interface Estimate {
  /** Of the cloud as a whole; undefined where its points do not determine it. */
  readonly dimension: number | undefined;
  /** Why there is none. */
  readonly reason?: string | undefined;
  /** At every distinct point, `[n]`, by estimators that are defined at a point; NaN where it is not determined. */
  readonly local?: Float64Array | undefined;
}

/** No estimate, and why: "all points are equal". */
export function undetermined(reason: string, local?: Float64Array): Estimate {
  return { dimension: undefined, reason, local };
}

/** The estimate, unless it is no number. */
export function determined(dimension: number, reason: string, local?: Float64Array): Estimate {
  return Number.isFinite(dimension) ? { dimension, local } : undetermined(reason, local);
}

const EQUIDISTANT = "the neighbours of every point are equally far from it";

/** The mean of estimates at the points, over those that are determined; the others become NaN. */
export function meanOf(local: Float64Array, reason: string = EQUIDISTANT): Estimate {
  const known = local.map((x) => (Number.isFinite(x) ? x : Number.NaN));
  const values = known.filter((x) => !Number.isNaN(x));
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return determined(mean, reason, known);
}
