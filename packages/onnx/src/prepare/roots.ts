// Products of like roots: √s·√s is s, ‖x‖² is Σx². The factors have infinite slopes, or none, where they are zero,
// and the products have finite ones, which the product rule cannot find from those of the factors. So they are
// written without the roots, before anything is differentiated.

import { broadcastShape } from "../derive/emitter.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { Signs } from "../derive/signs.ts";
import { isSingleOrDouble } from "../model/element-types.ts";
import { DataType, inputOf, type Node, outputOf } from "../model/model.ts";
import { GraphEdit, rewriteNodes } from "./graph-edit.ts";

/** What is under a root. */
interface Base {
  /** Name of the tensor, or of one that stands for it until it is written. */
  readonly name: string;
  /** Adds the nodes that compute it, if there are none yet; returns its name. */
  readonly write: () => string;
  /** Whether its form says that it is never negative. */
  readonly isNonNegative: boolean;
  /** The same before it was reshaped. */
  readonly unshaped?: Base;
}

/** scale · base^exponent · rest. */
interface Monomial {
  readonly scale: number;
  readonly base: Base;
  readonly exponent: number;
  readonly rest?: string | undefined;
}

/** The same map with products of like roots written without them. */
export function multiplyRoots(graph: PreparedGraph): PreparedGraph {
  return rewriteNodes(graph, new Rewriter(graph));
}

class Rewriter extends GraphEdit {
  changed = false;
  readonly #signs: Signs;
  readonly #monomials = new Map<string, Monomial>();

  constructor(graph: PreparedGraph) {
    super(graph, "root");
    this.#signs = new Signs(graph);
  }

  /** The nodes that take the place of `node`, or undefined where it stays. */
  rewrite(node: Node): Node[] | undefined {
    const monomial = this.#monomialOf(node);
    if (!monomial) return undefined;
    const [output] = node.outputs as [string];
    this.#monomials.set(output, monomial);
    const factors = node.inputs.flatMap((input) => this.#monomials.get(input)?.exponent ?? []);
    const isOfRoots = factors.some((exponent) => !Number.isInteger(exponent));
    if (monomial.exponent < 1 || !isOfRoots || factors.includes(monomial.exponent)) return undefined;
    this.added = [];
    this.changed = true;
    const root = node.inputs.find((input) => this.#monomials.has(input))!;
    this.#write(monomial, root, output);
    return this.added;
  }

  #monomialOf(node: Node): Monomial | undefined {
    if (node.domain !== "" || !isSingleOrDouble(this.info.get(node.inputs[0])?.dataType)) return undefined;
    const [a, b] = node.inputs as [string, string];
    const of = this.#monomials.get(a);
    switch (node.opType) {
      case "Identity":
        return of;
      case "Neg":
        return of && { ...of, scale: -of.scale };
      case "ReduceL2":
        return { scale: 1, base: this.#squares(node), exponent: 0.5 };
      case "ReduceSumSquare":
        return of && this.#sumOfSquares(node, of);
      case "Reshape":
      case "Flatten":
      case "Squeeze":
      case "Unsqueeze":
        return of && of.rest === undefined ? { ...of, base: this.#reshaped(of.base, node) } : undefined;
      case "Sqrt":
        return this.#power(a, 0.5);
      case "Pow": {
        const exponent = this.#number(b, a);
        return exponent === undefined ? undefined : this.#power(a, exponent);
      }
      case "Div": {
        const divisor = this.#number(b, a);
        return of && divisor !== undefined ? { ...of, scale: of.scale / divisor } : undefined;
      }
      case "Mul":
        return this.#product(a, b) ?? this.#product(b, a);
      default:
        return undefined;
    }
  }

  /** aᶜ: of what is a root already, or for c that is not a whole number, which makes it one. */
  #power(a: string, c: number): Monomial | undefined {
    const of = this.#monomials.get(a);
    if (!of) {
      const isRoot = c > 0 && !Number.isInteger(c) && !this.#signs.isPositive(a);
      if (!isRoot) return undefined;
      const base = { name: a, write: () => a, isNonNegative: this.#signs.orderAtZero(a) > 0 };
      return { scale: 1, base, exponent: whole(c) };
    }
    const isPlain = of.scale === 1 && of.rest === undefined;
    if (c <= 0 || !(isPlain || (Number.isInteger(c) && of.rest === undefined))) return undefined;
    return { ...of, scale: of.scale ** c, exponent: whole(of.exponent * c) };
  }

  #product(a: string, b: string): Monomial | undefined {
    const [first, second] = [this.#monomials.get(a), this.#monomials.get(b)];
    if (!first) return undefined;
    if (b === first.base.name) return { ...first, exponent: whole(first.exponent + 1) };
    if (second?.base.name === first.base.name) {
      if (first.rest !== undefined && second.rest !== undefined) return undefined;
      return {
        scale: first.scale * second.scale,
        base: first.base,
        exponent: whole(first.exponent + second.exponent),
        rest: first.rest ?? second.rest,
      };
    }
    const factor = this.#number(b, a);
    if (factor !== undefined) return { ...first, scale: first.scale * factor };
    return first.rest === undefined ? { ...first, rest: b } : undefined;
  }

  /** A constant of one element that does not add axes to `beside`. */
  #number(name: string, beside: string): number | undefined {
    const values = this.#signs.constant(name);
    if (values?.length !== 1 || this.shape(name).length > this.shape(beside).length) return undefined;
    return values[0];
  }

  /** Adds the nodes that compute a monomial, the last of them as `output`; `root` is one of its factors. */
  #write({ scale, base, exponent, rest }: Monomial, root: string, output: string): void {
    const scaled = scale === 1 ? 0 : 1;
    const others = rest === undefined ? 0 : 1;
    const name = (remaining: number): string => (remaining === 0 ? output : this.claim("product"));
    let value = this.#writePower(root, base, exponent, name(scaled + others));
    if (scaled)
      value = this.add("Mul", [value, this.scalar(scale, value)], this.shape(value), {}, name(others));
    if (rest !== undefined) {
      this.add("Mul", [value, rest], broadcastShape(this.shape(value), this.shape(rest)), {}, output);
    }
  }

  /** base^exponent; not a number, as its `root` is, where the base is negative. */
  #writePower(root: string, { write, isNonNegative }: Base, exponent: number, output?: string): string {
    const base = write();
    const shape = this.shape(base);
    if (!Number.isInteger(exponent)) {
      return this.add("Pow", [base, this.scalar(exponent, base)], shape, {}, output);
    }
    const power = exponent === 1 ? base : this.add("Pow", [base, this.scalar(exponent, base)], shape);
    if (isNonNegative) return this.add("Identity", [power], shape, {}, output);
    // The root is not a number there, nor are its derivatives.
    const isNegative = this.add("Less", [base, this.scalar(0, base)], shape, {}, undefined, DataType.BOOL);
    const inputs = [isNegative, root, this.scalar(1, base)];
    const factor = this.add("Where", inputs, this.shape(root), {}, undefined, this.dataType(base));
    return this.add("Mul", [power, factor], this.shape(root), {}, output);
  }

  /** Σx² of a node that computes ‖x‖. */
  #squares(node: Node): Base {
    return this.#reduced(node, "ReduceSumSquare", () => inputOf(node, 0));
  }

  /** Σ of the squares of roots: the sum of what is under them. */
  #sumOfSquares(node: Node, { scale, base, exponent, rest }: Monomial): Monomial | undefined {
    if (exponent !== 0.5 || rest !== undefined) return undefined;
    const sum = this.#reduced(node, "ReduceSum", () => this.#writePower(inputOf(node, 0), base, 1));
    return { scale: scale ** 2, base: sum, exponent: 1 };
  }

  /** The reduction of another tensor over the axes of a node. */
  #reduced(node: Node, opType: string, of: () => string): Base {
    const [output] = node.outputs as [string];
    const write = (): string => {
      const inputs = [of(), ...node.inputs.slice(1)];
      return this.add(opType, inputs, this.shape(output), Object.fromEntries(node.attributes));
    };
    const name = JSON.stringify([opType, node.inputs, [...node.attributes]]);
    return { name, write, isNonNegative: true };
  }

  #reshaped(base: Base, node: Node): Base {
    const unshaped = base.unshaped ?? base;
    const shape = this.shape(outputOf(node, 0));
    const write = (): string => this.reshape(unshaped.write(), shape);
    return { ...unshaped, name: `${unshaped.name} as ${shape}`, write, unshaped };
  }
}

/** An exponent that is a whole number but for its rounding to single precision. */
function whole(exponent: number): number {
  const nearest = Math.round(exponent);
  return Math.abs(exponent - nearest) < 1e-6 ? nearest : exponent;
}
