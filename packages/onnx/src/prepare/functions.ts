// Operators that the model itself defines are replaced by their definitions, so that only operators of the standard and
// of the engine remain. A call binds names: arguments and results to tensors, referenced attributes to their values.

import { VielbeinError } from "@vielbein/core";
import { nodeLabel, operatorName } from "../derive/unsupported.ts";
import { makeNode } from "../model/attributes.ts";
import { everyName, topologicalOrder } from "../model/graph.ts";
import type { Attribute, Graph, LocalFunction, Model, Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { renameNode } from "../model/rename.ts";
import type { WritingOptions } from "./composites.ts";
import { INTERNAL_OPSET, upgraded } from "./upgrade.ts";

export interface Inlined {
  readonly model: Model;
  /** Tensor that a node of a definition computes → tensor that the call computes, at whose place it stands. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Nodes that definitions may add up to: calls within calls multiply. */
const MOST_NODES = 250_000;

/**
 * The model without calls of functions of its own; the same object when it has none. Functions of the standard domain
 * replace no operator, as in engines.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for two functions of one name, and for those that call themselves or blow up.
 */
export function inlineFunctions(model: Model, options: WritingOptions = {}): Inlined {
  const functions = byName(model.functions ?? []);
  if (functions.size === 0) return { model, origins: new Map() };
  const inliner = new Inliner(functions, new NameSupply(everyName(model.graph)));
  const graph = inliner.graph(model.graph, undefined);
  const opsets = new Map([...functions.values()].flatMap((one) => [...one.opsets]));
  for (const [domain, version] of model.opsets) opsets.set(domain, version);
  const opset = opsets.get("");
  const plain = { ...model, graph, opsets, functions: [] };
  const { origins, versions } = inliner;
  if (opset === undefined || [...versions.values()].every((version) => version === opset)) {
    return { model: plain, origins };
  }
  const ordered = { ...graph, nodes: topologicalOrder(graph) };
  opsets.set("", Math.max(INTERNAL_OPSET, opset, ...new Set(versions.values())));
  return {
    model: { ...plain, graph: upgraded(ordered, (node) => versions.get(node) ?? opset, options) },
    origins,
  };
}

function byName(list: readonly LocalFunction[]): Map<string, LocalFunction> {
  const functions = new Map<string, LocalFunction>();
  for (const one of list.filter(({ domain }) => domain !== "")) {
    const key = keyOf({ ...one, opType: one.name });
    if (functions.has(key)) {
      throw new VielbeinError(
        "INVALID_MODEL",
        `The model defines function ${one.domain}::${one.name} twice. Export it again.`,
      );
    }
    functions.set(key, one);
  }
  return functions;
}

function keyOf({ domain, opType, overload = "" }: Pick<Node, "domain" | "opType" | "overload">): string {
  return JSON.stringify([domain, opType, overload]);
}

/** The calls that a node lies in, innermost first. */
interface Calls {
  readonly key: string;
  readonly around: Calls | undefined;
  /** What the outermost call computes. */
  readonly origin: string;
}

class Inliner {
  readonly origins = new Map<string, string>();
  /** Standard operator set that a node of a definition is written in. */
  readonly versions = new Map<Node, number>();
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #names: NameSupply;
  #count = 0;

  constructor(functions: ReadonlyMap<string, LocalFunction>, names: NameSupply) {
    this.#functions = functions;
    this.#names = names;
  }

  graph(graph: Graph, calls: Calls | undefined, version?: number): Graph {
    return { ...graph, nodes: this.#expand(graph.nodes, calls, version) };
  }

  #expand(nodes: readonly Node[], calls: Calls | undefined, version: number | undefined): Node[] {
    const result: Node[] = [];
    const waiting = nodes.toReversed().map((node) => ({ node, calls, version }));
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { node } = next;
      const called = this.#functions.get(keyOf(node));
      if (!called) {
        result.push(this.#settled(node, next.calls, next.version));
        continue;
      }
      const inner = this.#enter(node, next.calls);
      const body = this.#instantiate(called, node);
      for (const { outputs } of body) for (const name of outputs) this.origins.set(name, inner.origin);
      const opset = called.opsets.get("");
      for (const one of body.toReversed()) waiting.push({ node: one, calls: inner, version: opset });
    }
    return result;
  }

  /** A node that is not a call, the graphs inside it expanded. */
  #settled(node: Node, calls: Calls | undefined, version: number | undefined): Node {
    const attributes = [...node.attributes].map(([name, attribute]): [string, Attribute] => [
      name,
      attribute.type === "graph"
        ? { type: "graph", value: this.graph(attribute.value, calls, version) }
        : attribute,
    ]);
    const result = { ...node, attributes: new Map(attributes) };
    if (version !== undefined) this.versions.set(result, version);
    return result;
  }

  #enter(node: Node, around: Calls | undefined): Calls {
    const key = keyOf(node);
    for (let calls = around; calls; calls = calls.around) {
      if (calls.key !== key) continue;
      throw new VielbeinError(
        "INVALID_MODEL",
        `Function ${operatorName(node)} calls itself, so that it has no end. Export the model again.`,
      );
    }
    return { key, around, origin: around?.origin ?? node.outputs.find(Boolean) ?? "" };
  }

  /** The nodes of a definition with the names of a call. */
  #instantiate(called: LocalFunction, call: Node): Node[] {
    this.#count += called.nodes.length;
    if (this.#count > MOST_NODES) {
      throw new VielbeinError(
        "INVALID_MODEL",
        `The functions of the model, written out, have more than ${MOST_NODES} nodes. Export it with fewer functions within functions.`,
      );
    }
    const bound = new Map<string, string>([["", ""]]);
    called.inputs.forEach((name, i) => {
      bound.set(name, call.inputs[i] ?? "");
    });
    const rename = (name: string): string => {
      const known = bound.get(name);
      if (known !== undefined) return known;
      const fresh = this.#names.claim(name);
      bound.set(name, fresh);
      return fresh;
    };
    const copies: Node[] = [];
    called.outputs.forEach((name, i) => {
      const result = call.outputs[i];
      if (!result) return;
      // A result that is an argument, or another result.
      const known = bound.get(name);
      if (known !== undefined) copies.push(makeNode("Identity", [known], [result]));
      else bound.set(name, result);
    });
    const values = new Map([...called.defaults, ...call.attributes]);
    const label = nodeLabel(call);
    const nodes = called.nodes.map((node) => ({
      ...withValues(renameNode(node, rename), values),
      name: node.name && `${label}/${node.name}`,
    }));
    return [...nodes, ...copies];
  }
}

/** The node with its references to attributes replaced by their values; those without one are left out. */
function withValues(node: Node, values: ReadonlyMap<string, Attribute>): Node {
  const attributes = [...node.attributes].flatMap(([name, attribute]): [string, Attribute][] => {
    if (attribute.type === "reference") {
      const value = values.get(attribute.value);
      return value ? [[name, value]] : [];
    }
    if (attribute.type !== "graph") return [[name, attribute]];
    const nodes = attribute.value.nodes.map((inner) => withValues(inner, values));
    return [[name, { type: "graph", value: { ...attribute.value, nodes } }]];
  });
  return { ...node, attributes: new Map(attributes) };
}
