// CMA-ES: search without derivatives, from samples whose covariance adapts to the landscape (Hansen, "The CMA Evolution
// Strategy: A Tutorial", 2016, with its default parameters, active updates left out).

import { eigh, identity, type Matrix, normal, rowAt } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { dot, type Minimum, requireOptions, type StepOptions } from "./objective.ts";

/** Generations, spread and population of {@link cmaEs}. */
export interface CmaEsOptions extends StepOptions {
  /** Generations. Default 300. */
  readonly steps?: number | undefined;
  /** First standard deviation of the samples in every coordinate. Default 0.5. */
  readonly sigma?: number | undefined;
  /** Samples in a generation, at least 2. Default 4 + ⌊3 ln n⌋. */
  readonly population?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Converged when the samples lie within this fraction of their first spread. Default 1e-8. */
  readonly tolerance?: number | undefined;
}

/** Values at several points, which may be computed together. */
export type BlackBox = (points: readonly Float64Array[]) => Promise<readonly number[]>;

/**
 * Minimises `objective` by CMA-ES (Hansen 2016) and returns the best point seen. Values that are not numbers count as
 * infinite.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT`; `NOT_FINITE` when a whole generation has no finite value.
 */
export async function cmaEs(
  objective: BlackBox,
  start: Float64Array,
  options: CmaEsOptions = {},
): Promise<Minimum> {
  requireKind("cmaEs: objective", "function", objective);
  requireKind("cmaEs: start", "numbers", start);
  const n = start.length;
  const { steps = 300, sigma: first = 0.5, seed = 0, tolerance = 1e-8, signal, onStep } = options;
  const population = options.population ?? 4 + Math.floor(3 * Math.log(n));
  requireOptions("cmaEs", { steps }, { sigma: first, tolerance });
  requireInteger("cmaEs: population", population, 2);
  const samples = new Samples(start, first, parameters(n, population));
  let [best, step] = [{ point: start, value: Number.POSITIVE_INFINITY }, 0];
  while (step < steps) {
    signal?.throwIfAborted();
    const moves = Array.from({ length: population }, (_, k) =>
      samples.draw(seed, (step * population + k) * n),
    );
    const points = moves.map((move) => samples.at(move));
    const values = (await objective(points)).map((value) =>
      Number.isNaN(value) ? Number.POSITIVE_INFINITY : value,
    );
    requireSomeFinite(values);
    const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
    if (values[order[0]] < best.value) best = { point: points[order[0]], value: values[order[0]] };
    step++;
    samples.adapt(
      order.map((k) => moves[k]),
      step,
    );
    if (onStep?.({ step, ...best })) break;
    if (samples.spread < tolerance * first) return { ...best, steps: step, converged: true };
  }
  return { ...best, steps: step, converged: false };
}

/** The normal distribution that a generation is drawn from: N(mean, σ²·C). */
class Samples {
  readonly #p: Parameters;
  readonly #covariance: Matrix;
  #mean: Float64Array;
  #sigma: number;
  /** Of the covariance, as it was `#age` generations ago. */
  #axes: Axes;
  #age = 0;
  /**
   * The paths of the mean, in which steps in one direction add up: in units of the samples, and in those of the space.
   */
  #pathSigma: Float64Array;
  #pathC: Float64Array;

  constructor(start: Float64Array, sigma: number, p: Parameters) {
    const n = start.length;
    this.#p = p;
    this.#mean = start.slice();
    this.#sigma = sigma;
    this.#covariance = identity(n);
    this.#axes = { vectors: identity(n), lengths: new Float64Array(n).fill(1) };
    [this.#pathSigma, this.#pathC] = [new Float64Array(n), new Float64Array(n)];
  }

  /** A move from the mean in units of σ, from the numbers of the seed from `first` on. */
  draw(seed: number, first: number): Float64Array {
    return transformed(this.#axes, normal(seed, first, this.#mean.length));
  }

  at(move: Float64Array): Float64Array {
    return this.#mean.map((x, i) => x + this.#sigma * move[i]);
  }

  /** The largest standard deviation along any axis. */
  get spread(): number {
    return this.#sigma * Math.max(...this.#axes.lengths);
  }

  /** Learns from the moves of generation `step`, the best first. */
  adapt(moves: readonly Float64Array[], step: number): void {
    const p = this.#p;
    const chosen = moves.slice(0, p.weights.length);
    const shift = this.#mean.map((_, i) => chosen.reduce((sum, move, r) => sum + p.weights[r] * move[i], 0));
    this.#mean = this.at(shift);
    const n = shift.length;
    const gainSigma = Math.sqrt(p.cSigma * (2 - p.cSigma) * p.effective);
    const whitened = untransformed(this.#axes, shift);
    this.#pathSigma = this.#pathSigma.map((x, i) => (1 - p.cSigma) * x + gainSigma * whitened[i]);
    const length = Math.sqrt(dot(this.#pathSigma, this.#pathSigma));
    const isSlow = length / Math.sqrt(1 - (1 - p.cSigma) ** (2 * step)) < (1.4 + 2 / (n + 1)) * p.chi;
    const gainC = isSlow ? Math.sqrt(p.cC * (2 - p.cC) * p.effective) : 0;
    this.#pathC = this.#pathC.map((x, i) => (1 - p.cC) * x + gainC * shift[i]);
    updateCovariance(this.#covariance, this.#pathC, chosen, p, isSlow);
    this.#sigma *= Math.exp((p.cSigma / p.damping) * (length / p.chi - 1));
    // Every so often is enough: an eigendecomposition costs more than the updates in between.
    if (++this.#age * (p.c1 + p.cMu) * n * 10 > 1) {
      this.#axes = axesOf(this.#covariance);
      this.#age = 0;
    }
  }
}

function requireSomeFinite(values: readonly number[]): void {
  if (values.some(Number.isFinite)) return;
  throw new VielbeinError(
    "NOT_FINITE",
    `cmaEs: some value of a generation must be finite, got none of ${values.length}. Start elsewhere, or with a smaller sigma.`,
  );
}

interface Parameters {
  readonly weights: readonly number[];
  readonly effective: number;
  readonly cSigma: number;
  readonly damping: number;
  readonly cC: number;
  readonly c1: number;
  readonly cMu: number;
  /** Mean length of a standard normal vector. */
  readonly chi: number;
}

function parameters(n: number, population: number): Parameters {
  const parents = Math.floor(population / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log(parents + 0.5) - Math.log(i + 1));
  const total = raw.reduce((sum, w) => sum + w, 0);
  const weights = raw.map((w) => w / total);
  const effective = 1 / weights.reduce((sum, w) => sum + w * w, 0);
  const cSigma = (effective + 2) / (n + effective + 5);
  const c1 = 2 / ((n + 1.3) ** 2 + effective);
  return {
    weights,
    effective,
    cSigma,
    damping: 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + cSigma,
    cC: (4 + effective / n) / (n + 4 + (2 * effective) / n),
    c1,
    cMu: Math.min(1 - c1, (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective)),
    chi: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

/** C ← (1 − c₁ − c_μ)·C + c₁·p·pᵀ + c_μ·Σ wᵢ·yᵢ·yᵢᵀ. */
function updateCovariance(
  c: Matrix,
  path: Float64Array,
  chosen: readonly Float64Array[],
  { c1, cMu, cC, weights }: Parameters,
  isSlow: boolean,
): void {
  const n = c.rows;
  const kept = 1 - c1 - cMu + (isSlow ? 0 : c1 * cC * (2 - cC));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const spread = chosen.reduce((sum, y, r) => sum + weights[r] * y[i] * y[j], 0);
      const value = kept * c.data[i * n + j] + c1 * path[i] * path[j] + cMu * spread;
      c.data[i * n + j] = value;
      c.data[j * n + i] = value;
    }
  }
}

interface Axes {
  readonly vectors: Matrix;
  readonly lengths: Float64Array;
}

function axesOf(covariance: Matrix): Axes {
  const { values, vectors } = eigh(covariance);
  return { vectors, lengths: values.map((value) => Math.sqrt(Math.max(value, 1e-300))) };
}

/** B·D·z. */
function transformed({ vectors, lengths }: Axes, z: Float64Array): Float64Array {
  const n = z.length;
  const stretched = z.map((x, k) => x * lengths[k]);
  return z.map((_, i) => dot(rowAt(vectors.data, i, n), stretched));
}

/** C^(−½)·y = B·D⁻¹·Bᵀ·y. */
function untransformed({ vectors, lengths }: Axes, y: Float64Array): Float64Array {
  const n = y.length;
  const inner = lengths.map((length, k) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += vectors.data[i * n + k] * y[i];
    return sum / length;
  });
  return y.map((_, i) => dot(rowAt(vectors.data, i, n), inner));
}
