// The regressor's outputs as factors: a number for each continuous one, the likeliest choice for each discrete one.

import { matrix } from "@vielbein/linalg";

/** Levels rarer than this among the samples leave batches of one level without variety; their factor is left out. */
const RAREST = 0.01;

/** Values `[n, factors]` in the order of `outputs` (the regressor's description of its columns). */
export function readFactors(raw, outputs) {
  const factors = matrix(raw.rows, outputs.length);
  for (let i = 0; i < raw.rows; i++) {
    outputs.forEach(({ columns }, j) => {
      const values = columns.map((column) => raw.data[i * raw.cols + column]);
      factors.data[i * outputs.length + j] =
        values.length === 1 ? values[0] : values.indexOf(Math.max(...values));
    });
  }
  return factors;
}

/** The factors that the generator varies: discrete ones only where every level that occurs has 1 % of the samples. */
export function usableFactors(factors, outputs) {
  return outputs.flatMap(({ kind }, j) => {
    if (kind === "continuous") return [j];
    const counts = new Map();
    for (let i = 0; i < factors.rows; i++) {
      const level = factors.data[i * factors.cols + j];
      counts.set(level, (counts.get(level) ?? 0) + 1);
    }
    const smallest = Math.min(...counts.values());
    return counts.size > 1 && smallest >= RAREST * factors.rows ? [j] : [];
  });
}

/** Some columns of a matrix. */
export function selectColumns({ rows, cols, data }, chosen) {
  const result = matrix(rows, chosen.length);
  for (let i = 0; i < rows; i++) {
    chosen.forEach((j, k) => {
      result.data[i * chosen.length + k] = data[i * cols + j];
    });
  }
  return result;
}

export function columnMeans({ rows, cols, data }) {
  const sums = new Float64Array(cols);
  data.forEach((x, at) => {
    sums[at % cols] += x / rows;
  });
  return sums;
}

/** Standard deviation of every column (divisor n). */
export function deviations({ rows, cols, data }) {
  const [means, squares] = [columnMeans({ rows, cols, data }), new Float64Array(cols)];
  data.forEach((x, at) => {
    squares[at % cols] += (x - means[at % cols]) ** 2 / rows;
  });
  return squares.map(Math.sqrt);
}
