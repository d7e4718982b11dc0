// What the form of a graph says of the signs of its tensors: which cannot reach zero, and how those that cannot be
// negative come to it. Rules ask before they guard against an infinite slope at zero.

import { isFloat } from "../model/element-types.ts";
import { DataType, intAttribute, type Node, stringAttribute, type Tensor } from "../model/model.ts";
import { elementCount, numericValues } from "../model/tensor.ts";
import type { MeasuredGraph } from "./measured-graph.ts";

/** Operators that move or repeat elements, or add them up with weights that are not negative. */
const keepsSign: ReadonlySet<string> = new Set([
  ...["Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand"],
  ...["Tile", "Slice", "Split", "Gather", "DepthToSpace", "SpaceToDepth"],
  ...["ReduceSum", "ReduceMean", "ReduceMax", "MaxPool", "GlobalMaxPool"],
  ...["AveragePool", "GlobalAveragePool"],
]);

function keeps(node: Node): boolean {
  if (node.opType === "Cast") return isFloat(intAttribute(node, "to", DataType.FLOAT));
  return keepsSign.has(node.opType);
}

/** Chains longer than this are not followed to their beginning. */
const DEEPEST = 64;

/** Constants of more elements are not looked into. */
const LARGEST = 4096;

export class Signs {
  readonly #constants: ReadonlyMap<string, Tensor>;
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #positive = new Map<string, boolean>();
  readonly #orders = new Map<string, number>();

  constructor(graph: Pick<MeasuredGraph, "constants" | "model">) {
    this.#constants = graph.constants;
    this.#producers = new Map(
      graph.model.graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
    );
  }

  /** The node that defines a tensor; undefined for inputs, constants and nodes outside the standard domain. */
  producer(name: string): Node | undefined {
    const node = this.#producers.get(name);
    return node?.domain === "" ? node : undefined;
  }

  /** The values of a small constant; undefined for other tensors. */
  constant(name: string | undefined): number[] | undefined {
    const tensor = this.#constants.get(name ?? "");
    return tensor && elementCount(tensor.dims) <= LARGEST ? numericValues(tensor) : undefined;
  }

  /** Whether every element is positive, whatever the point. */
  isPositive(name: string, depth = 0): boolean {
    let known = this.#positive.get(name);
    if (known === undefined) {
      known = depth < DEEPEST && this.#findPositive(name, depth + 1);
      this.#positive.set(name, known);
    }
    return known;
  }

  /**
   * The order p to which a tensor that cannot be negative vanishes where it is zero, in terms of the distance that the
   * point moves: 2 for x², 1 for |x|, infinite for a ReLU, which stays at zero by the convention for its kink, and for
   * what is never zero. 0 for a tensor of which the form does not say that it cannot be negative.
   */
  orderAtZero(name: string, depth = 0): number {
    let known = this.#orders.get(name);
    if (known === undefined) {
      known = depth < DEEPEST ? this.#findOrder(name, depth + 1) : 0;
      this.#orders.set(name, known);
    }
    return known;
  }

  #findPositive(name: string, depth: number): boolean {
    const constant = this.constant(name);
    if (constant) return constant.every((value) => value > 0);
    const node = this.producer(name);
    if (!node) return false;
    const [a, b, c] = node.inputs as [string, string, string];
    const positive = (input: string): boolean => this.isPositive(input, depth);
    const isNonNegative = (input: string): boolean => positive(input) || this.orderAtZero(input, depth) > 0;
    if (keeps(node)) return positive(a);
    switch (node.opType) {
      case "Exp":
      case "Sigmoid":
      case "Softplus":
      case "Cosh":
        return true;
      case "Sqrt":
      case "Reciprocal":
      case "Pow":
        return positive(a);
      case "Mul":
      case "Div":
        return positive(a) && positive(b);
      case "Max":
        return node.inputs.some(positive);
      case "Min":
        return node.inputs.every(positive);
      case "Where":
        return positive(b) && positive(c);
      case "Clip":
        return positive(a) || (Boolean(b) && positive(b));
      case "Add":
        return (positive(a) && isNonNegative(b)) || (isNonNegative(a) && positive(b));
      default:
        return false;
    }
  }

  #findOrder(name: string, depth: number): number {
    const constant = this.constant(name);
    if (constant) return constant.every((value) => value >= 0) ? Number.POSITIVE_INFINITY : 0;
    const node = this.producer(name);
    if (!node) return 0;
    const [a, b, c] = node.inputs as [string, string, string?];
    const order = (input: string): number => this.orderAtZero(input, depth);
    /** The same for a tensor that may be negative: it vanishes, at least to first order. */
    const own = (input: string): number => Math.max(1, order(input));
    if (keeps(node)) return order(a);
    switch (node.opType) {
      case "Relu":
        return Number.POSITIVE_INFINITY;
      case "Abs":
      case "ReduceL1":
      case "ReduceL2":
        return own(a);
      case "ReduceSumSquare":
        return 2 * own(a);
      case "Sqrt":
        return order(a) / 2;
      case "Mul":
        return a === b ? 2 * own(a) : this.#orderOfProduct(a, order(a), b, order(b));
      case "MatMul":
        return this.#orderOfProduct(a, order(a), b, order(b));
      case "Conv":
        return Math.min(
          this.#orderOfProduct(a, order(a), b, order(b)),
          c ? order(c) : Number.POSITIVE_INFINITY,
        );
      case "Einsum":
        return isSumOfSquares(node) ? 2 * own(a) : 0;
      case "Div":
        return this.isPositive(b, depth) ? order(a) : 0;
      case "Add":
      case "Sum":
      case "Concat":
      case "Min":
        return Math.min(...node.inputs.map(order));
      case "Where":
        return Math.min(...node.inputs.slice(1).map(order));
      case "Pow": {
        const exponents = this.constant(b) ?? [0];
        const least = Math.min(...exponents);
        if (least <= 0) return 0;
        return least * (exponents.every((exponent) => exponent % 2 === 0) ? own(a) : order(a));
      }
      case "Max": {
        const orders = node.inputs.map(order);
        return orders.some((one) => one > 0) ? Math.max(1, Math.min(...orders)) : 0;
      }
      case "Clip":
        // Where a bound is zero, what is on it is held there.
        return b && order(b) > 0 ? Number.POSITIVE_INFINITY : order(a);
      default:
        return this.isPositive(name, depth) ? Number.POSITIVE_INFINITY : 0;
    }
  }

  #orderOfProduct(a: string, first: number, b: string, second: number): number {
    if (this.isPositive(a)) return second;
    if (this.isPositive(b)) return first;
    // Where one vanishes the other need not.
    return Math.min(first, second);
  }
}

/** Whether an Einsum multiplies the elements of a tensor by themselves, as ij,ij->i does. */
function isSumOfSquares(node: Node): boolean {
  const [left] = stringAttribute(node, "equation", "").replaceAll(" ", "").split("->");
  const [first, second, ...others] = left.split(",");
  return first === second && others.length === 0 && node.inputs[0] === node.inputs[1];
}
