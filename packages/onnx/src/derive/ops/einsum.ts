// Einstein summation: linear in every operand. A fresh letter carries k through the equation.

import { string } from "../../model/attributes.ts";
import { inputOf, type Node, outputOf, stringAttribute } from "../../model/model.ts";
import type { Emitter } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";
import { Unsupported } from "../unsupported.ts";

const ALPHABET = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

interface Equation {
  /** Operands and result as the node has them, the latter also where it leaves it out. */
  readonly stated: readonly string[];
  readonly target: string;
  /** A letter for each axis of each operand; no ellipses. */
  readonly operands: readonly string[];
  readonly result: string;
  /** Letters that the equation does not use. */
  readonly free: readonly string[];
}

function equationOf(e: Emitter, node: Node): Equation {
  const text = stringAttribute(node, "equation", "").replaceAll(" ", "");
  const unused = ALPHABET.filter((c) => !text.includes(c));
  const [left, right] = text.split("->") as [string, string | undefined];
  const stated = left.split(",");
  // An ellipsis stands for the axes that are not named, aligned at the last of them.
  const hidden = stated.map((operand, i) =>
    operand.includes("...") ? e.shape(inputOf(node, i)).length - (operand.length - 3) : 0,
  );
  const depth = Math.max(...hidden);
  if (unused.length <= depth) throw new Unsupported("its equation uses every letter");
  const ellipsis = unused.slice(0, depth).join("");
  const operands = stated.map((operand, i) => operand.replace("...", ellipsis.slice(depth - hidden[i])));
  const target = right ?? (left.includes("...") ? "..." : "") + lettersThatOccurOnce(stated);
  return { stated, target, operands, result: target.replace("...", ellipsis), free: unused.slice(depth) };
}

/** The result of an equation without an arrow, after its ellipsis: in alphabetical order. */
function lettersThatOccurOnce(operands: readonly string[]): string {
  const letters = operands.join("").replaceAll(".", "");
  return [...new Set(letters)]
    .filter((c) => letters.split(c).length === 2)
    .sort()
    .join("");
}

function einsum(e: Emitter, operands: readonly string[], names: readonly string[], result: string): string {
  return e.op("Einsum", names, { equation: string(`${operands.join(",")}->${result}`) });
}

export const Einsum: DerivativeRule = {
  jvp: (e, node, tangents) => {
    // Ellipses stay as they are: engines broadcast behind them, but not behind letters.
    const { stated, target, free } = equationOf(e, node);
    const k = free[0];
    let sum: Tangent;
    tangents.forEach((tangent, i) => {
      if (tangent === undefined) return;
      const letters = stated.map((operand, j) => (j === i ? k + operand : operand));
      const names = node.inputs.map((name, j) => (j === i ? tangent : name));
      sum = e.add(sum, einsum(e, letters, names, k + target));
    });
    return [sum];
  },
  vjp: (e, node, [u], wanted) => {
    const { operands, result, free } = equationOf(e, node);
    return operands.map((_, i) =>
      wanted[i] ? pullOperand(e, node, given(u), i, operands, result, free) : undefined,
    );
  },
};

/** Cotangent of operand i: the equation with that operand and the result exchanged. */
function pullOperand(
  e: Emitter,
  node: Node,
  u: string,
  i: number,
  operands: readonly string[],
  result: string,
  [k, ...fresh]: readonly string[],
): string {
  const shape = e.shape(inputOf(node, i));
  const factors = operands.filter((_, j) => j !== i);
  const names = node.inputs.filter((_, j) => j !== i);
  // A letter that comes twice takes a diagonal; its adjoint puts a diagonal back by way of the identity.
  let axes = "";
  [...operands[i]].forEach((letter, axis) => {
    if (!axes.includes(letter)) {
      axes += letter;
      return;
    }
    const other = fresh.shift();
    if (other === undefined) throw new Unsupported("its equation uses every letter");
    const extent = shape[axis];
    const identity = Array.from({ length: extent }, (_, j) => j);
    factors.push(letter + other);
    names.push(e.selection(identity, extent));
    axes += other;
  });
  // Letters that only this operand has were summed over: their cotangent is the same everywhere.
  const isKnown = (letter: string): boolean =>
    result.includes(letter) || factors.some((factor) => factor.includes(letter));
  const known = [...axes].filter(isKnown).join("");
  const partial = einsum(e, [k + result, ...factors], [u, ...names], k + known);
  // An extent of 1 that was broadcast against a larger one is summed over.
  const extents = new Map<string, number>();
  const measure = (letters: string, dims: readonly number[]): void => {
    [...letters].forEach((c, axis) => {
      extents.set(c, Math.max(extents.get(c) ?? 1, dims[axis]));
    });
  };
  measure(result, e.shape(outputOf(node, 0)));
  factors.forEach((letters, j) => {
    if (j < operands.length - 1) measure(letters, e.shape(names[j]));
  });
  const full = [...axes].map((c, axis) => (isKnown(c) ? (extents.get(c) ?? shape[axis]) : 1));
  const kept = [...axes].map((c, axis) => (isKnown(c) ? shape[axis] : 1));
  return e.broadcast(e.reduceTo(e.reshape(partial, full), full, kept), kept, shape);
}
