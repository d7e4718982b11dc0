// Several maps of the same code as one map, whose derivative gives the results for their mean metric.

import { VielbeinError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { type CallOptions, type DifferentiableMap, type Differential, differentialAt } from "./map.ts";
import type { Space } from "./space.ts";

/**
 * x ↦ (f₁(x), …, fₙ(x)) / √n, whose metric JᵀJ is the mean of the maps' JᵢᵀJᵢ. Its output has the shape `[n,
 * ...shape]`; disposing of it disposes of the maps. A single map is returned as it is.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` if there are no maps, `SHAPE_MISMATCH` for maps between other spaces than
 * those of the first.
 */
export function stackMaps(maps: readonly DifferentiableMap[]): DifferentiableMap {
  requireKind("stackMaps: maps", "maps", maps);
  const [first] = maps;
  if (!first)
    throw new VielbeinError("INVALID_ARGUMENT", "stackMaps: one map at least is needed, got none. Pass one.");
  if (maps.length === 1) return first;
  for (const { from, to } of maps) requireSame(first, from.dim, to.dim);
  const { from, to } = first;
  const n = maps.length;
  const parts = new Parts(n, to.dim);
  return {
    from,
    to: stackedSpace(to, n),
    bytesPerTangent: first.bytesPerTangent === undefined ? undefined : first.bytesPerTangent + 4 * n * to.dim,
    evaluate: (points, count, call) => parts.join(maps, count, (map) => map.evaluate(points, count, call)),
    jvp: (point, tangents, count, call) =>
      parts.join(maps, count, (map) => map.jvp(point, tangents, count, call)),
    vjp: (point, cotangents, count, call) =>
      parts.sum(maps, cotangents, count, (map, part) => map.vjp(point, part, count, call)),
    linearize: async (point) => {
      const all: Differential[] = [];
      for (const map of maps) all.push(await differentialAt(map, point));
      return {
        jvp: (tangents: Float32Array, count: number, call?: CallOptions) =>
          parts.join(all, count, (at) => at.jvp(tangents, count, call)),
        vjp: (cotangents: Float32Array, count: number, call?: CallOptions) =>
          parts.sum(all, cotangents, count, (at, part) => at.vjp(part, count, call)),
        isLinearized: all.every(({ isLinearized }) => isLinearized === true),
      };
    },
    dispose: async () => {
      for (const map of maps) await map.dispose();
    },
  };
}

/** Where stacked maps end: n points of the space. */
export function stackedSpace(space: Space, n: number): Space {
  requireKind("stackedSpace: space", "space", space);
  const { name, dim, shape } = space;
  return n === 1 ? { name, dim, shape } : { name, dim: n * dim, shape: [n, ...shape] };
}

function requireSame({ from, to }: DifferentiableMap, fromDim: number, toDim: number): void {
  if (fromDim === from.dim && toDim === to.dim) return;
  throw new VielbeinError(
    "SHAPE_MISMATCH",
    `stackMaps: all maps must go between the same spaces, got ${from.dim} → ${to.dim} and ${fromDim} → ${toDim} dimensions. Leave one out.`,
  );
}

/** Rows `[n · dim]` that consist of n parts of `dim` numbers each. */
class Parts {
  readonly #n: number;
  readonly #dim: number;
  readonly #scale: number;

  constructor(n: number, dim: number) {
    this.#n = n;
    this.#dim = dim;
    this.#scale = 1 / Math.sqrt(n);
  }

  /** `[count, n · dim]`: what each part yields, `[count, dim]`, put side by side. */
  async join<T>(
    items: readonly T[],
    count: number,
    rowsOf: (item: T) => Promise<Float32Array>,
  ): Promise<Float32Array> {
    const joined = new Float32Array(count * this.#n * this.#dim);
    for (const [i, item] of items.entries()) {
      const rows = await rowsOf(item);
      for (let row = 0; row < count; row++) {
        const at = (row * this.#n + i) * this.#dim;
        for (let k = 0; k < this.#dim; k++) joined[at + k] = this.#scale * rows[row * this.#dim + k];
      }
    }
    return joined;
  }

  /** Sum of what each makes of its part of the rows. */
  async sum<T>(
    items: readonly T[],
    rows: Float32Array,
    count: number,
    pulled: (item: T, part: Float32Array) => Promise<Float32Array>,
  ): Promise<Float32Array> {
    let total: Float32Array | undefined;
    for (const [i, item] of items.entries()) {
      const part = new Float32Array(count * this.#dim);
      for (let row = 0; row < count; row++) {
        const at = (row * this.#n + i) * this.#dim;
        for (let k = 0; k < this.#dim; k++) part[row * this.#dim + k] = this.#scale * rows[at + k];
      }
      const result = await pulled(item, part);
      if (total) for (let k = 0; k < total.length; k++) total[k] += result[k];
      else total = result.slice();
    }
    return total!;
  }
}
