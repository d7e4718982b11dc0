// Elementwise operators of several inputs, with broadcasting: the rules of sum, product and quotient.

import type { Emitter, Shape } from "../emitter.ts";
import type { Node } from "../model.ts";
import type { DerivativeRule, Tangent } from "../rule.ts";
import { Unsupported } from "../unsupported.ts";

/** Tangent of input `i` aligned to the rank of the output. */
function aligned(e: Emitter, node: Node, i: number, tangent: string): string {
  return e.align(tangent, e.shape(node.inputs[i]!), e.shape(node.outputs[0]!).length);
}

function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const extent = (shape: Shape, i: number): number => shape[shape.length - rank + i] ?? 1;
  return Array.from({ length: rank }, (_, i) => (extent(a, i) === 1 ? extent(b, i) : extent(a, i)));
}

/** Sum of the tangents, each times its sign, in the output's full shape. */
function signedSum(e: Emitter, node: Node, tangents: readonly Tangent[], signs: readonly number[]): Tangent {
  const output = e.shape(node.outputs[0]!);
  let sum: Tangent;
  let shape: Shape = output.map(() => 1);
  tangents.forEach((tangent, i) => {
    if (tangent === undefined) return;
    const term = aligned(e, node, i, tangent);
    if (sum === undefined) sum = signs[i] === -1 ? e.op("Neg", [term]) : term;
    else sum = e.op(signs[i] === -1 ? "Sub" : "Add", [sum, term]);
    shape = broadcastShape(shape, e.shape(node.inputs[i]!));
  });
  return sum && e.broadcast(sum, shape, output);
}

export const Add: DerivativeRule = { jvp: (e, node, t) => [signedSum(e, node, t, [1, 1])] };
export const Sub: DerivativeRule = { jvp: (e, node, t) => [signedSum(e, node, t, [1, -1])] };
export const Sum: DerivativeRule = {
  jvp: (e, node, t) => [
    signedSum(
      e,
      node,
      t,
      t.map(() => 1),
    ),
  ],
};

/** (ab)˙ = ȧb + aḃ. */
export const Mul: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const [a, b] = [node.inputs[0]!, node.inputs[1]!];
    const left = ta && e.op("Mul", [aligned(e, node, 0, ta), b]);
    const right = tb && e.op("Mul", [aligned(e, node, 1, tb), a]);
    return [e.add(left, right)];
  },
};

/** (a/b)˙ = ȧ/b − ḃ·y/b. */
export const Div: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const [b, y] = [node.inputs[1]!, node.outputs[0]!];
    const left = ta && e.op("Div", [aligned(e, node, 0, ta), b]);
    if (!tb) return [left];
    const right = e.op("Mul", [aligned(e, node, 1, tb), e.op("Div", [y, b])]);
    return [left ? e.op("Sub", [left, right]) : e.op("Neg", [right])];
  },
};

/** (aᵇ)˙ = b·aᵇ⁻¹·ȧ + aᵇ·ln a·ḃ. */
export const Pow: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const [a, b, y] = [node.inputs[0]!, node.inputs[1]!, node.outputs[0]!];
    let left: Tangent;
    if (ta) {
      const exponent = tb ? undefined : e.constantInput(node, 1);
      const shape = e.shape(b);
      const factor = exponent
        ? powerFactor(e, a, exponent, shape)
        : e.op("Mul", [b, e.op("Pow", [a, e.op("Sub", [b, e.scalar(1)])])]);
      left = e.op("Mul", [aligned(e, node, 0, ta), factor]);
    }
    const right = tb && e.op("Mul", [aligned(e, node, 1, tb), e.op("Mul", [y, e.op("Log", [a])])]);
    return [e.add(left, right)];
  },
};

/** b·aᵇ⁻¹ for a constant exponent, which may be of another type than the base. */
function powerFactor(e: Emitter, a: string, exponent: readonly number[], shape: Shape): string {
  if (exponent.every((b) => b === 2)) return e.op("Mul", [a, e.float(exponent, shape)]);
  const reduced = e.float(
    exponent.map((b) => b - 1),
    shape,
  );
  return e.op("Mul", [e.op("Pow", [a, reduced]), e.float(exponent, shape)]);
}

/** The tangent of whichever input is taken; of the first on ties. */
function extremum(keepsFirst: "GreaterOrEqual" | "LessOrEqual"): DerivativeRule {
  return {
    jvp: (e, node, tangents) => {
      if (node.inputs.length === 1) return [tangents[0]];
      if (node.inputs.length > 2) throw new Unsupported("it has more than two inputs; nest binary ones");
      const [a, b] = [node.inputs[0]!, node.inputs[1]!];
      return [select(e, node, e.op(keepsFirst, [a, b]), tangents[0], 0, tangents[1], 1)];
    },
  };
}

export const Max: DerivativeRule = extremum("GreaterOrEqual");
export const Min: DerivativeRule = extremum("LessOrEqual");

export const Where: DerivativeRule = {
  jvp: (e, node, [, ta, tb]) => [select(e, node, node.inputs[0]!, ta, 1, tb, 2)],
};

/** Where(condition, ta, tb) with missing tangents as zero, in the output's full shape. */
function select(
  e: Emitter,
  node: Node,
  condition: string,
  ta: Tangent,
  ia: number,
  tb: Tangent,
  ib: number,
): string {
  const output = e.shape(node.outputs[0]!);
  const full = (tangent: Tangent, i: number): string =>
    tangent ? e.broadcast(tangent, e.shape(node.inputs[i]!), output) : e.scalar(0);
  return e.op("Where", [condition, full(ta, ia), full(tb, ib)]);
}

/** y = x for x > 0, slope·x elsewhere. */
export const PRelu: DerivativeRule = {
  jvp: (e, node, [t, tSlope]) => {
    if (tSlope) throw new Unsupported("its slope depends on the point");
    const [x, slope] = [node.inputs[0]!, node.inputs[1]!];
    const factor = e.op("Where", [e.op("Greater", [x, e.scalar(0)]), e.scalar(1), slope]);
    return [e.op("Mul", [t, factor])];
  },
};
