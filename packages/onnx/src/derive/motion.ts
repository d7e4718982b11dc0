// Where the elements of a tensor move with the point, and where an operator on their way holds them fixed, as ReLU does
// below 0. What is held has derivative 0, whatever the slopes of the operators behind it.

import { nodeReads } from "../model/graph.ts";
import { inputOf, type Node, outputOf } from "../model/model.ts";
import type { Emitter } from "./emitter.ts";
import { isPiecewiseConstant } from "./piecewise.ts";

/** A function writes the condition under which elements move; it broadcasts against the tensor. */
export type Motion = "everywhere" | "nowhere" | (() => string);

/** Operators each element of whose result moves only where one at its place of their inputs does. */
const elementwise: ReadonlySet<string> = new Set([
  ...["Identity", "Neg", "Abs", "Exp", "Log", "Sqrt", "Reciprocal", "Sin", "Cos", "Tan", "Sinh", "Cosh"],
  ...["Asin", "Acos", "Atan", "Asinh", "Acosh", "Atanh", "Erf", "Tanh", "Sigmoid", "Softplus", "Softsign"],
  ...["LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Mish", "Add", "Sub", "Mul", "Div", "Pow", "Sum", "Mean"],
]);

/** Operators that move or repeat the elements of their first input, or add them up. */
const carrying: ReadonlySet<string> = new Set([
  ...["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile", "Slice", "Gather"],
  ...["ReduceSum", "ReduceMean"],
]);

/** Chains longer than this are not followed to their beginning. */
const DEEPEST = 64;

/** Where a tensor of the primal graph moves, as far as the form of the graph says. */
export function motionOf(e: Emitter, x: string): Motion {
  const known = new Map<string, Motion>();
  const find = (name: string, depth: number): Motion => {
    if (e.isConstant(name)) return "nowhere";
    const node = e.signs.producer(name);
    if (!node || depth > DEEPEST) return "everywhere";
    const of = (input: string): Motion => {
      const motion = known.get(input) ?? find(input, depth + 1);
      known.set(input, motion);
      return motion;
    };
    if (isPiecewiseConstant(node.opType)) return "nowhere";
    if (elementwise.has(node.opType)) return node.inputs.map(of).reduce((a, b) => either(e, a, b));
    if (carrying.has(node.opType)) return carried(e, node, of(inputOf(node, 0)));
    const motion = passed(e, node, of);
    return motion === "everywhere" && nodeReads(node).every((input) => of(input) === "nowhere")
      ? "nowhere"
      : motion;
  };
  return find(x, 0);
}

/** Behind an operator that passes an element of its inputs on, or holds it. */
function passed(e: Emitter, node: Node, of: (name: string) => Motion): Motion {
  const [a, b, c] = node.inputs as [string, string, string];
  const y = outputOf(node, 0);
  const isGreater = (low: string): Motion => (low ? () => e.op("Greater", [a, low]) : "everywhere");
  const isLess = (high: string): Motion => (high ? () => e.op("Less", [a, high]) : "everywhere");
  switch (node.opType) {
    case "Relu":
      return both(e, of(a), () => e.op("Greater", [y, e.scalar(0)]));
    case "HardSigmoid":
      return both(e, of(a), () =>
        e.op("And", [e.op("Greater", [y, e.scalar(0)]), e.op("Less", [y, e.scalar(1)])]),
      );
    case "Clip":
      return both(e, of(a), both(e, isGreater(b), isLess(c)));
    case "Max":
    case "Min": {
      const reaches = node.opType === "Max" ? "GreaterOrEqual" : "LessOrEqual";
      const motions = node.inputs.map((name) => both(e, of(name), () => e.op(reaches, [name, y])));
      return motions.reduce((a, b) => either(e, a, b));
    }
    case "Where": {
      const [isSecond, isThird] = [both(e, of(b), () => a), both(e, of(c), () => e.op("Not", [a]))];
      return either(e, isSecond, isThird);
    }
    default:
      return "everywhere";
  }
}

/** Behind an operator that carries elements along. */
function carried(e: Emitter, node: Node, motion: Motion): Motion {
  if (typeof motion === "string") return motion;
  return () => {
    const numbers = e.op("Expand", [e.toFloat(motion()), e.int64(e.shape(inputOf(node, 0)))]);
    const moved = e.op(node.opType, [numbers, ...node.inputs.slice(1)], Object.fromEntries(node.attributes));
    return e.op("Greater", [moved, e.scalar(0)]);
  };
}

function either(e: Emitter, a: Motion, b: Motion): Motion {
  if (a === "nowhere" || b === "everywhere") return b;
  if (b === "nowhere" || a === "everywhere") return a;
  return () => e.op("Or", [a(), b()]);
}

function both(e: Emitter, a: Motion, b: Motion): Motion {
  if (a === "everywhere" || b === "nowhere") return b;
  if (b === "everywhere" || a === "nowhere") return a;
  return () => e.op("And", [a(), b()]);
}
