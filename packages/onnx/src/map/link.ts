// What stands between two models that are chained: values rescaled, axes arranged, pictures resampled, channels
// repeated.

import { int, ints, makeNode } from "../model/attributes.ts";
import type { Node, Tensor } from "../model/model.ts";
import type { NameSupply } from "../model/names.ts";
import { float32Tensor, int64Tensor } from "../model/tensor.ts";
import { resamplingWeights } from "./resample.ts";

/** What is done to the values passed on, in this order. */
export interface LinkOptions {
  /** Multiplies the values passed on, e.g. 2 from the range [0, 1] to [-1, 1]. Default 1. */
  readonly scale?: number | undefined;
  /** Added after scaling, e.g. -1 from [0, 1] to [-1, 1]. Default 0. */
  readonly shift?: number | undefined;
  /**
   * The axes, apart from the batch, that the values are reshaped to, and the order that these axes are then permuted
   * to.
   */
  readonly arrange?: { readonly shape: readonly number[]; readonly order?: readonly number[] } | undefined;
  /**
   * Height and width of the pictures (the last two axes), and those that they are resampled to: by area where that
   * reduces the number of pixels, else bilinearly.
   */
  readonly resize?:
    | { readonly from: readonly [number, number]; readonly to: readonly [number, number] }
    | undefined;
  /** How often the channels, the first axis after the batch, are repeated. Default 1. */
  readonly copies?: number | undefined;
}

export interface Link {
  readonly result: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
}

export function linkFrom(source: string, options: LinkOptions, names: NameSupply): Link {
  const { scale = 1, shift = 0, arrange, resize, copies = 1 } = options;
  const link = new Chain(source, names);
  if (scale !== 1) link.add("Mul", (x) => [x, link.constant(float32Tensor("", [scale], []))]);
  if (shift !== 0) link.add("Add", (x) => [x, link.constant(float32Tensor("", [shift], []))]);
  if (arrange) link.add("Reshape", (x) => [x, link.constant(int64Tensor("", [-1, ...arrange.shape]))]);
  if (arrange?.order) {
    link.add("Transpose", (x) => [x], { perm: ints([0, ...arrange.order.map((axis) => axis + 1)]) });
  }
  if (resize) {
    const [[height, width], [rows, columns]] = [resize.from, resize.to];
    if (rows !== height) link.add("MatMul", (x) => [link.weights(height, rows), x]);
    if (columns !== width) link.add("MatMul", (x) => [x, link.weights(width, columns, true)]);
  }
  if (copies > 1) link.add("Concat", (x) => Array.from({ length: copies }, () => x), { axis: int(1) });
  return link;
}

/** Nodes, each fed by the one before. */
class Chain implements Link {
  result: string;
  readonly nodes: Node[] = [];
  readonly initializers: Tensor[] = [];
  readonly #names: NameSupply;

  constructor(source: string, names: NameSupply) {
    this.result = source;
    this.#names = names;
  }

  /** @param inputs those of the node, given the output of the one before. */
  add(
    opType: string,
    inputs: (last: string) => string[],
    attributes: Parameters<typeof makeNode>[3] = {},
  ): void {
    const output = this.#names.claim(`linked_${opType.toLowerCase()}`);
    this.nodes.push(makeNode(opType, inputs(this.result), [output], attributes));
    this.result = output;
  }

  constant(tensor: Tensor): string {
    const name = this.#names.claim("link");
    this.initializers.push({ ...tensor, name });
    return name;
  }

  /** Weights `[to, from]`, or their transpose. */
  weights(from: number, to: number, isTransposed = false): string {
    const weights = resamplingWeights(from, to);
    if (!isTransposed) return this.constant(float32Tensor("", weights, [to, from]));
    const turned = weights.map((_, k) => weights[(k % to) * from + Math.floor(k / to)]);
    return this.constant(float32Tensor("", turned, [from, to]));
  }
}
