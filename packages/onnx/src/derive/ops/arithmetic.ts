// Elementwise operators of several inputs, with broadcasting: the rules of sum, product and quotient.

import { inputOf, type Node, outputOf } from "../../model/model.ts";
import { broadcastShape, type Emitter, type Shape } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { slopeOfRoot } from "../singular.ts";
import { given, type Tangent } from "../tangent.ts";

/** Tangent of input `i` aligned to the rank of the output. */
function aligned(e: Emitter, node: Node, i: number, tangent: string): string {
  return e.align(tangent, e.shape(inputOf(node, i)), e.shape(outputOf(node, 0)).length);
}

/** Cotangent of the output's shape, summed to the shape of input `i`. */
function reduced(e: Emitter, node: Node, i: number, cotangent: string): string {
  return e.reduceTo(cotangent, e.shape(outputOf(node, 0)), e.shape(inputOf(node, i)));
}

/** Reverse rule of an elementwise operator: the cotangent times ∂y/∂xᵢ for every input that wants it. */
function pullback(
  partial: (e: Emitter, node: Node, cotangent: string, i: number) => string,
): DerivativeRule["vjp"] {
  return (e, node, [u], wanted) =>
    wanted.map((isWanted, i) => (isWanted ? reduced(e, node, i, partial(e, node, given(u), i)) : undefined));
}

/** Sum of the tangents, each times its sign, in the output's full shape. */
function signedSum(e: Emitter, node: Node, tangents: readonly Tangent[], signs: readonly number[]): Tangent {
  const output = e.shape(outputOf(node, 0));
  let sum: Tangent;
  let shape: Shape = output.map(() => 1);
  tangents.forEach((tangent, i) => {
    if (tangent === undefined) return;
    const term = aligned(e, node, i, tangent);
    if (sum === undefined) sum = signs[i] === -1 ? e.op("Neg", [term]) : term;
    else sum = e.op(signs[i] === -1 ? "Sub" : "Add", [sum, term]);
    shape = broadcastShape(shape, e.shape(inputOf(node, i)));
  });
  return sum && e.broadcast(sum, shape, output);
}

export const Add: DerivativeRule = {
  jvp: (e, node, t) => [signedSum(e, node, t, [1, 1])],
  vjp: pullback((_e, _node, u) => u),
};
export const Sub: DerivativeRule = {
  jvp: (e, node, t) => [signedSum(e, node, t, [1, -1])],
  vjp: pullback((e, _node, u, i) => (i === 0 ? u : e.op("Neg", [u]))),
};
export const Sum: DerivativeRule = {
  jvp: (e, node, t) => {
    const signs = t.map(() => 1);
    return [signedSum(e, node, t, signs)];
  },
  vjp: pullback((_e, _node, u) => u),
};

/** (ab)˙ = ȧb + aḃ. */
export const Mul: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const [a, b] = [inputOf(node, 0), inputOf(node, 1)];
    const left = ta && e.op("Mul", [aligned(e, node, 0, ta), b]);
    const right = tb && e.op("Mul", [aligned(e, node, 1, tb), a]);
    return [e.add(left, right)];
  },
  vjp: pullback((e, node, u, i) => e.op("Mul", [u, node.inputs[1 - i]])),
};

/** (a/b)˙ = ȧ/b − ḃ·y/b. The sign goes with b, which has no k. */
export const Div: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const left = ta && e.op("Div", [aligned(e, node, 0, ta), node.inputs[1]]);
    const right = tb && e.op("Mul", [aligned(e, node, 1, tb), denominatorFactor(e, node)]);
    return [e.add(left, right)];
  },
  vjp: pullback((e, node, u, i) =>
    i === 0 ? e.op("Div", [u, node.inputs[1]]) : e.op("Mul", [u, denominatorFactor(e, node)]),
  ),
};

/** y/(−b): the denominator is the smaller one as a rule. */
function denominatorFactor(e: Emitter, node: Node): string {
  return e.op("Div", [node.outputs[0], e.op("Neg", [node.inputs[1]])]);
}

/** (aᵇ)˙ = b·aᵇ⁻¹·ȧ + aᵇ·ln a·ḃ. */
export const Pow: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const left = ta && e.op("Mul", [aligned(e, node, 0, ta), powerFactor(e, node, tb !== undefined)]);
    const right = tb && e.op("Mul", [aligned(e, node, 1, tb), exponentialFactor(e, node)]);
    return [e.add(left, right)];
  },
  vjp: (e, node, cotangents, wanted) =>
    pullback((_e, _node, u, i) =>
      e.op("Mul", [u, i === 0 ? powerFactor(e, node, wanted[1]) : exponentialFactor(e, node)]),
    )(e, node, cotangents, wanted),
};

/** b·aᵇ⁻¹. A constant exponent may be of another type than the base, so its values are read. */
function powerFactor(e: Emitter, node: Node, exponentVaries: boolean): string {
  const [a, b, y] = [inputOf(node, 0), inputOf(node, 1), outputOf(node, 0)];
  if (exponentVaries) {
    const slope = e.op("Mul", [b, e.op("Pow", [a, e.op("Sub", [b, e.scalar(1)])])]);
    // a⁰ is constant also at a = 0, where a⁻¹ is infinite; beyond the slope, 0⁰ has no derivatives.
    const isFlat = (): string => e.op("And", [isZero(e, a), isZero(e, b)]);
    return e.signs.isPositive(a) ? slope : e.op("Where", [isFlat(), e.op("Sqrt", [a]), slope]);
  }
  const exponent = e.requiredConstant(node, 1);
  const shape = e.shape(b);
  if (exponent.every((value) => value === 2)) return e.op("Mul", [a, e.float(exponent, shape)]);
  const lowered = exponent.map((value) => (value === 0 ? 0 : value - 1));
  const slope = e.op("Mul", [e.op("Pow", [a, e.float(lowered, shape)]), e.float(exponent, shape)]);
  const least = Math.min(...exponent.filter((value) => value > 0));
  return least < 1 ? slopeOfRoot(e, a, y, least, slope) : slope;
}

/**
 * aᵇ·ln a, where a = 0 and b > 0 its limit 0. For b > 1 the slope of this is 0 there as well; else it is infinite. So
 * is the factor itself at (0, 0), from where 0ᵇ drops from 1 to 0.
 */
function exponentialFactor(e: Emitter, node: Node): string {
  const [a, b, power] = [inputOf(node, 0), inputOf(node, 1), outputOf(node, 0)];
  if (e.signs.isPositive(a)) return e.op("Mul", [power, e.op("Log", [a])]);
  const isLimit = e.op("And", [isZero(e, a), e.op("Greater", [b, e.scalar(0)])]);
  const factor = e.op("Mul", [power, e.op("Log", [e.op("Where", [isLimit, e.scalar(1), a])])]);
  const isSmooth = e.op("Greater", [b, e.scalar(1)]);
  const atZero = e.op("Where", [isSmooth, e.scalar(0), e.op("Sqrt", [a])]);
  return e.op("Where", [isLimit, atZero, factor]);
}

function isZero(e: Emitter, x: string): string {
  return e.op("Equal", [x, e.scalar(0)]);
}

/** The tangent of whichever input is taken; on ties the mean of theirs. */
function extremum(isTaken: "GreaterOrEqual" | "LessOrEqual"): DerivativeRule {
  const shares = (e: Emitter, node: Node): string[] =>
    node.inputs.length === 2 ? sharesOfTwo(e, node, isTaken) : sharesOfMany(e, node);
  return {
    jvp: (e, node, tangents) => {
      const share = shares(e, node);
      return [
        tangents
          .map((t, i) => t && e.op("Mul", [aligned(e, node, i, t), share[i]]))
          .reduce((sum, term) => e.add(sum, term)),
      ];
    },
    vjp: (e, node, cotangents, wanted) => {
      const share = shares(e, node);
      return pullback((_e, _node, u, i) => e.op("Mul", [u, share[i]]))(e, node, cotangents, wanted);
    },
  };
}

function sharesOfTwo(e: Emitter, { inputs }: Node, isTaken: "GreaterOrEqual" | "LessOrEqual"): string[] {
  return inputs.map((own, i) => {
    const other = inputs[1 - i];
    const ofTaken = e.op("Where", [e.op(isTaken, [other, own]), e.scalar(0.5), e.scalar(1)]);
    return e.op("Where", [e.op(isTaken, [own, other]), ofTaken, e.scalar(0)]);
  });
}

function sharesOfMany(e: Emitter, { inputs, outputs }: Node): string[] {
  const taken = inputs.map((input) =>
    e.op("Where", [e.op("Equal", [input, outputs[0]]), e.scalar(1), e.scalar(0)]),
  );
  const count = e.op("Sum", taken);
  return taken.map((one) => e.op("Div", [one, count]));
}

export const Max: DerivativeRule = extremum("GreaterOrEqual");
export const Min: DerivativeRule = extremum("LessOrEqual");

export const Where: DerivativeRule = {
  jvp: (e, node, [, ta, tb]) => [select(e, node, inputOf(node, 0), [ta, 1], [tb, 2])],
  vjp: (e, node, [u], wanted) => [
    undefined,
    ...unselect(e, node, inputOf(node, 0), given(u), wanted.slice(1), 1),
  ],
};

/** Where(condition, tangent of one input, of another), missing ones zero, in the output's full shape. */
function select(
  e: Emitter,
  node: Node,
  condition: string,
  ...branches: readonly (readonly [tangent: Tangent, input: number])[]
): string {
  const output = e.shape(outputOf(node, 0));
  const full = branches.map(([tangent, input]) =>
    tangent ? e.broadcast(tangent, e.shape(inputOf(node, input)), output) : e.scalar(0),
  );
  return e.op("Where", [condition, ...full]);
}

/** The cotangent where the condition holds to one input, elsewhere to the next. */
function unselect(
  e: Emitter,
  node: Node,
  condition: string,
  u: string,
  wanted: readonly boolean[],
  firstInput: number,
): Tangent[] {
  return wanted.map((isWanted, branch) => {
    if (!isWanted) return undefined;
    const parts = branch === 0 ? [u, e.scalar(0)] : [e.scalar(0), u];
    return reduced(e, node, firstInput + branch, e.op("Where", [condition, ...parts]));
  });
}

/** y = x for x > 0, slope·x elsewhere. */
export const PRelu: DerivativeRule = {
  jvp: (e, node, [t, tSlope]) => {
    const fromSlope = tSlope && e.op("Mul", [aligned(e, node, 1, tSlope), negativePart(e, node)]);
    return [e.add(t && e.op("Mul", [t, slopeFactor(e, node)]), fromSlope)];
  },
  vjp: pullback((e, node, u, i) => e.op("Mul", [u, i === 0 ? slopeFactor(e, node) : negativePart(e, node)])),
};

function slopeFactor(e: Emitter, node: Node): string {
  const [x, slope] = [inputOf(node, 0), inputOf(node, 1)];
  return e.op("Where", [e.op("Greater", [x, e.scalar(0)]), e.scalar(1), slope]);
}

function negativePart(e: Emitter, node: Node): string {
  const x = inputOf(node, 0);
  return e.op("Where", [e.op("Greater", [x, e.scalar(0)]), e.scalar(0), x]);
}

/** The remainder y = a − q·b: ẏ = ȧ − q·ḃ with the whole number q, which does not change. */
export const Mod: DerivativeRule = {
  jvp: (e, node, [ta, tb]) => {
    const first = ta && e.broadcast(ta, e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0)));
    if (!tb) return [first];
    const second = e.op("Mul", [aligned(e, node, 1, tb), wholeQuotient(e, node)]);
    return [first ? e.op("Sub", [first, second]) : e.op("Neg", [second])];
  },
  vjp: pullback((e, node, u, i) => (i === 0 ? u : e.op("Neg", [e.op("Mul", [u, wholeQuotient(e, node)])]))),
};

function wholeQuotient(e: Emitter, node: Node): string {
  const [a, b] = [node.inputs[0], node.inputs[1]];
  return e.op("Round", [e.op("Div", [e.op("Sub", [a, node.outputs[0]]), b])]);
}
