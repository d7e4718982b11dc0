// The mutual information gap: by how much the code that is most informative about a factor exceeds the next (Chen, Li,
// Grosse & Duvenaud, "Isolating Sources of Disentanglement in Variational Autoencoders", NeurIPS 2018), by histograms.

import { type Matrix, matrix } from "@vielbein/linalg";
import { powerOfTwo } from "../power-of-two.ts";
import { requireInteger, requireKind } from "../requirements.ts";
import { column, levelsOf, meanOf } from "./columns.ts";
import { gapsOf } from "./gap.ts";
import { type LabelledCodes, requireLabelled } from "./labelled-codes.ts";

/** Number of bins of {@link mig}. */
export interface MigOptions {
  /** Bins of equal width over the range of a code, and of a continuous factor. Default 20. */
  readonly bins?: number | undefined;
}

/** The mutual information gap of a representation, from 0 to 1, with what it was computed from. */
export interface Mig {
  /** Mean of `perFactor` over factors that vary; `null` where there is no gap to measure, see `problem`. */
  readonly mig: number | null;
  /** (I₁ − I₂)/H of each factor; `null` of a constant one. `[m]` */
  readonly perFactor: readonly (number | null)[];
  /** I of code i and factor j, in nats, `[d, m]`. */
  readonly mutualInformation: Matrix;
  /** H of each (binned) factor, in nats, `[m]`. */
  readonly entropies: Float64Array;
  /** `one-code`: there is no second; `constant`: no factor varies. */
  readonly problem?: "one-code" | "constant" | undefined;
}

/**
 * MIG of codes. Codes and continuous factors are replaced by the bin they fall into, discrete factors by their level.
 * The estimate of I is biased upwards by about (bins − 1)·(levels − 1)/2n nats.
 *
 * @throws {VielbeinError} `SHAPE_MISMATCH`, `NOT_FINITE`, `INVALID_ARGUMENT`.
 */
export function mig(data: LabelledCodes, { bins = 20 }: MigOptions = {}): Mig {
  requireKind("mig: data", "labelled", data);
  requireLabelled("mig", data);
  requireInteger("mig: bins", bins, 2);
  const { codes, factors, kinds } = data;
  const binned = Array.from({ length: codes.cols }, (_, i) => binsOf(inUnit(column(codes, i)), bins));
  const labels = kinds.map((kind, j) => {
    const values = column(factors, j);
    return kind === "discrete" ? indicesOf(values) : binsOf(inUnit(values), bins);
  });
  const entropies = Float64Array.from(labels, (label) => information(label, label));
  const mutualInformation = matrix(
    codes.cols,
    kinds.length,
    binned.flatMap((code) => labels.map((label) => information(code, label))),
  );
  const found = { mutualInformation, entropies };
  const none = kinds.map(() => null);
  if (codes.cols < 2) return { mig: null, perFactor: none, ...found, problem: "one-code" };
  const perFactor = gapsOf(mutualInformation).map(({ gap }, j) =>
    entropies[j] > 0 ? gap / entropies[j] : null,
  );
  const counted = perFactor.filter((x) => x !== null);
  if (counted.length === 0) return { mig: null, perFactor, ...found, problem: "constant" };
  return { mig: meanOf(counted), perFactor, ...found };
}

interface Labels {
  readonly of: Int32Array;
  readonly count: number;
}

/** In units of a power of two, so that the range of the largest numbers is finite. */
function inUnit(values: Float64Array): Float64Array {
  const unit = powerOfTwo(values);
  return values.map((value) => value / unit);
}

/** The bin of each value; edges belong to the bin on their right, the last to the last bin, as NumPy has it. */
function binsOf(values: Float64Array, bins: number): Labels {
  const low = values.reduce((a, b) => Math.min(a, b));
  const step = (values.reduce((a, b) => Math.max(a, b)) - low) / bins;
  const of = Int32Array.from(values, (x) => {
    if (!(step > 0)) return 0;
    const guess = Math.min(bins - 1, Math.floor((x - low) / step));
    // The quotient may round across an edge.
    if (guess > 0 && x < low + guess * step) return guess - 1;
    return guess < bins - 1 && x >= low + (guess + 1) * step ? guess + 1 : guess;
  });
  return { of, count: bins };
}

function indicesOf(values: Float64Array): Labels {
  const levels = levelsOf(values);
  const index = new Map(Array.from(levels, (level, k) => [level, k]));
  return { of: Int32Array.from(values, (x) => index.get(x)!), count: levels.length };
}

/** Mutual information in nats, Σ p(a, b)·log(p(a, b)/(p(a)·p(b))); of a labelling with itself, its entropy. */
function information(a: Labels, b: Labels): number {
  const n = a.of.length;
  const joint = new Float64Array(a.count * b.count);
  const [ofA, ofB] = [new Float64Array(a.count), new Float64Array(b.count)];
  for (let i = 0; i < n; i++) {
    const [k, l] = [a.of[i], b.of[i]];
    joint[k * b.count + l]++;
    ofA[k]++;
    ofB[l]++;
  }
  const sum = joint.reduce((total, count, at) => {
    if (count === 0) return total;
    const expected = (ofA[Math.floor(at / b.count)] * ofB[at % b.count]) / n;
    return total + count * Math.log(count / expected);
  }, 0);
  return Math.max(0, sum / n);
}
