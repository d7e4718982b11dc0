// Composition of models: g ∘ (scale·f + shift) as one graph, e.g. LPIPS features of a generator's image.

import { VielbeinError } from "@vielbein/core";
import { requireKind } from "../arguments.ts";
import { everyName, tensorNames, topologicalOrder } from "../model/graph.ts";
import { type Graph, type Model, requiredInputs, standardOpset } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { renameTensors } from "../model/rename.ts";
import { normalize } from "../prepare/normalize.ts";
import { type LinkOptions, linkFrom } from "./link.ts";

export interface ChainOptions extends LinkOptions {
  /** Output of the first model to pass on. Default: its first output. */
  readonly output?: string | undefined;
  /** Input of the second model to feed. Default: its first input. */
  readonly input?: string | undefined;
}

/**
 * One model that runs `first`, brings its output into the form that `second` takes (see {@link LinkOptions}), and feeds
 * it to `second`. The outputs are those of `second`; tensors of `second` whose names are already taken get a numbered
 * name.
 *
 * @throws {VielbeinError} `INVALID_SPACE` when the named output or input does not exist.
 */
export function chain(first: Model, second: Model, options: ChainOptions = {}): Model {
  requireKind("chain: first", "model", first);
  requireKind("chain: second", "model", second);
  const head = normalize(first);
  const tail = normalize(second);
  const output = options.output ?? head.graph.outputs[0]?.name;
  const inputs = requiredInputs(tail.graph).map(({ name }) => name);
  const input = options.input ?? inputs[0];
  if (output === undefined || !tensorNames(head.graph).has(output)) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `chain: the first model has no tensor "${output}" to pass on. \`vielbein inspect\` lists its tensors.`,
    );
  }
  if (input === undefined || !inputs.includes(input)) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `chain: the second model has no input "${input}" to feed. Its inputs: ${inputs.join(", ") || "none"}.`,
    );
  }

  const names = new NameSupply(everyName(head.graph));
  const link = linkFrom(output, options, names);
  // Engines want node names to be unique too; they are a namespace of their own.
  const nodeNames = new NameSupply(head.graph.nodes.map((node) => node.name));
  const renamed = renameGraph(tail.graph, names, nodeNames, new Map([[input, link.result]]));
  const graph: Graph = {
    name: `${head.graph.name}_${tail.graph.name}`,
    nodes: [...head.graph.nodes, ...link.nodes, ...renamed.nodes],
    initializers: [...head.graph.initializers, ...link.initializers, ...renamed.initializers],
    inputs: [...head.graph.inputs, ...renamed.inputs.filter((info) => info.name !== link.result)],
    outputs: renamed.outputs,
    valueInfo: [],
    unknown: [],
  };
  const opsets = new Map([...tail.opsets, ...head.opsets]);
  opsets.set("", Math.max(standardOpset(head), standardOpset(tail)));
  return {
    ...head,
    irVersion: Math.max(head.irVersion, tail.irVersion),
    opsets,
    graph: { ...graph, nodes: topologicalOrder(graph) },
    files: mergeFiles(head.files, tail.files),
  };
}

/** The graph with every name that `names` has already given out replaced, and `fixed` names as told. */
function renameGraph(
  graph: Graph,
  names: NameSupply,
  nodeNames: NameSupply,
  fixed: ReadonlyMap<string, string>,
): Graph {
  const renaming = new Map(fixed);
  for (const name of everyName(graph)) if (!renaming.has(name)) renaming.set(name, names.claim(name));
  const renamed = renameTensors(graph, (name) => renaming.get(name) ?? name);
  const nodes = renamed.nodes.map((node) => ({ ...node, name: node.name && nodeNames.claim(node.name) }));
  return { ...renamed, nodes };
}

/** Both sets of files; one of the second set whose name is taken is kept under another name. */
function mergeFiles(
  a: ReadonlyMap<string, Uint8Array>,
  b: ReadonlyMap<string, Uint8Array>,
): Map<string, Uint8Array> {
  const names = new NameSupply(a.keys());
  const merged = new Map(a);
  for (const [name, bytes] of b) merged.set(names.claim(name), bytes);
  return merged;
}
