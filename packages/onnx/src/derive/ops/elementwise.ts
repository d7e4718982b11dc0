// Unary elementwise operators: y = f(x), so that ẏ = f′(x)·ẋ. Each is given by its derivative, as a tensor
// of the shape of x or as a number. At a kink the value is PyTorch's (0 for Relu, the slope for LeakyRelu).

import { isFloat, largestFloat8, tangentType } from "../../model/element-types.ts";
import {
  DataType,
  floatAttribute,
  inputOf,
  intAttribute,
  type Node,
  outputOf,
  stringAttribute,
} from "../../model/model.ts";
import { type Emitter, sign } from "../emitter.ts";
import { type DerivativeRule, zero } from "../rule.ts";
import { slopeOfRoot, whereMoving } from "../singular.ts";
import { given, type Tangent } from "../tangent.ts";
import { Unsupported } from "../unsupported.ts";

type Derivative = (e: Emitter, x: string, y: string, node: Node) => string | number;

/** A diagonal Jacobian is its own transpose: one rule serves both directions. */
function unary(derivative: Derivative): DerivativeRule {
  const scaled = (e: Emitter, node: Node, [t]: readonly Tangent[]): readonly Tangent[] => {
    const factor = derivative(e, inputOf(node, 0), outputOf(node, 0), node);
    if (factor === 1) return [t];
    if (factor === -1) return [e.op("Neg", [t])];
    return [e.op("Mul", [t, typeof factor === "number" ? e.scalar(factor) : factor])];
  };
  return { jvp: scaled, vjp: scaled };
}

/** `inside` where x > 0, `outside` elsewhere. Where, not Sign: some engines run Sign on the CPU only. */
function step(e: Emitter, x: string, inside: string, outside: string): string {
  return e.op("Where", [e.op("Greater", [x, e.scalar(0)]), inside, outside]);
}

function oneMinus(e: Emitter, x: string): string {
  return e.op("Sub", [e.scalar(1), x]);
}

function oneMinusSquare(e: Emitter, x: string): string {
  return oneMinus(e, e.op("Mul", [x, x]));
}

export const Identity: DerivativeRule = unary(() => 1);
export const Neg: DerivativeRule = unary(() => -1);
export const Abs: DerivativeRule = unary((e, x) => sign(e, x));
export const Exp: DerivativeRule = unary((_e, _x, y) => y);
export const Log: DerivativeRule = unary((e, x) => e.op("Reciprocal", [x]));
export const Sqrt: DerivativeRule = unary((e, x, y) =>
  slopeOfRoot(e, x, y, 0.5, e.op("Div", [e.scalar(0.5), y])),
);
export const Reciprocal: DerivativeRule = unary((e, _x, y) => e.op("Neg", [e.op("Mul", [y, y])]));
export const Sin: DerivativeRule = unary((e, x) => e.op("Cos", [x]));
export const Cos: DerivativeRule = unary((e, x) => e.op("Neg", [e.op("Sin", [x])]));
export const Tan: DerivativeRule = unary((e, _x, y) => e.op("Add", [e.scalar(1), e.op("Mul", [y, y])]));
export const Atan: DerivativeRule = unary((e, x) =>
  e.op("Reciprocal", [e.op("Add", [e.scalar(1), e.op("Mul", [x, x])])]),
);
export const Asin: DerivativeRule = unary((e, x) =>
  whereMoving(e, x, e.op("Reciprocal", [e.op("Sqrt", [oneMinusSquare(e, x)])])),
);
export const Acos: DerivativeRule = unary((e, x) =>
  whereMoving(e, x, e.op("Neg", [e.op("Reciprocal", [e.op("Sqrt", [oneMinusSquare(e, x)])])])),
);
export const Sinh: DerivativeRule = unary((e, x) => e.op("Cosh", [x]));
export const Cosh: DerivativeRule = unary((e, x) => e.op("Sinh", [x]));
export const Tanh: DerivativeRule = unary((e, _x, y) => oneMinusSquare(e, y));
/** y′ = 1/√(x² + 1) = r/√((r·x)² + r²) with r = 1/max(|x|, 1), since x² overflows where y′ does not vanish yet. */
export const Asinh: DerivativeRule = unary((e, x) => {
  const r = e.op("Reciprocal", [e.op("Max", [e.op("Abs", [x]), e.scalar(1)])]);
  const scaled = e.op("Mul", [x, r]);
  const sum = e.op("Add", [e.op("Mul", [scaled, scaled]), e.op("Mul", [r, r])]);
  return e.op("Div", [r, e.op("Sqrt", [sum])]);
});
/** y′ = 1/(√(x − 1)·√(x + 1)), likewise. */
export const Acosh: DerivativeRule = unary((e, x) => {
  const [below, above] = ["Sub", "Add"].map((op) => e.op("Sqrt", [e.op(op, [x, e.scalar(1)])]));
  return whereMoving(e, x, e.op("Reciprocal", [e.op("Mul", [below, above])]));
});
export const Atanh: DerivativeRule = unary((e, x) => e.op("Reciprocal", [oneMinusSquare(e, x)]));
export const Sigmoid: DerivativeRule = unary((e, _x, y) => e.op("Mul", [y, oneMinus(e, y)]));
export const Softplus: DerivativeRule = unary((e, x) => e.op("Sigmoid", [x]));
/** y = x / (1 + |x|), y′ = 1/(1 + |x|)²; (1 − |y|)² loses the digits of large x. */
export const Softsign: DerivativeRule = unary((e, x) => {
  const rest = e.op("Reciprocal", [e.op("Add", [e.scalar(1), e.op("Abs", [x])])]);
  return e.op("Mul", [rest, rest]);
});
export const Erf: DerivativeRule = unary((e, x) =>
  e.op("Mul", [e.scalar(2 / Math.sqrt(Math.PI)), e.op("Exp", [e.op("Neg", [e.op("Mul", [x, x])])])]),
);

export const Relu: DerivativeRule = unary((e, x) => step(e, x, e.scalar(1), e.scalar(0)));
export const LeakyRelu: DerivativeRule = unary((e, x, _y, node) =>
  step(e, x, e.scalar(1), e.scalar(floatAttribute(node, "alpha", 0.01))),
);
/** y = α(eˣ − 1) for x < 0, so that y′ = y + α there. */
export const Elu: DerivativeRule = unary((e, x, y, node) =>
  step(e, x, e.scalar(1), e.op("Add", [y, e.scalar(floatAttribute(node, "alpha", 1))])),
);
export const Selu: DerivativeRule = unary((e, x, y, node) => {
  const gamma = floatAttribute(node, "gamma", 1.0507010221481323);
  const alpha = floatAttribute(node, "alpha", 1.6732631921768188);
  return step(e, x, e.scalar(gamma), e.op("Add", [y, e.scalar(gamma * alpha)]));
});
/** y = α(eˣ/α − 1) for x < 0, so that y′ = y/α + 1 there. */
export const Celu: DerivativeRule = unary((e, x, y, node) => {
  const alpha = e.scalar(floatAttribute(node, "alpha", 1));
  return step(e, x, e.scalar(1), e.op("Add", [e.op("Div", [y, alpha]), e.scalar(1)]));
});
export const ThresholdedRelu: DerivativeRule = unary((e, x, _y, node) => {
  const above = e.op("Greater", [x, e.scalar(floatAttribute(node, "alpha", 1))]);
  return e.op("Where", [above, e.scalar(1), e.scalar(0)]);
});
/** x ∓ bias beyond ±lambda, 0 between. */
export const Shrink: DerivativeRule = unary((e, x, _y, node) => {
  const outside = e.op("Greater", [e.op("Abs", [x]), e.scalar(floatAttribute(node, "lambd", 0.5))]);
  return e.op("Where", [outside, e.scalar(1), e.scalar(0)]);
});
/** y = x·t, t = tanh(softplus x): y′ = t + x(1 − t²)·sigmoid x. */
export const Mish: DerivativeRule = unary((e, x) => {
  const t = e.op("Tanh", [e.op("Softplus", [x])]);
  const rise = e.op("Mul", [oneMinusSquare(e, t), e.op("Sigmoid", [x])]);
  return e.op("Add", [t, e.op("Mul", [x, rise])]);
});
/** y = clip(αx + β, 0, 1). */
export const HardSigmoid: DerivativeRule = unary((e, _x, y, node) =>
  between(e, y, e.scalar(0), e.scalar(1), e.scalar(floatAttribute(node, "alpha", 0.2))),
);
/** y = x·clip(x/6 + ½, 0, 1), y′ = h + x·h′ with h the hard sigmoid. */
export const HardSwish: DerivativeRule = unary((e, x) => {
  const h = e.op("HardSigmoid", [x], {
    alpha: { type: "float", value: 1 / 6 },
    beta: { type: "float", value: 0.5 },
  });
  return e.op("Add", [h, e.op("Mul", [x, between(e, h, e.scalar(0), e.scalar(1), e.scalar(1 / 6))])]);
});
/** y = x·Φ(x), y′ = Φ(x) + x·φ(x); or the approximation by tanh, when the node asks for it. */
export const Gelu: DerivativeRule = unary((e, x, _y, node) => {
  if (stringAttribute(node, "approximate", "none") === "tanh") return tanhGelu(e, x);
  const half = e.op("Erf", [e.op("Mul", [x, e.scalar(Math.SQRT1_2)])]);
  const cdf = e.op("Mul", [e.scalar(0.5), e.op("Add", [e.scalar(1), half])]);
  const density = e.op("Exp", [e.op("Mul", [e.scalar(-0.5), e.op("Mul", [x, x])])]);
  return e.op("Add", [cdf, e.op("Mul", [e.op("Mul", [x, density]), e.scalar(1 / Math.sqrt(2 * Math.PI))])]);
});

/** y = ½x(1 + t), t = tanh(c(x + ax³)): y′ = ½(1 + t) + ½x(1 − t²)·c(1 + 3ax²). */
function tanhGelu(e: Emitter, x: string): string {
  const [a, c] = [0.044715, Math.sqrt(2 / Math.PI)];
  const square = e.op("Mul", [x, x]);
  const inner = e.op("Mul", [x, e.op("Add", [e.scalar(c), e.op("Mul", [square, e.scalar(c * a)])])]);
  const t = e.op("Tanh", [inner]);
  const slope = e.op("Add", [e.scalar(c), e.op("Mul", [square, e.scalar(3 * c * a)])]);
  const rise = e.op("Mul", [e.op("Mul", [x, oneMinusSquare(e, t)]), slope]);
  return e.op("Mul", [e.scalar(0.5), e.op("Add", [e.op("Add", [e.scalar(1), t]), rise])]);
}

/** `value` strictly between `low` and `high`, 0 elsewhere. */
function between(e: Emitter, x: string, low: string, high: string, value: string): string {
  const inside = e.op("And", [e.op("Greater", [x, low]), e.op("Less", [x, high])]);
  return e.op("Where", [inside, value, e.scalar(0)]);
}

/** 1 between the bounds, 0 on them and beyond, as PyTorch has it. */
export const Clip: DerivativeRule = unary((e, x, _y, node) => {
  const [low, high] = [node.inputs[1], node.inputs[2]];
  let factor = e.scalar(1);
  if (low) factor = e.op("Where", [e.op("Greater", [x, low]), factor, e.scalar(0)]);
  if (high) factor = e.op("Where", [e.op("Less", [x, high]), factor, e.scalar(0)]);
  return low || high ? factor : 1;
});

/**
 * Between floating-point types the derivative is converted alike, in float32 where the type has fewer digits: rounding
 * is taken for the identity, saturation for Clip. Towards integers it is zero.
 */
export const Cast: DerivativeRule = {
  jvp: (e, node, tangents) => {
    const to = intAttribute(node, "to", DataType.FLOAT);
    return isFloat(to) ? [whereInRange(e, node, converted(e, tangents[0], to))] : zero.jvp(e, node, tangents);
  },
  vjp: (e, node, cotangents, wanted) => {
    const from = e.dataType(inputOf(node, 0));
    const to = intAttribute(node, "to", DataType.FLOAT);
    if (!isFloat(to) || !isFloat(from)) return zero.vjp(e, node, cotangents, wanted);
    return [converted(e, whereInRange(e, node, given(cotangents[0])), from)];
  },
};

/** The derivative of Cast, 0 where the value saturates. */
function whereInRange(e: Emitter, node: Node, derivative: string): string {
  const [x] = node.inputs as [string];
  const bound = largestFloat8.get(intAttribute(node, "to", DataType.FLOAT));
  if (bound === undefined || intAttribute(node, "saturate", 1) === 0) return derivative;
  const magnitude = e.op("Abs", [e.op("Cast", [x], { to: { type: "int", value: DataType.FLOAT } })]);
  const isInside = e.op("Less", [magnitude, e.scalar(bound)]);
  return e.op("Where", [isInside, derivative, e.scalar(0)]);
}

function converted(e: Emitter, tangent: Tangent, dataType: number): string {
  return e.op("Cast", [tangent], { to: { type: "int", value: tangentType(dataType) } });
}

/** The identity at inference; older opsets' forms, which know nothing else, are read as Identity. */
export const Dropout: DerivativeRule = {
  jvp: (e, node, [t]) => {
    requireInference(e, node);
    return [t];
  },
  vjp: (e, node, [u]) => {
    requireInference(e, node);
    return [u];
  },
};

function requireInference(e: Emitter, node: Node): void {
  if (e.constantInput(node, 2)?.[0]) {
    throw new Unsupported(
      "it is in training mode, in which it draws at random; export the model after eval()",
    );
  }
}
