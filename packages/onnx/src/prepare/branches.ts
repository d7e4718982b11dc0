// If nodes whose condition does not depend on the point have one branch only that is ever taken: it replaces
// them, so that it can be differentiated. Exporters write such nodes where the course depends on a shape.

import { VielbeinError } from "@vielbein/core";
import { nodeLabel } from "../derive/unsupported.ts";
import { probe } from "../file/probe.ts";
import { makeNode } from "../model/attributes.ts";
import { dependents, everyName, tensorNames, topologicalOrder } from "../model/graph.ts";
import {
  firstOutput,
  type Graph,
  inputOf,
  type Model,
  type Node,
  requiredInputs,
  type Tensor,
} from "../model/model.ts";
import { entryOf, NameSupply } from "../model/names.ts";
import { renameTensors } from "../model/rename.ts";
import { fromRuntime, numericValues } from "../model/tensor.ts";
import type { Surroundings } from "./unroll/unroll.ts";

export interface Decided {
  readonly model: Model;
  /** Tensor that a node of a branch defines → a tensor that the If node defines, which stood in its place. */
  readonly origins: ReadonlyMap<string, string>;
}

/** What stands around the branches. */
type Around = Omit<Surroundings, "kept">;

/**
 * The model with the branches in place that `inputs` and the shapes decide on, where the point moves what they yield or
 * an end of the map lies inside.
 *
 * @throws {VielbeinError} `BACKEND_FAILED` when the engine cannot compute the conditions; `INVALID_MODEL` for an If
 *   without branches.
 */
export async function decideBranches(model: Model, around: Around): Promise<Decided> {
  const origins = new Map<string, string>();
  let current = model;
  // A branch may hold a further If.
  for (;;) {
    const next = await decideOnce(current, around, origins);
    if (next === current) return { model: current, origins };
    current = next;
  }
}

async function decideOnce(model: Model, around: Around, origins: Map<string, string>): Promise<Model> {
  if (!model.graph.nodes.some((node) => node.opType === "If")) return model;
  const { runtime, inputs, trial } = around;
  const graph = { ...model.graph, nodes: topologicalOrder(model.graph) };
  const isDecided = decidable(graph, around);
  const conditions = new Set(graph.nodes.filter(isDecided).map((node) => node.inputs[0]));
  if (conditions.size === 0) return model;

  const known = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const folded = [...conditions].filter((name) => !known.has(name));
  if (folded.length > 0) {
    const { values } = await probe({ ...model, graph }, runtime, { measured: [], folded, inputs, trial });
    for (const name of folded) known.set(name, fromRuntime(name, entryOf(values, name)));
  }
  const others = graph.nodes.filter((node) => !isDecided(node));
  const names = new NameSupply([...everyName({ ...graph, nodes: others }), ...tensorNames(graph)]);
  const initializers: Tensor[] = [...graph.initializers];
  const valueInfo = [...graph.valueInfo];
  const nodes = graph.nodes.flatMap((node) => {
    if (!isDecided(node)) return [node];
    const holds = numericValues(entryOf(known, inputOf(node, 0)))[0] !== 0;
    const attribute = node.attributes.get(holds ? "then_branch" : "else_branch");
    if (attribute?.type !== "graph") throw incomplete(node, "no graph for a branch");
    const branch = renamed(attribute.value, names);
    for (const tensor of branch.initializers) initializers.push(tensor);
    for (const info of branch.valueInfo) valueInfo.push(info);
    const origin = firstOutput(node);
    for (const inner of branch.nodes.flatMap(({ outputs }) => outputs)) {
      origins.set(inner, origins.get(origin) ?? origin);
    }
    const inner = branch.nodes.map((one) =>
      one.name ? { ...one, name: `${nodeLabel(node)}/${one.name}` } : one,
    );
    const results = node.outputs.flatMap((output, i) => {
      const result = branch.outputs[i];
      if (!result) throw incomplete(node, `a branch without output ${i}`);
      return output ? [makeNode("Identity", [result.name], [output])] : [];
    });
    return [...inner, ...results];
  });
  return { ...model, graph: { ...graph, nodes, initializers, valueInfo } };
}

/** Says of the nodes of a graph whether one of their branches is to be put in their place. */
function decidable(graph: Graph, { variable, to, inputs }: Around): (node: Node) => boolean {
  const unfed = requiredInputs(graph).filter((input) => !inputs.has(input.name));
  const moving = dependents(graph.nodes, variable);
  const unknown = dependents(graph.nodes, [...variable, ...unfed.map(({ name }) => name)]);
  const outside = tensorNames(graph);
  const inside = [...variable, to].filter((name) => !outside.has(name));
  const holds = (node: Node): boolean => inside.length > 0 && holdsOne(node, inside);
  return (node) =>
    node.opType === "If" &&
    !unknown.has(node.inputs[0]) &&
    (node.outputs.some((output) => moving.has(output)) || holds(node));
}

/** Whether a subgraph of a node defines one of the tensors. */
function holdsOne(node: Node, tensors: readonly string[]): boolean {
  return [...node.attributes.values()].some((attribute) => {
    const names = attribute.type === "graph" ? everyName(attribute.value) : undefined;
    return tensors.some((name) => names?.has(name));
  });
}

/** A branch whose own tensors have names that the graph around it does not use. */
function renamed(graph: Graph, names: NameSupply): Graph {
  const fresh = new Map([...everyName(graph)].map((name) => [name, names.claim(name)]));
  return renameTensors(graph, (name) => fresh.get(name) ?? name);
}

function incomplete(node: Node, what: string): VielbeinError {
  return new VielbeinError(
    "INVALID_MODEL",
    `If node "${nodeLabel(node)}" has ${what}. The file is damaged; export the model again.`,
  );
}
