// Einstein summation: linear in every operand. A fresh letter carries k through the equation.

import { string } from "../attributes.ts";
import type { Emitter } from "../emitter.ts";
import { type Node, stringAttribute } from "../model.ts";
import type { DerivativeRule, Tangent } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

interface Equation {
  readonly operands: readonly string[];
  readonly result: string;
  /** A letter that the equation does not use. */
  readonly k: string;
}

function equationOf(node: Node): Equation {
  const text = stringAttribute(node, "equation", "").replaceAll(" ", "");
  if (text.includes(".")) throw new Unsupported("its equation has an ellipsis; write the axes out");
  const [left, right] = text.split("->") as [string, string | undefined];
  const operands = left.split(",");
  const letters = operands.join("");
  // Without an arrow the result has the letters that occur once, in alphabetical order.
  const result =
    right ??
    [...new Set(letters)]
      .filter((c) => letters.split(c).length === 2)
      .sort()
      .join("");
  const k = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"].find((c) => !text.includes(c));
  if (!k) throw new Unsupported("its equation uses every letter");
  return { operands, result, k };
}

function einsum(e: Emitter, operands: readonly string[], names: readonly string[], result: string): string {
  return e.op("Einsum", names, { equation: string(`${operands.join(",")}->${result}`) });
}

export const Einsum: DerivativeRule = {
  jvp: (e, node, tangents) => {
    const { operands, result, k } = equationOf(node);
    let sum: Tangent;
    tangents.forEach((tangent, i) => {
      if (tangent === undefined) return;
      const letters = operands.map((operand, j) => (j === i ? k + operand : operand));
      const names = node.inputs.map((name, j) => (j === i ? tangent : name));
      sum = e.add(sum, einsum(e, letters, names, k + result));
    });
    return [sum];
  },
  vjp: (e, node, [u], wanted) => {
    const { operands, result, k } = equationOf(node);
    return operands.map((operand, i) => {
      if (!wanted[i]) return undefined;
      const others = operands.filter((_, j) => j !== i);
      const names = node.inputs.filter((_, j) => j !== i);
      if (new Set(operand).size < operand.length) {
        throw new Unsupported("its equation takes a diagonal; reverse mode does not cover that");
      }
      // Letters that only this operand has were summed over: their cotangent is the same everywhere.
      const known = [...operand].filter(
        (c) => result.includes(c) || others.some((other) => other.includes(c)),
      );
      const partial = einsum(e, [k + result, ...others], [u!, ...names], k + known.join(""));
      if (known.length === operand.length) return partial;
      const shape = e.shape(node.inputs[i]!);
      const kept = shape.map((extent, axis) => (known.includes(operand[axis]!) ? extent : 1));
      return e.broadcast(e.reshape(partial, kept), kept, shape);
    });
  },
};
