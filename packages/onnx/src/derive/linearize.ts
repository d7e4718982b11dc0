// Linearisation at a point: the primal graph, which also yields what the derivatives need of it, and the two
// linear maps that it determines, ẋ ↦ J·ẋ and ȳ ↦ Jᵀ·ȳ, as graphs of their own. For many products at one
// point (Lanczos, power iteration, conjugate gradients) the primal then runs once.

import type { Runtime } from "@vielbein/core";
import { probe } from "../file/probe.ts";
import { makeNode } from "../model/attributes.ts";
import { nodeReads, nodesFor, tensorNames } from "../model/graph.ts";
import type { Model, Node, Tensor, ValueInfo } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { typesOf } from "../model/types.ts";
import { shareCommonSubexpressions } from "./common-subexpressions.ts";
import { zeroEverywhere } from "./derivative-model.ts";
import { type DerivativeOptions, Emitter } from "./emitter.ts";
import { pushForward } from "./jvp.ts";
import { mergeFactors } from "./merge-factors.ts";
import type { PreparedGraph } from "./prepared-graph.ts";
import { pullBack } from "./vjp.ts";

/** One of the two linear maps: reads the residuals it names and k vectors, yields k vectors. */
export interface LinearGraph {
  readonly model: Model;
  /** Tensors to feed, by name, beside `input`: residuals, and perhaps the point. */
  readonly residuals: readonly string[];
  /** `[k, 1, ...]`, k dynamic. */
  readonly input: string;
  /** `[k, 1, ...]`. */
  readonly output: string;
}

export interface Linearization {
  /** x ↦ f(x) and the residuals. */
  readonly primal: Model;
  /** The point, `[1, ...]`. */
  readonly input: string;
  /** The value, `[1, ...]`. */
  readonly output: string;
  /** ẋ ↦ J·ẋ. */
  readonly jvp: LinearGraph;
  /** ȳ ↦ Jᵀ·ȳ. */
  readonly vjp: LinearGraph;
}

/**
 * Linearises a prepared graph. The engine is asked once for the shapes of the residuals.
 *
 * @throws {VielbeinError} what {@link jvp} and {@link vjp} throw.
 */
export async function linearize(
  graph: PreparedGraph,
  runtime: Runtime,
  options: DerivativeOptions = {},
): Promise<Linearization> {
  const names = new NameSupply(tensorNames(graph.model.graph));
  const tangent = { name: names.claim(`${graph.input}_tangent`), like: graph.input };
  const pushed = { name: names.claim(`${graph.output}_tangent`), like: graph.output };
  const cotangent = { name: names.claim(`${graph.output}_cotangent`), like: graph.output };
  const pulled = { name: names.claim(`${graph.input}_cotangent`), like: graph.input };

  const forward = new Emitter(graph, names, tangent, options);
  const outgoing = pushForward(graph, forward, tangent.name).tangent;
  const reverse = new Emitter(graph, names, cotangent, options);
  const incoming = pullBack(graph, reverse, cotangent.name);
  if (outgoing === undefined || incoming === undefined) throw zeroEverywhere(graph);

  const shared = shareCommonSubexpressions(
    [
      ...graph.model.graph.nodes,
      ...forward.nodes,
      makeNode("Identity", [outgoing], [pushed.name]),
      ...reverse.nodes,
      makeNode("Identity", [incoming], [pulled.name]),
    ],
    [graph.output, pushed.name, pulled.name],
  );
  const initializers = [...graph.model.graph.initializers, ...forward.initializers, ...reverse.initializers];
  const constants = new Set(initializers.map(({ name }) => name));
  const nodes = [tangent, cotangent].reduce<readonly Node[]>(
    (merged, { name }) => mergeFactors(merged, name, initializers, names),
    shared,
  );
  const linear = [
    { ends: [tangent, pushed] as const, nodes: downstream(nodes, tangent.name, pushed.name) },
    { ends: [cotangent, pulled] as const, nodes: downstream(nodes, cotangent.name, pulled.name) },
  ].map((part) => ({ ...part, residuals: externalReads(part.nodes, part.ends[0].name, constants) }));

  const given = [graph.input, ...graph.parameters];
  const residuals = [...new Set(linear.flatMap((part) => part.residuals))].filter(
    (name) => !given.includes(name),
  );
  const outputs = [...new Set([graph.output, ...residuals])];
  const model = (
    purpose: string,
    parts: readonly Node[],
    inputs: readonly ValueInfo[],
    results: readonly ValueInfo[],
  ): Model => ({
    ...graph.model,
    producerName: "vielbein",
    producerVersion: "",
    graph: {
      ...graph.model.graph,
      name: `${graph.model.graph.name}_${purpose}`,
      nodes: parts,
      initializers: readBy(parts, initializers),
      inputs,
      outputs: results,
    },
  });
  const known = (name: string): ValueInfo => ({ name, ...graph.info.get(name)! });
  const primalNodes = nodesFor({ ...graph.model.graph, nodes }, outputs);
  const unmeasured = model(
    "primal",
    primalNodes,
    given.map(known),
    outputs.map((name) => ({ name })),
  );
  const { shapes } = await probe(unmeasured, runtime, { measured: residuals });
  const types = typesOf({ ...unmeasured.graph, outputs: [] });
  const described = (name: string): ValueInfo =>
    graph.info.has(name) ? known(name) : { name, dataType: types.get(name)!, shape: shapes.get(name)! };
  const [jvp, vjp] = linear.map(({ ends: [from, to], nodes: parts, residuals: read }): LinearGraph => {
    const vectors = ({ name, like }: { name: string; like: string }): ValueInfo => {
      const { dataType, shape } = graph.info.get(like)!;
      return { name, dataType, shape: ["k", ...shape] };
    };
    return {
      residuals: read,
      input: from.name,
      output: to.name,
      model: model(to.name, parts, [...read.map(described), vectors(from)], [vectors(to)]),
    };
  });
  return {
    primal: model("primal", primalNodes, given.map(known), outputs.map(described)),
    input: graph.input,
    output: graph.output,
    jvp: jvp!,
    vjp: vjp!,
  };
}

/** The nodes on the way from `source` to `target`: shapes of the source count, since k is one of its extents. */
function downstream(nodes: readonly Node[], source: string, target: string): Node[] {
  const reached = new Set([source]);
  const linear = nodes.filter((node) => {
    const isReached = nodeReads(node).some((name) => reached.has(name));
    if (isReached) for (const output of node.outputs) reached.add(output);
    return isReached;
  });
  const needed = new Set([target]);
  return linear
    .toReversed()
    .filter((node) => {
      const isNeeded = node.outputs.some((output) => needed.has(output));
      if (isNeeded) for (const name of nodeReads(node)) needed.add(name);
      return isNeeded;
    })
    .toReversed();
}

/** What the nodes read but neither define nor find among the constants, beside `source`. */
function externalReads(nodes: readonly Node[], source: string, constants: ReadonlySet<string>): string[] {
  const defined = new Set([source, ...nodes.flatMap((node) => node.outputs)]);
  const reads = new Set(nodes.flatMap(nodeReads));
  return [...reads].filter((name) => !defined.has(name) && !constants.has(name));
}

function readBy(nodes: readonly Node[], tensors: readonly Tensor[]): Tensor[] {
  const read = new Set(nodes.flatMap(nodeReads));
  return tensors.filter(({ name }) => read.has(name));
}
