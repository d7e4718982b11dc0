// What the WebGPU provider of ONNX Runtime 1.30 computes wrongly without saying so, in a form that it computes rightly.

import { makeNode } from "../model/attributes.ts";
import { everyName } from "../model/graph.ts";
import { intAttribute, type Model, type Node } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { int64Tensor } from "../model/tensor.ts";

/**
 * The model with zeros for further channels where a Conv of one group has 6, 9, 15, 18 … of them, a multiple of 3 that
 * is none of 4: where its outputs are a multiple of 4, WebGPU reads the wrong ones. Shapes of weights are those that
 * the graph states.
 */
export function withMoreChannels(model: Model): Model {
  const { graph } = model;
  const known = [...graph.initializers, ...graph.inputs, ...graph.valueInfo];
  const shapes = new Map(known.map((one) => [one.name, shapeOf(one)]));
  const names = new NameSupply(everyName(graph));
  const initializers = [...graph.initializers];
  const nodes = graph.nodes.flatMap((node) => {
    const shape = shapes.get(node.inputs[1] ?? "");
    if (!shape || !isMisread(node, shape)) return [node];
    const more = shape.map((extent, axis) => (axis === 1 ? 4 - (Number(extent) % 4) : 0));
    const pads = int64Tensor(names.claim("channels"), [...shape.map(() => 0), ...more]);
    initializers.push(pads);
    const [image, weights, ...bias] = node.inputs;
    const padded = [image, weights].map((name) => names.claim(`${name}_padded`));
    return [
      makeNode("Pad", [image, pads.name], [padded[0]]),
      makeNode("Pad", [weights, pads.name], [padded[1]]),
      { ...node, inputs: [...padded, ...bias] },
    ];
  });
  return nodes.length === graph.nodes.length ? model : { ...model, graph: { ...graph, nodes, initializers } };
}

type Shape = readonly (number | string)[];

function shapeOf(one: { readonly dims: Shape } | { readonly shape?: Shape | undefined }): Shape | undefined {
  return "dims" in one ? one.dims : one.shape;
}

/** The outputs of weights that are tangents are k times as many: any number. */
function isMisread(node: Node, [outputs, channels, ...kernel]: Shape): boolean {
  if (node.opType !== "Conv" || node.domain !== "" || intAttribute(node, "group", 1) !== 1) return false;
  if (kernel.length > 2 || typeof channels !== "number") return false;
  const isWide = typeof outputs !== "number" || outputs % 4 === 0;
  return isWide && channels > 3 && channels % 3 === 0 && channels % 4 !== 0;
}
