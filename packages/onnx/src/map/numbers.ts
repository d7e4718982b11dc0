// The numbers of a map as the tensors of an engine, and back, in the precision of the map.

import { type CallOptions, type FloatArray, VielbeinError } from "@vielbein/core";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { floatFeed } from "../model/tensor.ts";
import type { PrepareOptions } from "../prepare/options.ts";

/** Says what makes element `i` of the tensor `name` not finite. */
export type Cause = (i: number, name: string) => Promise<string>;

/** @typeParam Values Float64Array for a map of precision `float64`, else Float32Array. */
export class MapNumbers<Values extends FloatArray> {
  readonly #graph: PreparedGraph;
  readonly #precision: PrepareOptions["precision"];

  constructor(graph: PreparedGraph, precision: PrepareOptions["precision"]) {
    this.#graph = graph;
    this.#precision = precision;
  }

  array(length: number): Values {
    return (this.#precision === "float64" ? new Float64Array(length) : new Float32Array(length)) as Values;
  }

  /** `values` as a tensor of the primal tensor's type and shape, behind leading axes `lead`. */
  feed(name: string, lead: readonly number[], values: FloatArray): RuntimeTensor {
    const { dataType, shape } = infoOf(this.#graph, name);
    return floatFeed(dataType, [...lead, ...shape], values);
  }

  /**
   * The elements of a result, in the precision of the map.
   *
   * @throws {VielbeinError} `NUMERICAL_FAILURE` where one of them is not finite.
   */
  async finite(tensor: RuntimeTensor, name: string, cause: Cause): Promise<Values> {
    const data = tensor.data as FloatArray;
    let values = data as Values;
    if (data.constructor !== this.array(0).constructor) {
      values = this.array(data.length);
      values.set(data);
    }
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      throw new VielbeinError(
        "NUMERICAL_FAILURE",
        `"${name}" came out as ${values[i]} at element ${i}: ${await cause(i, name)} at this point. Try another point, or a tensor before the fault.`,
      );
    }
    return values;
  }

  /** `count` rows of `dim` numbers, made by `run` in chunks of at most `size` rows, between which `signal` is checked. */
  async inChunks(
    count: number,
    dim: number,
    size: number,
    { signal }: CallOptions,
    run: (first: number, width: number) => Promise<Values>,
  ): Promise<Values> {
    signal?.throwIfAborted();
    if (count > 0 && count <= size) return run(0, count);
    const rows = this.array(count * dim);
    for (let first = 0; first < count; first += size) {
      signal?.throwIfAborted();
      rows.set(await run(first, Math.min(size, count - first)), first * dim);
    }
    return rows;
  }
}

/** The vector of `size` numbers that the element `i` of results of `width` numbers each belongs to. */
export function vectorBehind(vectors: FloatArray, size: number, i: number, width: number): FloatArray {
  const first = Math.floor(i / width) * size;
  return vectors.subarray(first, first + size);
}
