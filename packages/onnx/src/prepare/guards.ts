// Guards that never act: |s|, ReLU(s), Clip(s, 0) and Max(s, 0) of an s that cannot be negative are s. At a zero of s
// they have a kink on paper, and its value would take the place of the curvature of s, which touches zero there. So
// they are left out before anything is differentiated, and so are absolute values below an even power.

import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { Signs } from "../derive/signs.ts";
import { makeNode } from "../model/attributes.ts";
import { floatAttribute, inputOf, type Node } from "../model/model.ts";
import { GraphEdit } from "./graph-edit.ts";

/** Operators that pass the magnitudes of their first input on, whatever the signs. */
const passesMagnitude: ReadonlySet<string> = new Set([
  ...["Identity", "Neg", "Reshape", "Flatten", "Squeeze"],
  ...["Unsqueeze", "Transpose", "Expand", "Slice", "Gather"],
]);

/** The same map without guards that never act. */
export function dropGuards(graph: PreparedGraph): PreparedGraph {
  const rewriter = new Rewriter(graph);
  const nodes = graph.model.graph.nodes.flatMap((node) => rewriter.rewrite(node));
  return rewriter.changed ? rewriter.finish(nodes) : graph;
}

class Rewriter extends GraphEdit {
  changed = false;
  readonly #signs: Signs;
  readonly #signed = new Map<string, string | undefined>();

  constructor(graph: PreparedGraph) {
    super(graph, "unguarded");
    this.#signs = new Signs(graph);
  }

  /** The nodes that take the place of `node`. */
  rewrite(node: Node): Node[] {
    this.added = [];
    const rewritten = node.domain === "" ? (this.#unguarded(node) ?? this.#ofSigned(node)) : undefined;
    if (!rewritten) return [node];
    this.changed = true;
    return [...this.added, { ...rewritten, name: node.name }];
  }

  #unguarded(node: Node): Node | undefined {
    const [a] = node.inputs as [string];
    const { opType, outputs } = node;
    switch (opType) {
      case "Abs":
      case "Relu":
      case "LeakyRelu":
      case "PRelu":
      case "Elu":
      case "Celu":
        return this.#isNonNegative(a) ? makeNode("Identity", [a], outputs) : undefined;
      case "Selu": {
        const scale = floatAttribute(node, "gamma", 1.0507010221481323);
        return this.#isNonNegative(a) ? makeNode("Mul", [a, this.scalar(scale, a)], outputs) : undefined;
      }
      case "ReduceL1":
        return this.#isNonNegative(a) ? { ...node, opType: "ReduceSum" } : undefined;
      case "Clip":
        return this.#clipped(node);
      case "Max":
      case "Min": {
        const kept = node.inputs.find((name) =>
          node.inputs.every((other) => other === name || this.#isKept(opType, name, other)),
        );
        const isWhole = kept !== undefined && `${this.shape(kept)}` === `${this.shape(outputs[0])}`;
        return isWhole ? makeNode("Identity", [kept], outputs) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Clip without the bounds that its argument never passes. */
  #clipped(node: Node): Node | undefined {
    const [a, low, high] = node.inputs as [string, string?, string?];
    const bounds = [
      low && !this.#isKept("Max", a, low) ? low : "",
      high && !this.#isKept("Min", a, high) ? high : "",
    ];
    if (bounds[0] === (low ?? "") && bounds[1] === (high ?? "")) return undefined;
    if (bounds.every((bound) => bound === "")) return makeNode("Identity", [a], node.outputs);
    return { ...node, inputs: [a, ...bounds] };
  }

  /** Whether Max or Min of a tensor and a constant bound is always the tensor. */
  #isKept(opType: "Max" | "Min", name: string, bound: string): boolean {
    if (!this.#signs.constant(bound)) return false;
    return opType === "Max"
      ? this.#isNonNegative(name) && this.#isNotPositive(bound)
      : this.#isNotPositive(name) && this.#isNonNegative(bound);
  }

  #isNonNegative(name: string): boolean {
    return this.#signs.isPositive(name) || this.#signs.orderAtZero(name) > 0;
  }

  #isNotPositive(name: string): boolean {
    const constant = this.#signs.constant(name);
    if (constant) return constant.every((value) => value <= 0);
    const node = this.#signs.producer(name);
    if (node?.opType === "Neg") return this.#isNonNegative(inputOf(node, 0));
    if (node?.opType !== "Mul") return false;
    const [a, b] = node.inputs as [string, string];
    const isNegated = (factor: string, other: string): boolean =>
      this.#isNonNegative(other) && (this.#signs.constant(factor)?.every((value) => value <= 0) ?? false);
    return isNegated(a, b) || isNegated(b, a);
  }

  /** An even function of absolute values, written of what these are of. */
  #ofSigned(node: Node): Node | undefined {
    const [a] = node.inputs as [string];
    const signed = this.#isEven(node) ? this.#withSign(a) : undefined;
    return signed === undefined
      ? undefined
      : { ...node, inputs: node.inputs.map((name) => (name === a ? signed : name)) };
  }

  #isEven({ opType, inputs: [a, b] }: Node): boolean {
    if (opType === "ReduceSumSquare" || opType === "ReduceL2") return true;
    if (opType === "Mul") return a === b;
    return opType === "Pow" && (this.#signs.constant(b)?.every((exponent) => exponent % 2 === 0) ?? false);
  }

  /** A tensor of the same magnitudes, taken before the absolute value; undefined where there is none. */
  #withSign(name: string): string | undefined {
    if (this.#signed.has(name)) return this.#signed.get(name);
    const signed = this.#findSigned(name);
    this.#signed.set(name, signed);
    return signed;
  }

  #findSigned(name: string): string | undefined {
    const node = this.#signs.producer(name);
    if (node?.opType === "Abs") return this.#withSign(inputOf(node, 0)) ?? inputOf(node, 0);
    const isScaling = node?.opType === "Mul" || node?.opType === "Div";
    if (!node || !(isScaling || passesMagnitude.has(node.opType))) return undefined;
    const inputs = node.inputs.map((input, i) => (i === 0 || isScaling ? this.#withSign(input) : undefined));
    if (inputs.every((input) => input === undefined)) return undefined;
    const used = node.inputs.map((input, i) => inputs[i] ?? input);
    return this.add(node.opType, used, this.shape(name), Object.fromEntries(node.attributes));
  }
}
