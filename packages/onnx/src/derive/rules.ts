// The registry: operator → derivative rule. A new operator is one entry here and one rule under ops/.

import type { Node } from "../model/model.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import * as convolution from "./ops/convolution.ts";
import * as einsum from "./ops/einsum.ts";
import * as elementwise from "./ops/elementwise.ts";
import * as gridSample from "./ops/grid-sample.ts";
import * as indexing from "./ops/indexing.ts";
import { inverse } from "./ops/inverse.ts";
import * as lpPooling from "./ops/lp-pooling.ts";
import * as matmul from "./ops/matmul.ts";
import * as normalization from "./ops/normalization.ts";
import * as pooling from "./ops/pooling.ts";
import * as reduction from "./ops/reduction.ts";
import * as resize from "./ops/resize.ts";
import * as scan from "./ops/scan.ts";
import * as shape from "./ops/shape.ts";
import * as slicing from "./ops/slicing.ts";
import * as softmax from "./ops/softmax.ts";
import { piecewiseConstant } from "./piecewise.ts";
import type { PreparedGraph } from "./prepared-graph.ts";
import { type DerivativeRule, zero } from "./rule.ts";
import { operatorName, reasonAgainst, Unsupported } from "./unsupported.ts";

// The rule modules export their rules under the exact ONNX operator names.
const standard: ReadonlyMap<string, DerivativeRule> = new Map<string, DerivativeRule>([
  ...[...piecewiseConstant].map((opType): [string, DerivativeRule] => [opType, zero]),
  ...Object.entries(einsum),
  ...Object.entries(elementwise),
  ...Object.entries(arithmetic),
  ...Object.entries(gridSample),
  ...Object.entries(indexing),
  ...Object.entries(lpPooling),
  ...Object.entries(matmul),
  ...Object.entries(convolution),
  ...Object.entries(normalization),
  ...Object.entries(pooling),
  ...Object.entries(reduction),
  ...Object.entries(resize),
  ...Object.entries(scan),
  ...Object.entries(shape),
  ...Object.entries(slicing),
  ...Object.entries(softmax),
]);

/** Those of other domains. */
const foreign: ReadonlyMap<string, DerivativeRule> = new Map([["com.microsoft::Inverse", inverse]]);

/** The rule for a node, or undefined when there is none. The caller's own rules come before the standard ones. */
export function ruleFor(node: Node, own: ReadonlyMap<string, DerivativeRule>): DerivativeRule | undefined {
  const name = operatorName(node);
  return own.get(name) ?? standard.get(name) ?? foreign.get(name);
}

/** @throws {Unsupported} when the node has no rule. */
export function requireRule(graph: Pick<PreparedGraph, "rules">, node: Node): DerivativeRule {
  const rule = ruleFor(node, graph.rules);
  if (!rule) throw new Unsupported(reasonAgainst(node));
  return rule;
}

/** Operators of other domains with a rule, with these. */
export function foreignOperators(): string[] {
  return [...foreign.keys()];
}

/** Standard operators with a rule, sorted. */
export function supportedOperators(): string[] {
  return [...standard.keys()].sort();
}
