// Graphs of a fixed batch rewritten for one point.

import { makeNode } from "../../model/attributes.ts";
import { everyName } from "../../model/graph.ts";
import type { Model, Node, Tensor, ValueInfo } from "../../model/model.ts";
import { entryOf, NameSupply } from "../../model/names.ts";
import { renameTensors } from "../../model/rename.ts";
import { byteLength, int64Tensor, numericValues } from "../../model/tensor.ts";
import { normalize } from "../normalize.ts";
import { constantsOf } from "../upgrade.ts";

/** Index of the input that holds a shape, by operator. */
const shapeInput: ReadonlyMap<string, number> = new Map([
  ["Reshape", 1],
  ["Expand", 1],
  ["Tile", 1],
  ["ConstantOfShape", 0],
]);

/** Operators whose inputs after the first are weights, with channels along their first axis. */
const hasWeights: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/**
 * The graph without the extent N, wherever it is written: in the inputs, in the shapes that operators are given, in
 * constants that repeat the same row for every point. Whether what is left is the same function has to be tried.
 *
 * @param inputs those whose first axis is the batch.
 */
export function openBatch(model: Model, extent: number, inputs: readonly ValueInfo[]): Model {
  const { graph } = model;
  const axes = [...graph.inputs, ...graph.outputs].flatMap(({ shape = [] }) => shape.map(String));
  const batch = new NameSupply(axes).claim("batch");
  const opening = new Opening(model, extent);
  const nodes = graph.nodes.map((node) => opening.rewrite(node));
  const isBatched = (name: string): boolean => inputs.some((input) => input.name === name);
  const open = (info: ValueInfo): ValueInfo => ({
    ...info,
    shape: info.shape && [batch, ...info.shape.slice(1)],
  });
  return {
    ...model,
    graph: {
      ...graph,
      nodes,
      initializers: [...graph.initializers, ...opening.added],
      inputs: graph.inputs.map((input) => (isBatched(input.name) ? open(input) : input)),
      outputs: graph.outputs.map((output) => (output.shape?.[0] === extent ? open(output) : output)),
      valueInfo: graph.valueInfo.map(({ name, dataType }) => ({ name, dataType })),
    },
  };
}

class Opening {
  readonly added: Tensor[] = [];
  readonly #extent: number;
  readonly #constants: ReadonlyMap<string, Tensor>;
  readonly #names: NameSupply;
  /** Constants that repeat the same row for every point, and that one row. */
  readonly #rows: Map<string, string> = new Map();

  constructor({ graph }: Model, extent: number) {
    this.#extent = extent;
    this.#constants = constantsOf(graph);
    this.#names = new NameSupply(everyName(graph));
  }

  rewrite(node: Node): Node {
    if (node.domain !== "" || node.opType === "Constant") return node;
    const told = shapeInput.get(node.opType);
    const inputs = node.inputs.map((name, index) => {
      const tensor = this.#constants.get(name);
      if (!tensor) return name;
      if (index === told) return this.#shape(node.opType, tensor, name);
      return index > 0 && hasWeights.has(node.opType) ? name : this.#row(tensor, name);
    });
    return { ...node, inputs };
  }

  #shape(opType: string, tensor: Tensor, name: string): string {
    const extents = numericValues(tensor);
    const [first, ...rest] = extents;
    if (first === undefined || first < 2 || first % this.#extent !== 0) return name;
    // Reshape infers one extent itself, and copies those that are 0.
    const isFound = opType === "Reshape" && !rest.includes(-1);
    const opened = isFound ? -1 : opType === "Reshape" ? 0 : first / this.#extent;
    return this.#add(name, int64Tensor("", [opened, ...rest]));
  }

  #row(tensor: Tensor, name: string): string {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const [first, ...rest] = tensor.dims;
    const size = byteLength(tensor) / this.#extent;
    if (rest.length === 0 || first !== this.#extent || !isRepeated(tensor.raw, size)) return name;
    const row = this.#add(name, { ...tensor, dims: [1, ...rest], raw: tensor.raw.slice(0, size) });
    this.#rows.set(name, row);
    return row;
  }

  #add(name: string, tensor: Tensor): string {
    const added = this.#names.claim(`${name}_of_one`);
    this.added.push({ ...tensor, name: added });
    return added;
  }
}

/** Whether bytes repeat their first `size` over and over. */
export function isRepeated(bytes: Uint8Array, size: number): boolean {
  return bytes.length > 0 && bytes.every((byte, i) => byte === bytes[i % size]);
}

/**
 * The graph for one point: copies of it fill the batch, and the first of the results is the output.
 *
 * @param inputs those whose first axis is the batch.
 * @param outputs names of those whose first axis is.
 */
export function repeatCode(
  original: Model,
  extent: number,
  inputs: readonly ValueInfo[],
  outputs: readonly string[],
): Model {
  const model = normalize(original);
  const { graph } = model;
  const names = new NameSupply(everyName(graph));
  const all = new Map(
    [...inputs.map(({ name }) => name), ...outputs].map((name) => [name, names.claim(`${name}_all`)]),
  );
  const inside = renameTensors(graph, (name) => all.get(name) ?? name);
  const [zero, one] = ["zero", "one"].map((name) => names.claim(name)) as [string, string];
  const shapes = inputs.map(({ name, shape = [] }) => {
    return int64Tensor(names.claim(`${name}_shape`), [extent, ...shape.slice(1).map(Number)]);
  });
  const isBatched = (name: string): boolean => all.has(name);
  const ofOne = (info: ValueInfo): ValueInfo => ({
    ...info,
    shape: info.shape && [1, ...info.shape.slice(1)],
  });
  return {
    ...model,
    graph: {
      ...inside,
      nodes: [
        ...inputs.map(({ name }, i) => makeNode("Expand", [name, shapes[i].name], [entryOf(all, name)])),
        ...inside.nodes,
        ...outputs.map((name) => makeNode("Slice", [entryOf(all, name), zero, one, zero], [name])),
      ],
      initializers: [...inside.initializers, ...shapes, int64Tensor(zero, [0]), int64Tensor(one, [1])],
      inputs: graph.inputs.map((input) => (isBatched(input.name) ? ofOne(input) : input)),
      outputs: graph.outputs.map((output) => (isBatched(output.name) ? ofOne(output) : output)),
    },
  };
}
