// The FactorVAE score: where a factor is held fixed, the code that stands for it varies least; a majority vote learns
// which code stands for which factor, and the score is how often it is right (Kim & Mnih, "Disentangling by
// Factorising", ICML 2018).

import { type Matrix, matrix, rowAt, uniform } from "@vielbein/linalg";
import { VielbeinError } from "../errors.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import type { Settled } from "../settled.ts";
import { column, inUnits, sampleVariances, unitsOf } from "./columns.ts";
import { type LabelledCodes, requireLabelled, requireMatrix } from "./labelled-codes.ts";

/** Codes `[batch, d]` of points that share the value of a factor, drawn again for every vote. */
export type FixedFactorBatch = (factor: number, vote: number) => Matrix | Promise<Matrix>;

/** Numbers of votes, and the threshold below which codes count as constant. */
export interface FactorVaeOptions {
  /** Number of votes from which the map from codes to factors is learnt. Default 10 000. */
  readonly trainingVotes?: number | undefined;
  /** Number of votes on which it is evaluated. Default 5000. */
  readonly evaluationVotes?: number | undefined;
  /**
   * Codes with a smaller standard deviation are left out; 0.05 is usual for posterior means. Default 0: only constant
   * codes are.
   */
  readonly minimumDeviation?: number | undefined;
  /** Seed of the factors that are voted on. Default 0. */
  readonly seed?: number | bigint | undefined;
}

/** The FactorVAE score of a representation: the share of votes that name the right factor, from 0 to 1. */
export interface FactorVae {
  /** Share of correct evaluation votes; `null` where no code varies. */
  readonly score: number | null;
  /** The same for the training votes. */
  readonly trainingScore: number | null;
  /** Codes that take part. */
  readonly activeCodes: Int32Array;
  /** For each factor, the share of the evaluation votes for it that named it; `null` without votes. `[m]` */
  readonly perFactor: readonly (number | null)[];
  /** Training votes for factor j in which code i varied least, `[d, m]`. */
  readonly votes: Matrix;
  /** Why there is no score. */
  readonly problem?: "no-active-codes" | undefined;
}

/**
 * FactorVAE score of codes. Variances are those of samples (divided by n − 1), in a batch relative to all.
 *
 * @param global codes over all factors, `[n, d]`; 10 000 are usual.
 * @param factorCount m, of factors that vary; with one factor the score is 1 whatever the codes.
 * @param batch for vote 0, 1, … of both kinds; 64 rows are usual.
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`.
 */
export async function factorVae(
  global: Matrix,
  factorCount: number,
  batch: FixedFactorBatch,
  options: FactorVaeOptions = {},
): Promise<FactorVae> {
  requireKind("factorVae: global", "matrix", global);
  requireKind("factorVae: batch", "function", batch);
  const { trainingVotes = 10_000, evaluationVotes = 5000, minimumDeviation = 0, seed = 0 } = options;
  requireVote(global, factorCount, { trainingVotes, evaluationVotes, minimumDeviation, seed });
  const scale = scaleOf(global, minimumDeviation);
  const { activeCodes } = scale;
  if (activeCodes.length === 0) return unscored(global.cols, factorCount, activeCodes);
  const count = (first: number, votes: number): Promise<Matrix> =>
    countVotes(scale, factorCount, batch, { seed, first, votes });
  const votes = await count(0, trainingVotes);
  const factorOf = commonestFactors(votes);
  const evaluation = await count(trainingVotes, evaluationVotes);
  const right = (tally: Matrix, j: number) => {
    const ofFactor = column(tally, j);
    return ofFactor.reduce((sum, x, i) => (factorOf[i] === j ? sum + x : sum), 0);
  };
  const all = Array.from({ length: factorCount }, (_, j) => j);
  const share = (tally: Matrix, total: number) => all.reduce((sum, j) => sum + right(tally, j), 0) / total;
  return {
    score: share(evaluation, evaluationVotes),
    trainingScore: share(votes, trainingVotes),
    activeCodes,
    perFactor: all.map((j) => {
      const total = column(evaluation, j).reduce((sum, x) => sum + x, 0);
      return total > 0 ? right(evaluation, j) / total : null;
    }),
    votes,
  };
}

/** How codes vary over all factors: what a batch is measured by. */
interface CodeScale {
  readonly units: Float64Array;
  /** In these units, `[d]`. */
  readonly variances: Float64Array;
  readonly activeCodes: Int32Array;
}

function scaleOf(global: Matrix, minimumDeviation: number): CodeScale {
  const units = unitsOf(global);
  const variances = sampleVariances(inUnits(global, units));
  const isActive = (i: number) => variances[i] > 0 && Math.sqrt(variances[i]) * units[i] >= minimumDeviation;
  return { units, variances, activeCodes: Int32Array.from([...variances.keys()].filter(isActive)) };
}

function unscored(d: number, factorCount: number, activeCodes: Int32Array): FactorVae {
  return {
    score: null,
    trainingScore: null,
    activeCodes,
    perFactor: Array.from({ length: factorCount }, () => null),
    votes: matrix(d, factorCount),
    problem: "no-active-codes",
  };
}

/** Votes `first` … for the code that varies least, by code and factor held fixed: `[d, m]`. */
async function countVotes(
  { units, variances, activeCodes }: CodeScale,
  factorCount: number,
  batch: FixedFactorBatch,
  { seed, first, votes }: { readonly seed: number | bigint; readonly first: number; readonly votes: number },
): Promise<Matrix> {
  const tally = matrix(variances.length, factorCount);
  for (let vote = first; vote < first + votes; vote++) {
    const factor = Math.floor(uniform(seed, vote, 1)[0] * factorCount);
    const codes = await batch(factor, vote);
    requireBatch(codes, variances.length);
    const own = sampleVariances(inUnits(codes, units));
    const relative = (i: number) => own[i] / variances[i];
    const least = activeCodes.reduce((best, i) => (relative(i) < relative(best) ? i : best), activeCodes[0]);
    tally.data[least * factorCount + factor]++;
  }
  return tally;
}

function requireVote(
  global: Matrix,
  factorCount: number,
  { trainingVotes, evaluationVotes, minimumDeviation }: Settled<FactorVaeOptions>,
): void {
  requireMatrix("factorVae: global", global);
  const positive = [factorCount, trainingVotes, evaluationVotes].every((x) => Number.isInteger(x) && x > 0);
  if (positive && minimumDeviation >= 0 && global.rows >= 2) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `factorVae: factors and votes must be positive integers, minimumDeviation at least 0, and codes at least 2, got ${factorCount} factors, ${trainingVotes} and ${evaluationVotes} votes, ${minimumDeviation} and ${global.rows} codes.`,
  );
}

/** The factor that each code voted for most often: of equally frequent ones the first, as for a code without votes. */
function commonestFactors({ rows, cols, data }: Matrix): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => {
    const row = rowAt(data, i, cols);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  });
}

/** Size and seed of the batches that {@link neighbourBatches} draws. */
export interface NeighbourBatchOptions {
  /** Rows of a batch. Default 64. */
  readonly size?: number | undefined;
  /** Default 0. */
  readonly seed?: number | bigint | undefined;
}

/** The rows of a batch read random numbers that the choice of factors under the same seed does not reach. */
const FIRST_BATCH = 2 ** 41;

/**
 * Batches for `factorVae` where factors are measured and cannot be held fixed: the value of a random row is drawn, and
 * the batch is the rows nearest to it in that factor, or, of a discrete factor, rows of the same level (drawn with
 * replacement). The factor still varies over `size`/n of its quantiles, which lowers the score: take n large.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`.
 */
export function neighbourBatches(
  data: LabelledCodes,
  { size = 64, seed = 0 }: NeighbourBatchOptions = {},
): FixedFactorBatch {
  requireKind("neighbourBatches: data", "labelled", data);
  requireLabelled("neighbourBatches", data);
  const { codes, factors, kinds } = data;
  const n = codes.rows;
  requireInteger("neighbourBatches: size", size, 2, n, "the number of rows");
  const sorted = kinds.map((_, j) => {
    const values = column(factors, j);
    const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b] || a - b);
    return { order, values: Float64Array.from(order, (row) => values[row]) };
  });
  return (factor, vote) => {
    const { order, values } = sorted[factor];
    const draws = uniform(seed, FIRST_BATCH + vote, size + 1);
    const at = Math.floor(draws[0] * n);
    let chosen: Int32Array;
    if (kinds[factor] === "discrete") {
      const [low, high] = [values.indexOf(values[at]), values.lastIndexOf(values[at]) + 1];
      chosen = Int32Array.from(draws.subarray(1), (x) => order[low + Math.floor(x * (high - low))]);
    } else {
      const low = nearestWindow(values, at, size);
      chosen = order.subarray(low, low + size);
    }
    const rows = matrix(size, codes.cols);
    chosen.forEach((row, k) => {
      rows.data.set(rowAt(codes.data, row, codes.cols), k * codes.cols);
    });
    return rows;
  };
}

/** Start of the `size` ascending values nearest to that at `at`. */
function nearestWindow(values: Float64Array, at: number, size: number): number {
  const centre = values[at];
  let [low, high] = [at, at + 1];
  while (high - low < size) {
    const below = low > 0 ? centre - values[low - 1] : Number.POSITIVE_INFINITY;
    const above = high < values.length ? values[high] - centre : Number.POSITIVE_INFINITY;
    if (below <= above) low--;
    else high++;
  }
  return low;
}

function requireBatch(codes: Matrix, d: number): void {
  requireMatrix("factorVae: a batch", codes);
  if (codes.cols !== d || codes.rows < 2) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `factorVae: a batch must hold at least 2 codes of ${d} coordinates, got [${codes.rows}, ${codes.cols}].`,
    );
  }
}
