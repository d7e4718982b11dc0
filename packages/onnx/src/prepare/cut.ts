// Cutting: the part of a model between two named tensors, as a model of its own.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { dependents, nodeReads, nodesFor, tensorNames } from "../model/graph.ts";
import type { Graph, Model, ValueInfo } from "../model/model.ts";
import { didYouMean } from "../model/names.ts";
import { typesOf } from "../model/types.ts";

/** @throws {VielbeinError} `INVALID_SPACE` when the graph has no tensor of that name. */
export function requireTensor(graph: Graph, name: string, role: string): void {
  const names = tensorNames(graph);
  if (names.has(name)) return;
  throw new VielbeinError(
    "INVALID_SPACE",
    `\`${role}\`: the model has no tensor "${name}"${didYouMean(name, names)}. \`vielbein inspect\` lists its tensors.`,
  );
}

/** The error for two tensors that are the same, or where the second does not depend on the first. */
export function noMapBetween(from: string, to: string): VielbeinError {
  const reason =
    from === to
      ? `Tensor "${from}" is both start and end, and the map between them would change nothing`
      : `Tensor "${to}" does not depend on "${from}", so there is no map between them`;
  return new VielbeinError(
    "INVALID_SPACE",
    `${reason}. Choose a tensor after "${from}" (\`vielbein inspect\` lists them).`,
  );
}

/**
 * The sub-model that computes `to` from `from` (and from any other graph input that `to` still needs,
 * which stay inputs). Weights are shared with the original, not copied.
 *
 * @throws {VielbeinError} `INVALID_SPACE` for unknown names or when `to` does not depend on `from`.
 */
export function cut(model: Model, from: string, to: string): Model {
  requireKind("cut: model", "model", model);
  requireKind("cut: from", "text", from);
  requireKind("cut: to", "text", to);
  const { graph } = model;
  requireTensor(graph, from, "from");
  requireTensor(graph, to, "to");
  const nodes = nodesFor(graph, [to], new Set([from])).filter((node) => !node.outputs.includes(from));
  if (from === to || !dependents(nodes, [from]).has(to)) throw noMapBetween(from, to);
  const read = new Set(nodes.flatMap(nodeReads));
  const known = new Map<string, ValueInfo>();
  for (const info of [...graph.valueInfo, ...graph.inputs, ...graph.outputs]) known.set(info.name, info);
  const types = typesOf(graph);
  const describe = (name: string): ValueInfo => known.get(name) ?? { name, dataType: types.get(name) };
  const others = graph.inputs.filter((input) => input.name !== from && read.has(input.name));
  return {
    ...model,
    graph: {
      ...graph,
      nodes,
      initializers: graph.initializers.filter((tensor) => tensor.name !== from && read.has(tensor.name)),
      inputs: [describe(from), ...others],
      outputs: [describe(to)],
      valueInfo: graph.valueInfo.filter((info) => read.has(info.name)),
    },
  };
}
