// A subgraph that is written out several times, as the rounds of a loop are.

import type { Graph } from "../../model/model.ts";
import { renameNode } from "../../model/rename.ts";
import type { CompositeWriter } from "../composite-writer.ts";

/** Writes copies of a graph with other names. */
export class Copies {
  readonly #w: CompositeWriter;
  readonly #body: Graph;
  /** Names of the initialisers, which all copies share. */
  readonly #shared: ReadonlyMap<string, string>;

  constructor(w: CompositeWriter, body: Graph) {
    this.#w = w;
    this.#body = body;
    this.#shared = new Map(body.initializers.map((tensor) => [tensor.name, w.constant(tensor)]));
  }

  /** A copy on these inputs; the names of its outputs. */
  write(inputs: readonly string[]): string[] {
    const names = new Map(this.#shared);
    this.#body.inputs.forEach(({ name }, i) => {
      names.set(name, inputs[i]);
    });
    const rename = (name: string): string => names.get(name) ?? name;
    for (const node of this.#body.nodes) {
      const read = renameNode({ ...node, outputs: [] }, rename);
      const outputs = node.outputs.map((name) => name && this.#w.claim(name));
      node.outputs.forEach((name, i) => {
        if (name) names.set(name, outputs[i]);
      });
      this.#w.nodes.push({ ...read, name: "", outputs });
    }
    return this.#body.outputs.map(({ name }) => rename(name));
  }
}
