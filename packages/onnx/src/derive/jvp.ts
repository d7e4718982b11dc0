// Forward-mode differentiation, graph to graph: from a graph computing y = f(x) to one computing y and
// ẏ = J(x)·ẋ for k tangents at once. The tangents carry a leading axis k through the network; the primal
// is evaluated once and shared by all of them.

import { requireKind } from "../arguments.ts";
import { makeNode } from "../model/attributes.ts";
import { nodeReads, tensorNames } from "../model/graph.ts";
import type { Model, Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { derivativeModel, zeroEverywhere } from "./derivative-model.ts";
import { type DerivativeOptions, Emitter } from "./emitter.ts";
import { DETACHED, handwrittenRules, straightInput } from "./handwritten-estimator.ts";
import { type PreparedGraph, positionOf } from "./prepared-graph.ts";
import { requireRule, ruleFor } from "./rules.ts";
import { ESTIMATE, isEstimated } from "./straight-through.ts";
import type { Tangent } from "./tangent.ts";
import { nodeLabel, operatorName, Unsupported, UnsupportedOperatorError } from "./unsupported.ts";

/** Names of the tensors of a JVP graph. */
export interface JvpGraph {
  /** The graph as a model. */
  readonly model: Model;
  /** The point, `[1, ...]`. */
  readonly input: string;
  /** The tangents, `[k, 1, ...]`, k dynamic. */
  readonly inputTangent: string;
  /** The value, `[1, ...]`. */
  readonly output: string;
  /** J·ẋ for every tangent, `[k, 1, ...]`. */
  readonly outputTangent: string;
  /** The primal node that each tensor added belongs to. */
  readonly origins: ReadonlyMap<string, Node>;
}

/**
 * Differentiates a prepared graph forwards. The result is an ordinary ONNX model of standard operators.
 *
 * @throws {VielbeinError} `UNSUPPORTED_OPERATOR` naming the first node without a rule between input and output;
 * `INVALID_SPACE` when the derivative is zero everywhere, as after rounding.
 */
export function jvp(graph: PreparedGraph, options: DerivativeOptions = {}): JvpGraph {
  requireKind("jvp: graph", "prepared", graph);
  const names = new NameSupply(tensorNames(graph.model.graph));
  const inputTangent = names.claim(`${graph.input}_tangent`);
  const outputTangent = names.claim(`${graph.output}_tangent`);
  const incoming = { name: inputTangent, like: graph.input };
  const emitter = new Emitter(graph, names, incoming, options);
  const pushed = pushForward(graph, emitter, inputTangent);
  if (pushed.tangent === undefined) throw zeroEverywhere(graph);
  const nodes = [...pushed.nodes, makeNode("Identity", [pushed.tangent], [outputTangent])];
  const outgoing = { name: outputTangent, like: graph.output };
  return {
    input: graph.input,
    inputTangent,
    output: graph.output,
    outputTangent,
    origins: emitter.origins,
    model: derivativeModel(graph, nodes, emitter, incoming, outgoing),
  };
}

/** What differentiation makes of one node on the way from the input to the output. */
export interface NodeReport {
  /** Operator, with its domain where that is not the standard one. */
  readonly opType: string;
  /** Name of the node, or of its first output when it has none. */
  readonly node: string;
  /** Position among the nodes of the model file, from 0. */
  readonly position: number;
  /**
   * `exact`: the rule applies; `straight`: the node rounds to reduced precision or to quantised levels, and the
   * derivative is that of the identity; `zero`: piecewise constant, nothing flows on, with a `reason` where that is an
   * estimator written out by hand; `unsupported`: see `reason`.
   */
  readonly derivative: "exact" | "straight" | "zero" | "unsupported";
  /** Why the derivative is not exact, in words. */
  readonly reason?: string | undefined;
}

/** Reports on every node that a tangent of the input reaches, without stopping at the first problem. */
export function differentiability(graph: PreparedGraph): NodeReport[] {
  requireKind("differentiability: graph", "prepared", graph);
  const names = new NameSupply(tensorNames(graph.model.graph));
  const reports: NodeReport[] = [];
  const problems = new Map<Node, string>();
  const inputTangent = names.claim(`${graph.input}_tangent`);
  const emitter = new Emitter(graph, names, { name: inputTangent, like: graph.input }, {});
  const kindOf = (node: Node, tangents: readonly Tangent[]): Pick<NodeReport, "derivative" | "reason"> => {
    const reason = problems.get(node);
    if (reason !== undefined) return { derivative: "unsupported", reason };
    const rule = ruleFor(node, graph.rules);
    if (straightInput(emitter, node) !== undefined) {
      return rule === handwrittenRules.get(node.opType)
        ? { derivative: "straight", reason: ESTIMATE }
        : { derivative: "zero", reason: DETACHED };
    }
    if (!tangents.some(Boolean)) return { derivative: "zero" };
    return isEstimated(rule) ? { derivative: "straight", reason: ESTIMATE } : { derivative: "exact" };
  };
  pushForward(
    graph,
    emitter,
    inputTangent,
    (problem, node) => problems.set(node, problem.reason),
    (node, tangents) => {
      const position = positionOf(graph, node);
      reports.push({
        opType: operatorName(node),
        node: nodeLabel(node),
        position,
        ...kindOf(node, tangents),
      });
    },
  );
  return reports;
}

export interface Pushed {
  /** Primal and derivative nodes in topological order. */
  readonly nodes: Node[];
  /** Tangent of the output; undefined where it is zero. */
  readonly tangent: Tangent;
}

/**
 * Walks the graph once, emitting behind every primal node the nodes that push its tangents on.
 * A problem that `onProblem` does not throw leaves a stand-in tangent, so that the walk goes on.
 */
export function pushForward(
  graph: PreparedGraph,
  emitter: Emitter,
  inputTangent: string,
  onProblem: (problem: UnsupportedOperatorError, node: Node) => void = (problem) => {
    throw problem;
  },
  onNode?: (node: Node, tangents: readonly Tangent[]) => void,
): Pushed {
  const tangents = new Map<string, string>([[graph.input, inputTangent]]);
  const nodes: Node[] = [];
  for (const node of graph.model.graph.nodes) {
    nodes.push(node);
    const incoming = node.inputs.map((name) => tangents.get(name));
    // Subgraphs (If, Loop, Scan) also read what they capture.
    if (!nodeReads(node).some((name) => tangents.has(name))) continue;
    const emitted = emitter.nodes.length;
    let outgoing: readonly Tangent[];
    emitter.turnTo(node);
    try {
      outgoing = requireRule(graph, node).jvp(emitter, node, incoming);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      onProblem(
        new UnsupportedOperatorError(node, positionOf(graph, node), graph.opset, error.message),
        node,
      );
      outgoing = node.outputs.map(() => inputTangent);
    }
    for (const one of emitter.nodes.slice(emitted)) nodes.push(one);
    node.outputs.forEach((name, i) => {
      const tangent = outgoing[i];
      if (name && tangent !== undefined) tangents.set(name, tangent);
    });
    onNode?.(node, outgoing);
  }
  return { nodes, tangent: tangents.get(graph.output) };
}
