// Regression trees by exact greedy splits, grown level by level over codes that are sorted once (Mehta, Agrawal &
// Rissanen, "SLIQ: A Fast Scalable Classifier for Data Mining", EDBT 1996): of all splits of a node, the one that
// lowers the sum of squared errors most.

import type { Matrix } from "@vielbein/linalg";
import { column } from "./columns.ts";

/** Codes in ascending order of every coordinate. */
export interface SortedCodes {
  readonly codes: Matrix;
  /** For every coordinate, the rows in ascending order. */
  readonly order: readonly Int32Array[];
  /** The values in that order. */
  readonly values: readonly Float64Array[];
}

/** A tree of fixed depth in an array: the children of node k are 2k + 1 and 2k + 2. */
export interface RegressionTree {
  /** Coordinate that node k splits by; −1 in a leaf. */
  readonly feature: Int32Array;
  /** Codes up to it go to the left. */
  readonly threshold: Float64Array;
  /** What a leaf predicts. */
  readonly value: Float64Array;
}

/** Splits whose scores differ by no more, relatively, are equal: they mostly part the same rows. */
const TIE = 1e-12;

/** Nodes whose targets vary less than this (as a variance) are leaves. Targets are of the order of 1. */
const PURE = Number.EPSILON;

export function sortCodes(codes: Matrix): SortedCodes {
  const columns = Array.from({ length: codes.cols }, (_, j) => column(codes, j));
  const order = columns.map((x) => Int32Array.from(x.keys()).sort((a, b) => x[a] - x[b] || a - b));
  return { codes, order, values: columns.map((x, j) => Float64Array.from(order[j], (i) => x[i])) };
}

/**
 * A tree for targets `[n]`, split for least squares; leaves predict Σ target/Σ curvature (`[n]`), a Newton step. Adds
 * to `importances[f]` what the splits by coordinate f took off the sum of squares. Where coordinates split a node
 * equally well, as they often do a small one, the first splits it, and all share the credit: it depends on no order.
 *
 * @returns the tree, and the leaf of every row.
 */
export function growTree(
  sorted: SortedCodes,
  target: Float64Array,
  curvature: Float64Array,
  depth: number,
  importances: Float64Array,
): { tree: RegressionTree; leafOf: Int32Array } {
  const { data, rows: n, cols: d } = sorted.codes;
  const size = 2 ** (depth + 1) - 1;
  const [feature, threshold] = [new Int32Array(size).fill(-1), new Float64Array(size)];
  const node = new Int32Array(n);
  for (let level = 0; level < depth; level++) {
    const first = 2 ** level - 1;
    const splits = bestSplits(sorted, target, node, first);
    if (splits.length === 0) break;
    for (const split of splits) {
      feature[split.node] = split.features[0];
      threshold[split.node] = split.threshold;
      for (const f of split.features) importances[f] += split.gain / split.features.length;
    }
    for (let i = 0; i < n; i++) {
      const k = node[i];
      const f = feature[k];
      if (f >= 0) node[i] = 2 * k + (data[i * d + f] <= threshold[k] ? 1 : 2);
    }
  }
  const [sums, curvatures] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < n; i++) {
    sums[node[i]] += target[i];
    curvatures[node[i]] += curvature[i];
  }
  // Where the curvature underflows, the leaf is certain of its class and no step is needed.
  const value = sums.map((sum, k) => (curvatures[k] > 1e-150 ? sum / curvatures[k] : 0));
  return { tree: { feature, threshold, value }, leafOf: node };
}

interface Split {
  readonly node: number;
  /** Coordinates that split the node equally well. */
  readonly features: readonly number[];
  /** Of the first of them. */
  readonly threshold: number;
  /** What the split takes off the sum of squares. */
  readonly gain: number;
}

/** The best split of every node of the level from `first` on that is not a leaf. */
function bestSplits(
  { order, values }: SortedCodes,
  target: Float64Array,
  node: Int32Array,
  first: number,
): Split[] {
  const width = first + 1;
  const [count, sum, squares] = [0, 1, 2].map(() => new Float64Array(width)) as Sums;
  node.forEach((k, i) => {
    if (k < first) return;
    count[k - first]++;
    sum[k - first] += target[i];
    squares[k - first] += target[i] ** 2;
  });
  const open = count.map((c, k) => Number(c > 1 && squares[k] / c - (sum[k] / c) ** 2 > PURE));
  const best = Array.from({ length: width }, (): Candidate => ({ gain: 0, threshold: 0, features: [] }));
  const scan = new NodeScan(width);
  order.forEach((rows, f) => {
    scanCoordinate(scan, rows, values[f], target, node, first, open, count, sum);
    best.forEach((candidate, k) => {
      const [gain, low, high] = [scan.gain[k], scan.low[k], scan.high[k]];
      if (gain < 0) return;
      if (candidate.features.length === 0 || gain > candidate.gain * (1 + TIE)) {
        const middle = low / 2 + high / 2;
        // Between neighbouring numbers the middle may round up to the right one.
        best[k] = { gain, threshold: middle < high ? middle : low, features: [f] };
      } else if (gain >= candidate.gain * (1 - TIE)) {
        candidate.features.push(f);
      }
    });
  });
  return best.flatMap((candidate, k) =>
    candidate.features.length > 0 ? [{ node: first + k, ...candidate }] : [],
  );
}

type Sums = [Float64Array, Float64Array, Float64Array];

interface Candidate {
  readonly gain: number;
  readonly threshold: number;
  readonly features: number[];
}

/** For every node of a level: its best split by one coordinate, and the sums to the left of where the scan is. */
class NodeScan {
  readonly gain: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly leftCount: Float64Array;
  readonly leftSum: Float64Array;
  readonly last: Float64Array;

  constructor(width: number) {
    const zeros = (): Float64Array => new Float64Array(width);
    [this.gain, this.low, this.high] = [zeros(), zeros(), zeros()];
    [this.leftCount, this.leftSum, this.last] = [zeros(), zeros(), zeros()];
  }
}

/**
 * Finds the best split by one coordinate of every open node: between values `low` and `high`, or none, of gain −1. A
 * split of N targets of sum S into c of sum s and the rest gains (s·N − S·c)²/(N·c·(N − c)).
 */
function scanCoordinate(
  { gain, low, high, leftCount, leftSum, last }: NodeScan,
  rows: Int32Array,
  values: Float64Array,
  target: Float64Array,
  node: Int32Array,
  first: number,
  open: Float64Array,
  count: Float64Array,
  sum: Float64Array,
): void {
  gain.fill(-1);
  leftCount.fill(0);
  leftSum.fill(0);
  for (let at = 0; at < rows.length; at++) {
    const i = rows[at];
    const k = node[i] - first;
    if (k < 0 || open[k] === 0) continue;
    const c = leftCount[k];
    const s = leftSum[k];
    const here = values[at];
    if (c > 0 && here > last[k]) {
      const n = count[k];
      const difference = s * n - sum[k] * c;
      const found = (difference * difference) / (n * c * (n - c));
      if (found > gain[k]) {
        gain[k] = found;
        low[k] = last[k];
        high[k] = here;
      }
    }
    leftCount[k] = c + 1;
    leftSum[k] = s + target[i];
    last[k] = here;
  }
}

/** What the tree predicts for row i of `codes`. */
export function treeValue({ feature, threshold, value }: RegressionTree, codes: Matrix, i: number): number {
  let k = 0;
  while (feature[k] >= 0) k = 2 * k + (codes.data[i * codes.cols + feature[k]] <= threshold[k] ? 1 : 2);
  return value[k];
}
