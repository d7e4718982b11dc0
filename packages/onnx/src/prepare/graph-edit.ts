// A prepared graph in the course of being rewritten: new tensors with their shapes and types, new constants.

import { infoOf, type TensorInfo } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { makeNode } from "../model/attributes.ts";
import { nodeReads, nodesFor, tensorNames, topologicalOrder } from "../model/graph.ts";
import { DataType, type Node, type Tensor } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { float32Tensor, float64Tensor, int64Tensor } from "../model/tensor.ts";

export class GraphEdit {
  readonly constants: Map<string, Tensor>;
  readonly info: Map<string, TensorInfo>;
  /** Nodes added since this was last emptied. */
  protected added: Node[] = [];
  readonly #graph: PreparedGraph;
  readonly #names: NameSupply;
  /** What new tensors are called. */
  readonly #stem: string;

  constructor(graph: PreparedGraph, stem: string) {
    this.#graph = graph;
    this.constants = new Map(graph.constants);
    this.info = new Map(graph.info);
    this.#names = new NameSupply(tensorNames(graph.model.graph));
    this.#stem = stem;
  }

  /** The graph with these nodes, in whatever order, those left out that its output does not need. */
  finish(nodes: readonly Node[]): PreparedGraph {
    const { model, output } = this.#graph;
    const edited = { ...model.graph, nodes, initializers: [...this.constants.values()] };
    const live = nodesFor({ ...edited, nodes: topologicalOrder(edited) }, [output]);
    const read = new Set(live.flatMap(nodeReads));
    const constants = new Map([...this.constants].filter(([name]) => read.has(name)));
    const graph = { ...model.graph, nodes: live, initializers: [...constants.values()] };
    return { ...this.#graph, constants, info: this.info, model: { ...model, graph } };
  }

  shape(name: string): readonly number[] {
    return infoOf(this, name).shape;
  }

  dataType(name: string): number {
    return infoOf(this, name).dataType;
  }

  claim(kind: string): string {
    return this.#names.claim(`${this.#stem}_${kind}`);
  }

  /** Adds a node that computes `output`, by default a new tensor; its type is that of its first input. */
  add(
    opType: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Parameters<typeof makeNode>[3] = {},
    output: string = this.claim(opType),
    dataType: number = this.dataType(inputs[0]),
  ): string {
    this.added.push(makeNode(opType, inputs, [output], attributes));
    this.info.set(output, { shape, dataType });
    return output;
  }

  reshape(name: string, shape: readonly number[], output?: string): string {
    return this.add("Reshape", [name, this.int64(shape)], shape, {}, output);
  }

  constant(tensor: Tensor): string {
    const name = this.claim("constant");
    this.constants.set(name, { ...tensor, name });
    this.info.set(name, { shape: tensor.dims, dataType: tensor.dataType });
    return name;
  }

  int64(values: readonly number[]): string {
    return this.constant(int64Tensor("", values));
  }

  /** A number of the type of the tensor `like`. */
  scalar(value: number, like: string): string {
    const make = this.dataType(like) === DataType.DOUBLE ? float64Tensor : float32Tensor;
    return this.constant(make("", [value], []));
  }
}

/** An edit that looks at one node after another. */
interface NodeRewriter extends GraphEdit {
  /** Whether any node was replaced. */
  readonly changed: boolean;
  /** The nodes that take the place of `node`, or undefined where it stays. */
  rewrite(node: Node): Node[] | undefined;
}

/** The graph with all nodes rewritten; as it was where none was replaced. */
export function rewriteNodes(graph: PreparedGraph, rewriter: NodeRewriter): PreparedGraph {
  const nodes = graph.model.graph.nodes.flatMap((node) => rewriter.rewrite(node) ?? [node]);
  return rewriter.changed ? rewriter.finish(nodes) : graph;
}
