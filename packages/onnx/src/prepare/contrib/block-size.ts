// The size of the blocks in which ONNX Runtime's optimiser arranges channels for a processor: 8 or 16, which the file
// does not say. Channels are filled up to whole blocks, so that their numbers tell, unless all are multiples of 16.
// Engines read a file with the size of the processor that they run on, whatever it was written with.

import type { Runtime } from "@vielbein/core/runtime";
import { openSession } from "../../file/source.ts";
import { int, makeNode } from "../../model/attributes.ts";
import { DataType, type Graph, intAttribute, type Model, type Node, type Tensor } from "../../model/model.ts";

export const BLOCKED = "com.microsoft.nchwc";

type Size = 8 | 16;

/** The attribute that {@link withBlockSize} adds. */
export const BLOCK_SIZE = "block_size";

/**
 * The model whose blocked nodes state the size of a block: that which the graph tells, else that of the engine, which
 * would compute with it. The same model where neither tells.
 */
export async function withBlockSize(model: Model, runtime: Runtime): Promise<Model> {
  const { graph } = model;
  if (!graph.nodes.some(isBlocked)) return model;
  const size = statedSize(graph) ?? (await sizeOfEngine(runtime));
  if (size === undefined) return model;
  const stating = (node: Node): Node => ({
    ...node,
    attributes: new Map(node.attributes).set(BLOCK_SIZE, int(size)),
  });
  return {
    ...model,
    graph: { ...graph, nodes: graph.nodes.map((node) => (isBlocked(node) ? stating(node) : node)) },
  };
}

/** How the engine arranges 16 channels of 2 pixels; undefined where it does not know blocks. */
async function sizeOfEngine(runtime: Runtime): Promise<Size | undefined> {
  const dims = [1, 16, 1, 2];
  const model: Model = {
    irVersion: 8,
    producerName: "",
    producerVersion: "",
    opsets: new Map([
      ["", 18],
      [BLOCKED, 1],
    ]),
    metadata: new Map(),
    graph: {
      name: "blocks",
      nodes: [{ ...makeNode("ReorderInput", ["x"], ["y"]), domain: BLOCKED }],
      initializers: [],
      inputs: [{ name: "x", dataType: DataType.FLOAT, shape: dims }],
      outputs: [{ name: "y" }],
      valueInfo: [],
      unknown: [],
    },
    unknown: [],
    files: new Map(),
  };
  try {
    const session = await openSession(runtime, model, { optimize: false });
    const data = Float32Array.from({ length: 32 }, (_, i) => i);
    const { y } = await session.run({ x: { type: "float32", dims, data } });
    await session.dispose();
    // The ninth number is the second pixel of channel 0, or the first of channel 8.
    return y.data[8] === 1 ? 8 : y.data[8] === 16 ? 16 : undefined;
  } catch {
    return undefined;
  }
}

function isBlocked({ domain }: Node): boolean {
  return domain === BLOCKED;
}

function statedSize(graph: Graph): Size | undefined {
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  for (const node of graph.nodes.filter(isBlocked)) {
    const size =
      node.opType === "Conv"
        ? sizeByWeight(node, weights.get(node.inputs[1]), producers)
        : sizeByOutput(node, weights, producers);
    if (size !== undefined) return size;
  }
  return undefined;
}

/** Inputs of fewer channels than a block are read as they are; those of more, and all outputs, in whole blocks. */
function sizeByWeight(
  node: Node,
  weight: Tensor | undefined,
  producers: ReadonlyMap<string, Node>,
): Size | undefined {
  if (!weight) return undefined;
  const [outputs, inputs] = weight.dims;
  if (outputs % 16 !== 0) return 8;
  if (intAttribute(node, "group", 1) > 1) return inputs === 1 || inputs % 16 === 0 ? undefined : 8;
  if (inputs === 8) return producers.get(node.inputs[0])?.domain === BLOCKED ? 8 : 16;
  if (inputs > 8 && inputs < 16) return 16;
  return inputs > 16 && inputs % 16 !== 0 ? 8 : undefined;
}

/** Where blocks end, the number of channels proper stands beside that of the convolution before. */
function sizeByOutput(
  node: Node,
  weights: ReadonlyMap<string, Tensor>,
  producers: ReadonlyMap<string, Node>,
): Size | undefined {
  const channels = intAttribute(node, "channels", 0);
  const before = producers.get(node.inputs[0]);
  if (node.opType !== "ReorderOutput" || before?.domain !== BLOCKED || before.opType !== "Conv")
    return undefined;
  const filled = weights.get(before.inputs[1])?.dims[0];
  const [eights, sixteens] = [8, 16].map((size) => Math.ceil(channels / size) * size);
  if (filled === undefined || eights === sixteens) return undefined;
  return filled === sixteens ? 16 : 8;
}
