// The metric averaged over points, whose axes are directions of the whole space (Wang & Ponce, ICLR 2021).

import { eigh, matmul, matrix } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { scaledColumns } from "../grassmann/frames.ts";
import { requireKind } from "../requirements.ts";
import type { PointSpectrum } from "./homogeneity.ts";

/**
 * Full spectrum `[n]` of the mean of Vᵢ·diag(λᵢ)·Vᵢᵀ over the points. Partial spectra, with eigenvectors `[n, k]`, give
 * the mean of their leading parts.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no points, or points of different spaces.
 */
export function averageMetric(points: readonly PointSpectrum[]): PointSpectrum {
  requireKind("averageMetric: points", "spectra", points);
  const n = points[0]?.eigenvectors.rows ?? 0;
  if (n === 0 || points.some(({ eigenvectors }) => eigenvectors.rows !== n)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `averageMetric needs one spectrum or more, all of one space, got ${points.length} of dimensions ${points
        .slice(0, 4)
        .map(({ eigenvectors }) => eigenvectors.rows)
        .join(", ")}.`,
    );
  }
  const sum = matrix(n, n);
  for (const point of points) {
    const { eigenvalues, eigenvectors } = point;
    const part = matmul(scaledColumns(eigenvectors, eigenvalues), eigenvectors, { transposeB: true }).data;
    for (let i = 0; i < part.length; i++) sum.data[i] += part[i] / points.length;
  }
  const { values, vectors } = eigh(sum, { sign: "canonical" });
  return { eigenvalues: values.map((value) => Math.max(0, value)), eigenvectors: vectors };
}
