// Linear regression as an estimator of importances: magnitudes of the coefficients of standardised codes, with a
// penalty on their magnitudes (lasso: Tibshirani, J. R. Statist. Soc. B 58, 1996) or on their squares (ridge). A
// discrete factor is regressed as the indicators of its levels.

import { gram, type Matrix, matmul, matrix, solve } from "@vielbein/linalg";
import { requirePositive } from "../requirements.ts";
import { centred } from "../statistics/moments.ts";
import { column, fromColumns, inUnits, levelsOf, sampleDeviations, unitsOf } from "./columns.ts";
import type { ImportanceEstimator } from "./estimator.ts";
import type { LabelledCodes } from "./labelled-codes.ts";
import { lassoCoefficients } from "./lasso.ts";

/** Weight of the penalty of {@link lasso} and its kin. */
export interface PenaltyOptions {
  /** Weight of the penalty, above 0, in units of standardised codes and targets. Default 0.02. */
  readonly alpha?: number | undefined;
}

/** Coefficients `[d, t]` of standardised targets, from XᵀX/n `[d, d]` and XᵀT/n `[d, t]`. */
type Fit = (covariance: Matrix, crossCovariance: Matrix) => Matrix;

/**
 * Minimises ‖t − Xw‖²/(2n) + α‖w‖₁ for every standardised target t `[n]` and standardised codes X `[n, d]`: codes that
 * are not needed get exactly 0. At α = 1 all do.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`; the estimator: `NUMERICAL_FAILURE` if no set of codes is found to be the
 * right one.
 */
export function lasso({ alpha = 0.02 }: PenaltyOptions = {}): ImportanceEstimator {
  requireAlpha("lasso", alpha);
  return linearEstimator((covariance, cross) =>
    fromColumns(
      cross.rows,
      Array.from({ length: cross.cols }, (_, j) => lassoCoefficients(covariance, column(cross, j), alpha)),
    ),
  );
}

/**
 * Minimises ‖t − Xw‖²/(2n) + α‖w‖²/2: all codes count, and correlated ones share what they explain.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`.
 */
export function ridge({ alpha = 0.02 }: PenaltyOptions = {}): ImportanceEstimator {
  requireAlpha("ridge", alpha);
  return linearEstimator((covariance, cross) => {
    const { rows, cols, data } = covariance;
    const shifted = data.map((value, at) => (at % (cols + 1) === 0 ? value + alpha : value));
    return solve(matrix(rows, cols, shifted), cross, { structure: "positive" });
  });
}

function requireAlpha(what: string, alpha: number): void {
  requirePositive(`${what}: alpha`, alpha);
}

function linearEstimator(fit: Fit): ImportanceEstimator {
  return (train) => {
    const n = train.codes.rows;
    const { columns, owners } = targetsOf(train);
    const [codes, targets] = [standardise(train.codes), standardise(fromColumns(n, columns))];
    const divided = (a: Matrix) =>
      matrix(
        a.rows,
        a.cols,
        a.data.map((x) => x / n),
      );
    const coefficients = fit(
      divided(gram(codes.rows)),
      divided(matmul(codes.rows, targets.rows, { transposeA: true })),
    );
    return {
      importances: meanMagnitudes(coefficients, owners),
      predict: (unseen) => {
        const expected = matmul(codes.apply(unseen), coefficients);
        const { mean, deviation } = targets;
        const value = (i: number, t: number) => mean[t] + deviation[t] * expected.data[i * expected.cols + t];
        return fromColumns(
          unseen.rows,
          owners.map(({ first, levels }) =>
            Float64Array.from({ length: unseen.rows }, (_, i) => {
              if (!levels) return value(i, first);
              const scores = Array.from(levels, (_, k) => value(i, first + k));
              return levels[scores.indexOf(Math.max(...scores))];
            }),
          ),
        );
      },
    };
  };
}

/** Where the targets of a factor are: one column, or one for each of its levels. */
interface Owner {
  readonly first: number;
  readonly levels?: Float64Array | undefined;
}

function targetsOf({ factors, kinds }: LabelledCodes): { columns: Float64Array[]; owners: Owner[] } {
  const columns: Float64Array[] = [];
  const owners = kinds.map((kind, j): Owner => {
    const first = columns.length;
    const values = column(factors, j);
    if (kind === "continuous") {
      columns.push(values);
      return { first };
    }
    const levels = levelsOf(values);
    for (const level of levels) columns.push(values.map((x) => Number(x === level)));
    return { first, levels };
  });
  return { columns, owners };
}

/** Importances `[d, m]`: |w|, or its mean over the levels. */
function meanMagnitudes(w: Matrix, owners: readonly Owner[]): Matrix {
  const columns = owners.map(({ first, levels }) => {
    const count = levels?.length ?? 1;
    return Float64Array.from({ length: w.rows }, (_, i) => {
      const own = w.data.subarray(i * w.cols + first, i * w.cols + first + count);
      return own.reduce((sum, x) => sum + Math.abs(x), 0) / count;
    });
  });
  return fromColumns(w.rows, columns);
}

interface Standardised {
  readonly mean: Float64Array;
  /** Divided by n; 0 of a constant column. */
  readonly deviation: Float64Array;
  readonly rows: Matrix;
  apply(other: Matrix): Matrix;
}

/** Columns of mean 0 and variance 1; constant ones become 0. */
function standardise(x: Matrix): Standardised {
  const units = unitsOf(x);
  const scaled = inUnits(x, units);
  const { mean } = centred(scaled);
  const deviation = sampleDeviations(scaled).map((one) => one * Math.sqrt((x.rows - 1) / x.rows));
  const apply = (other: Matrix): Matrix => {
    const data = inUnits(other, units).data.map((value, at) => {
      const j = at % x.cols;
      return deviation[j] === 0 ? 0 : (value - mean[j]) / deviation[j];
    });
    return matrix(other.rows, other.cols, data);
  };
  const back = (values: Float64Array) => values.map((value, j) => value * units[j]);
  return { mean: back(mean), deviation: back(deviation), rows: apply(x), apply };
}
