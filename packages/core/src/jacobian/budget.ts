// How much of the engine's and of our own memory a derivative may take, and how many vectors a run is worth.

import type { FloatArray } from "../map/float-array.ts";
import type { DifferentiableMap } from "../map/map.ts";

type Ends = Pick<DifferentiableMap<FloatArray>, "from" | "to" | "bytesPerTangent">;

/** Bytes that a derivative may take where nothing else is said: 2 GiB. */
export const DEFAULT_MEMORY_BUDGET: number = 2 ** 31;

/**
 * From eight tangents in one run on, the cost per tangent is nearly flat for convolutional networks; small
 * networks gain from more, as long as the working memory stays near the caches (tools/bench/chunks).
 */
const TANGENTS_PER_RUN = 8;
const BYTES_PER_RUN = 2 ** 26;

/** Vectors for one run of the engine, at least one: as many as are worth it and fit the budget. */
export function vectorsPerRun(bytesPerVector: number, budget: number): number {
  return Math.max(1, Math.min(worthwhileVectors(bytesPerVector), Math.floor(budget / bytesPerVector)));
}

function worthwhileVectors(bytesPerVector: number): number {
  return Math.max(TANGENTS_PER_RUN, Math.floor(BYTES_PER_RUN / bytesPerVector));
}

/** Bytes that a tangent or cotangent takes in the engine and on its way there and back. */
export function bytesPerVector(map: Ends): number {
  return Math.max(map.bytesPerTangent ?? 0, 4 * (map.from.dim + map.to.dim));
}

/**
 * What decomposing a matrix takes, in matrices of its size: it, its factors, and the copies in the memory of the
 * kernel.
 */
const DECOMPOSITION = 8;

/** Bytes of the Jacobian as a matrix in float64. */
export function bytesOfMatrix(map: Ends): number {
  return 8 * map.from.dim * map.to.dim;
}

/** Bytes that its decomposition takes. */
export function bytesOfDecomposition(map: Ends): number {
  return DECOMPOSITION * bytesOfMatrix(map);
}

/** How many singular triplets or eigenpairs are found where there is no room for all. */
export const LEADING = 32;

/** Whether the metric `[n, n]` can be decomposed whole within the budget. */
export function metricFits({ from }: Pick<Ends, "from">, budget: number = DEFAULT_MEMORY_BUDGET): boolean {
  return DECOMPOSITION * 8 * from.dim ** 2 <= budget;
}

/** Whether the Jacobian can be decomposed whole within the budget, beside what one vector takes. */
export function decompositionFits(map: Ends, budget: number = DEFAULT_MEMORY_BUDGET): boolean {
  return bytesOfDecomposition(map) + bytesPerVector(map) <= budget;
}

/**
 * A product of the whole Jacobian costs less than one of the iteration, which may also need twice as many as expected.
 */
const WORTH_ITERATING = 4;

/**
 * Whether the leading `k` singular triplets are found by iteration: where decomposing the Jacobian
 * exceeds the budget, or takes more than one run of the engine and several times as many products.
 */
export function isIterated(map: Ends, k: number, budget?: number): boolean {
  if (!decompositionFits(map, budget)) return true;
  const expected = 6 * k + 4;
  // A reverse product costs about one and a half forward ones.
  const whole = Math.min(map.from.dim, 1.5 * map.to.dim);
  return whole > worthwhileVectors(bytesPerVector(map)) && whole >= WORTH_ITERATING * expected;
}

/** How many singular triplets fit the budget, their longer vectors counted twice; at least one. */
export function tripletsThatFit(map: Ends, budget: number = DEFAULT_MEMORY_BUDGET): number {
  return Math.max(1, Math.floor((budget - bytesPerVector(map)) / (16 * Math.max(map.from.dim, map.to.dim))));
}

/** A number of bytes in the largest unit that is not above it. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toPrecision(3)} ${units[power]}`;
}
