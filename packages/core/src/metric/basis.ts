// Coordinates in which a metric is nearer to the identity: its axes, shortened where the output moves much.

import { type Matrix, matrix } from "@vielbein/linalg";
import { requireDescending } from "../dimension/kritchman-nadler.ts";
import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import type { PointSpectrum } from "./homogeneity.ts";

/**
 * B = V·diag(sᵢ), `[n, k]`, with sᵢ ∝ λᵢ^(−exponent) and mean square 1 over the axes: x = x₀ + B·c. Exponent 0 only
 * rotates; ½ makes the metric the identity; in between, the scaling is gentler, as in Wang & Ponce's use of it for
 * CMA-ES (0.2 to 0.4). Axes that move the output less than `floor` times the first, in length, are not stretched
 * further.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for an exponent outside [0, 1] or a first eigenvalue that is not positive.
 */
export function metricBasis(spectrum: PointSpectrum, exponent: number, floor = 1e-2): Matrix {
  requireKind("metricBasis: spectrum", "spectrum", spectrum);
  const { eigenvalues, eigenvectors } = spectrum;
  requireDescending("metricBasis: eigenvalues", eigenvalues);
  const first = eigenvalues[0];
  if (!(exponent >= 0 && exponent <= 1 && floor > 0 && floor <= 1 && first > 0)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `metricBasis: the exponent must lie in [0, 1], the floor in (0, 1] and the first eigenvalue be positive, got ${exponent}, ${floor} and ${first}.`,
    );
  }
  const scales = eigenvalues.map((value) => Math.max(value / first, floor ** 2) ** -exponent);
  const rms = Math.sqrt(scales.reduce((sum, s) => sum + s * s, 0) / scales.length);
  const { rows, cols, data } = eigenvectors;
  return matrix(
    rows,
    cols,
    data.map((x, at) => (x * scales[at % cols]) / rms),
  );
}

/**
 * The step along an axis that moves the output by `distance`, to first order: t = distance/√λ. Infinite along an axis
 * that does not move the output.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` for a negative eigenvalue, a distance that is not finite, or both 0, where
 * any step would do.
 */
export function equalStep(eigenvalue: number, distance: number): number {
  if (!(eigenvalue >= 0 && Number.isFinite(distance)) || (eigenvalue === 0 && distance === 0)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `equalStep: the eigenvalue must not be negative, the distance be finite, and one of them not 0, got ${eigenvalue} and ${distance}.`,
    );
  }
  return distance / Math.sqrt(eigenvalue);
}
