// The straight-through estimator as networks write it themselves: x + stopGradient(q − x), where q is rounded from x or
// looked up by it. Files do not keep stopGradient. What is left, x + (q − x), has the value q and the derivative of q,
// which is 0.

import { requireKind } from "../arguments.ts";
import { tensorNames } from "../model/graph.ts";
import type { Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { Emitter } from "./emitter.ts";
import { motionOf } from "./motion.ts";
import { Add, Sub } from "./ops/arithmetic.ts";
import type { PreparedGraph } from "./prepared-graph.ts";
import type { DerivativeRule } from "./rule.ts";
import { nodeLabel } from "./unsupported.ts";

/** The tensor that one repeats. */
function original(e: Emitter, name: string): string {
  let source = name;
  for (;;) {
    const node = e.signs.producer(source);
    if (node?.opType !== "Identity") return source;
    source = node.inputs[0] as string;
  }
}

/** Inputs of the sum or the difference that a tensor is. */
function terms(e: Emitter, name: string, opType: "Add" | "Sub"): readonly string[] {
  const node = e.signs.producer(name);
  return node?.opType === opType ? node.inputs.map((input) => original(e, input)) : [];
}

/**
 * Which input of a node passes the derivative straight through: x of x + (q − x) and of x − (x − q), the sum of
 * (q + x) − x, where q is piecewise constant. Undefined for other nodes.
 */
export function straightInput(e: Emitter, node: Node): number | undefined {
  if (node.domain !== "" || !(node.opType === "Add" || node.opType === "Sub")) return undefined;
  const [a, b] = node.inputs.map((input) => original(e, input)) as [string, string];
  const [sum, [c, d]] = [terms(e, a, "Add"), terms(e, b, "Sub")];
  if (node.opType === "Sub") {
    const isSum = sum.includes(b) && sum.some((q) => isRounded(e, q));
    return isSum || (c === a && isRounded(e, d)) ? 0 : undefined;
  }
  if (d === a && isRounded(e, c)) return 0;
  const [q, x] = terms(e, a, "Sub");
  return x === b && isRounded(e, q) ? 1 : undefined;
}

/** Whether a tensor varies, and has derivative 0 wherever it has one. */
function isRounded(e: Emitter, name: string | undefined): boolean {
  return name !== undefined && !e.isConstant(name) && motionOf(e, name) === "nowhere";
}

/** The rule of a sum or difference with the estimator where it is one. */
function estimating({ jvp, vjp }: DerivativeRule): DerivativeRule {
  const passes = (e: Emitter, node: Node, input: number) => (straightInput(e, node) ?? input) === input;
  return {
    jvp: (e, node, tangents) =>
      jvp(
        e,
        node,
        tangents.map((tangent, i) => (passes(e, node, i) ? tangent : undefined)),
      ),
    vjp: (e, node, cotangents, wanted) =>
      vjp(
        e,
        node,
        cotangents,
        wanted.map((isWanted, i) => isWanted && passes(e, node, i)),
      ),
  };
}

/** By operator: for who asks for the estimator. */
export const handwrittenRules: ReadonlyMap<string, DerivativeRule> = new Map([
  ["Add", estimating(Add)],
  ["Sub", estimating(Sub)],
]);

/** What is said of such a node whose derivative is asked for as it is. */
export const DETACHED =
  "adds x to q − x, where q is rounded or looked up: a straight-through estimator, of which a file keeps only the value q, whose derivative is 0; `straightThrough` (--straight-through on the command line) passes the derivative of x, as training did";

/** Nodes of a prepared graph that are straight-through estimators written out, by their labels. */
export function handwrittenEstimators(graph: PreparedGraph): string[] {
  requireKind("handwrittenEstimators: graph", "prepared", graph);
  const names = new NameSupply(tensorNames(graph.model.graph));
  const emitter = new Emitter(graph, names, { name: graph.input, like: graph.input }, {});
  return graph.model.graph.nodes.filter((node) => straightInput(emitter, node) !== undefined).map(nodeLabel);
}
