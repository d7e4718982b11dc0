// The energy of a chain in the output space, E = ½ N Σ ‖f(c_{i+1}) − f(c_i)‖², as a function of the positions of its
// inner nodes. Its gradient needs no metric: at node i it is N·Jᵢᵀ(2fᵢ − f_{i−1} − f_{i+1}). The second derivative is
// Jᵀ(T ⊗ 1)J, with N·T the second differences along the chain, and what the curvature of f adds. The first of the two
// is about 1 in the coordinates c of node moves gᵢ^(−½)·Σₖ (T^(−½))ᵢₖ·cₖ/√N: the metric gᵢ of its place makes every
// node's moves as long as those of its output are, and T^(−½) is the natural smoothing of a path. The second makes
// saddles, which the first does not see, so products with both are taken: differences of gradients.

import { eigh, identity, type Matrix, matmul, matrix, rowAt } from "@vielbein/linalg";
import { scaledVjp } from "../jacobian/scaled-vjp.ts";
import type { DifferentiableMap } from "../map/map.ts";
import { type MetricOptions, metricTensor } from "../metric/metric.ts";
import { along, dot } from "../optimize/objective.ts";
import type { NewtonModel, TruncatedNewtonObjective } from "../optimize/truncated-newton.ts";

/** Eigenvalues of a metric below this share of its first are rounding of single precision. */
const FLOOR = 1e-6;

/**
 * Of a difference of gradients, as a share of the length of the chain. From a hundredth to ten times of it do as well.
 */
const DIFFERENCE = 1e-3;

/** Points are the inner nodes `[N − 1, n]` of chains between fixed ends. */
export class PathEnergy implements TruncatedNewtonObjective {
  readonly #map: DifferentiableMap;
  readonly #line: Float32Array;
  readonly #segments: number;
  readonly #smoothing: Matrix;
  readonly #call: MetricOptions;
  /** gᵢ^(−½) of every inner node. */
  #roots: readonly Matrix[] = [];
  /** Products with the second derivative since the metrics were taken. */
  #products = 0;
  /** Values of the nodes where the energy was last asked for. */
  #values: Float32Array = new Float32Array();

  /** @param line nodes `[N + 1, n]`; the first and the last stay fixed. */
  constructor(map: DifferentiableMap, line: Float32Array, call: MetricOptions) {
    this.#map = map;
    this.#line = line;
    this.#segments = line.length / map.from.dim - 1;
    this.#smoothing = inverseRootOfDifferences(this.#segments);
    this.#call = call;
  }

  /** The inner nodes of the line. */
  origin(): Float64Array {
    const n = this.#map.from.dim;
    return Float64Array.from(this.#line.subarray(n, -n));
  }

  /** All nodes, `[N + 1, n]`. */
  points(inner: Float64Array): Float32Array {
    const points = this.#line.slice();
    points.set(inner, this.#map.from.dim);
    return points;
  }

  async value(inner: Float64Array): Promise<number> {
    this.#values = await this.#evaluate(inner);
    return this.#energyOf(this.#values);
  }

  /** The metrics are taken again where the products since cost as much as they did. */
  async model(inner: Float64Array): Promise<NewtonModel> {
    const nodes = this.#nodes(inner);
    if (this.#roots.length === 0 || 2 * this.#products >= this.#map.from.dim) {
      this.#roots = await this.#rootsAt(nodes);
      this.#products = 0;
    }
    const roots = this.#roots;
    const gradient = await this.#pulled(nodes, roots, this.#values);
    // The length of a chain of even segments.
    const length = Math.sqrt(2 * this.#energyOf(this.#values));
    const product = async (c: Float64Array) => {
      this.#products++;
      const t = (DIFFERENCE * length) / Math.sqrt(dot(c, c));
      const moved = along(inner, t, this.#move(roots, c));
      const there = await this.#pulled(this.#nodes(moved), roots, await this.#evaluate(moved));
      return there.map((value, i) => (value - gradient[i]) / t);
    };
    return { gradient, product, move: (c) => this.#move(roots, c) };
  }

  #evaluate(inner: Float64Array): Promise<Float32Array> {
    return this.#map.evaluate(this.points(inner), this.#segments + 1, this.#call);
  }

  #energyOf(values: Float32Array): number {
    const m = this.#map.to.dim;
    let sum = 0;
    for (let at = m; at < values.length; at++) sum += (values[at] - values[at - m]) ** 2;
    return 0.5 * this.#segments * sum;
  }

  #nodes(inner: Float64Array): Float32Array[] {
    const n = this.#map.from.dim;
    return Array.from({ length: this.#segments - 1 }, (_, i) => Float32Array.from(rowAt(inner, i, n)));
  }

  async #rootsAt(nodes: readonly Float32Array[]): Promise<Matrix[]> {
    const roots: Matrix[] = [];
    for (const node of nodes) roots.push(inverseRoot(await metricTensor(this.#map, node, this.#call)));
    return roots;
  }

  /** Jᵀ of the second differences of `outputs` `[N + 1, m]`, in the coordinates c. */
  async #pulled(
    nodes: readonly Float32Array[],
    roots: readonly Matrix[],
    outputs: Float32Array,
  ): Promise<Float64Array> {
    const [n, m] = [this.#map.from.dim, this.#map.to.dim];
    const rows = matrix(this.#segments - 1, n);
    for (const [i, node] of nodes.entries()) {
      const bend = secondDifference(outputs, i + 1, m).map((value) => Math.sqrt(this.#segments) * value);
      const row = await scaledVjp(this.#map, node, bend, this.#call);
      rows.data.set(matmul(roots[i], matrix(n, 1, row)).data, i * n);
    }
    return matmul(this.#smoothing, rows).data;
  }

  /** How the inner nodes move, `[N − 1, n]`. */
  #move(roots: readonly Matrix[], c: Float64Array): Float64Array {
    const n = this.#map.from.dim;
    const moves = matmul(this.#smoothing, matrix(this.#segments - 1, n, c)).data;
    for (const [i, root] of roots.entries()) {
      const row = matrix(n, 1, rowAt(moves, i, n).slice());
      moves.set(
        matmul(root, row).data.map((value) => value / Math.sqrt(this.#segments)),
        i * n,
      );
    }
    return moves;
  }
}

/** g^(−½), symmetric; 1 of a metric of zeros. */
function inverseRoot(metric: Matrix): Matrix {
  const n = metric.rows;
  const { values, vectors } = eigh(metric);
  const largest = Math.max(...values);
  if (!(largest > 0)) return identity(n);
  const scaled = matrix(
    n,
    n,
    vectors.data.map((x, at) => x / Math.sqrt(Math.max(values[at % n], FLOOR * largest))),
  );
  return matmul(scaled, vectors, { transposeB: true });
}

/** T^(−½) of T = tridiagonal (−1, 2, −1), `[N − 1, N − 1]`, from its eigenvectors, which are sines. */
function inverseRootOfDifferences(segments: number): Matrix {
  const size = segments - 1;
  const sines = matrix(size, size);
  const scaled = matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const sine = Math.sqrt(2 / segments) * Math.sin(((i + 1) * (k + 1) * Math.PI) / segments);
      sines.data[i * size + k] = sine;
      scaled.data[i * size + k] = sine / (2 * Math.sin(((k + 1) * Math.PI) / (2 * segments)));
    }
  }
  return matmul(scaled, sines);
}

/** 2fᵢ − f_{i−1} − f_{i+1}. */
function secondDifference(values: Float32Array, i: number, m: number): Float64Array {
  return Float64Array.from(
    { length: m },
    (_, j) => 2 * values[i * m + j] - values[(i - 1) * m + j] - values[(i + 1) * m + j],
  );
}
