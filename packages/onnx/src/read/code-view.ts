// Tensors that hold elements of the code and nothing else: what slicing, gathering, reshaping, repeating, scaling by
// constants and normalising make of it. Every element knows which coordinate of the code it is, and times what.

import type { Shape } from "../derive/emitter.ts";
import { positiveAxis } from "../derive/emitter.ts";
import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { intAttribute, intsAttribute, type Node } from "../model/model.ts";
import { entryOf } from "../model/names.ts";
import { elementCount, numericValues } from "../model/tensor.ts";

export interface CodeView {
  readonly shape: Shape;
  /** Coordinate of the code that each element holds, row-major; −1 for a constant. */
  readonly index: Int32Array;
  /** What that coordinate is multiplied by. Constants that are added do not matter here. */
  readonly scale: Float64Array;
  /** Whether some factor on the way depends on the code as a whole, as that of PixelNorm does. */
  readonly isNormalized: boolean;
}

/** The views of the code among the tensors of a graph, by name. */
export function codeViews(graph: PreparedGraph): Map<string, CodeView> {
  const { input } = graph;
  const { shape } = infoOf(graph, input);
  const count = elementCount(shape);
  const index = Int32Array.from({ length: count }, (_, i) => i);
  const views = new Map<string, CodeView>([
    [input, { shape, index, scale: new Float64Array(count).fill(1), isNormalized: false }],
  ]);
  for (const node of graph.model.graph.nodes) {
    if (node.domain !== "" || !node.inputs.some((name) => views.has(name))) continue;
    viewsOf(graph, views, node)?.forEach((view, i) => {
      if (node.outputs[i]) views.set(node.outputs[i], view);
    });
  }
  return views;
}

/** Views that the node's outputs are, or undefined where it mixes elements or bends them. */
function viewsOf(
  graph: PreparedGraph,
  views: ReadonlyMap<string, CodeView>,
  node: Node,
): CodeView[] | undefined {
  const of = views.get(node.inputs[0]);
  const output = graph.info.get(node.outputs[0])?.shape ?? [];
  const constant = (i: number): number[] | undefined => {
    const tensor = graph.constants.get(node.inputs[i] ?? "");
    return tensor && numericValues(tensor);
  };
  switch (node.opType) {
    case "Identity":
    case "Cast":
    case "Dropout":
    case "Reshape":
    case "Flatten":
    case "Squeeze":
    case "Unsqueeze":
      return of && [{ ...of, shape: output }];
    case "Transpose":
      return of && [transposed(of, intsAttribute(node, "perm"))];
    case "Expand":
      return of && [broadcast(of, output)];
    case "Tile":
      return (
        of && [
          taken(
            of,
            output.map((extent, axis) => range(extent, (i) => i % of.shape[axis])),
          ),
        ]
      );
    case "Slice":
      return of && [sliced(of, output, constant(1)!, constant(3), constant(4))];
    case "Gather": {
      const axis = of && positiveAxis(intAttribute(node, "axis", 0), of.shape.length);
      const indices = constant(1);
      if (!of || axis === undefined || !indices) return undefined;
      const positions = indices.map((i) => positiveAxis(i, of.shape[axis]));
      return [{ ...alongAxis(of, axis, positions), shape: output }];
    }
    case "Split":
      return of && split(graph, of, node);
    case "Concat":
      return concatenated(graph, views, node);
    case "Neg":
      return of && [{ ...of, scale: of.scale.map((factor) => -factor) }];
    case "Add":
    case "Sub":
    case "Mul":
    case "Div":
      return arithmetic(graph, views, node, output);
    default:
      return undefined;
  }
}

/** A view and a constant, or a view times a factor that is the same for all of a code. */
function arithmetic(
  graph: PreparedGraph,
  views: ReadonlyMap<string, CodeView>,
  { opType, inputs }: Node,
  output: Shape,
): CodeView[] | undefined {
  const side = views.has(inputs[0]) ? 0 : 1;
  const [own, name] = [inputs[side], inputs[1 - side]];
  const view = broadcast(entryOf(views, own), output);
  const constant = graph.constants.get(name);
  const isProduct = opType === "Mul" || opType === "Div";
  if (opType === "Div" && side === 1) return undefined;
  if (!isProduct) {
    if (!constant) return undefined;
    const sign = opType === "Sub" && side === 1 ? -1 : 1;
    return [{ ...view, scale: view.scale.map((factor) => sign * factor) }];
  }
  if (!constant) {
    const shape = graph.info.get(name)?.shape ?? [];
    const isOneForAll = (shape.at(-1) ?? 1) === 1 && elementCount(shape) < elementCount(view.shape);
    return isOneForAll && !views.has(name) ? [{ ...view, isNormalized: true }] : undefined;
  }
  const values = numericValues(constant);
  const count = values.length;
  const positions = broadcast(
    {
      shape: constant.dims,
      index: Int32Array.from({ length: count }, (_, i) => i),
      scale: new Float64Array(count),
      isNormalized: false,
    },
    output,
  ).index;
  const factors = view.scale.map((factor, i) => {
    const value = values[positions[i]];
    return opType === "Mul" ? factor * value : factor / value;
  });
  return [{ ...view, scale: factors }];
}

function sliced(
  view: CodeView,
  output: Shape,
  starts: readonly number[],
  axes: readonly number[] = starts.map((_, i) => i),
  steps: readonly number[] = starts.map(() => 1),
): CodeView {
  const positions = output.map((extent) => range(extent, (i) => i));
  axes.forEach((stated, i) => {
    const axis = positiveAxis(stated, output.length);
    const extent = view.shape[axis];
    const step = steps[i];
    const first = Math.min(Math.max(positiveAxis(starts[i], extent), 0), step > 0 ? extent : extent - 1);
    positions[axis] = range(output[axis], (j) => first + j * step);
  });
  return taken(view, positions);
}

function split(graph: PreparedGraph, view: CodeView, node: Node): CodeView[] {
  const axis = positiveAxis(intAttribute(node, "axis", 0), view.shape.length);
  let start = 0;
  return node.outputs.map((output) => {
    const first = start;
    const extent = graph.info.get(output)?.shape[axis] ?? 0;
    start += extent;
    return alongAxis(
      view,
      axis,
      range(extent, (i) => first + i),
    );
  });
}

function concatenated(
  graph: PreparedGraph,
  views: ReadonlyMap<string, CodeView>,
  node: Node,
): CodeView[] | undefined {
  const output = graph.info.get(node.outputs[0])?.shape ?? [];
  const axis = positiveAxis(intAttribute(node, "axis", 0), output.length);
  const parts = node.inputs.map((name) => views.get(name) ?? constantView(graph, name));
  if (!parts.every((part) => part !== undefined)) return undefined;
  // Along `axis`, every outer slice of the result is the outer slices of the parts one after the other.
  const outer = elementCount(output.slice(0, axis));
  const index = new Int32Array(elementCount(output));
  const scale = new Float64Array(index.length);
  let at = 0;
  for (let i = 0; i < outer; i++) {
    for (const part of parts) {
      const size = part.index.length / outer;
      index.set(part.index.subarray(i * size, (i + 1) * size), at);
      scale.set(part.scale.subarray(i * size, (i + 1) * size), at);
      at += size;
    }
  }
  return [{ shape: output, index, scale, isNormalized: parts.some((part) => part.isNormalized) }];
}

function constantView({ constants }: PreparedGraph, name: string): CodeView | undefined {
  const tensor = constants.get(name);
  if (!tensor) return undefined;
  const count = elementCount(tensor.dims);
  return {
    shape: tensor.dims,
    index: new Int32Array(count).fill(-1),
    scale: new Float64Array(count),
    isNormalized: false,
  };
}

/** Repeated along axes of extent 1 to the shape `output`, by ONNX's rules of broadcasting. */
function broadcast(view: CodeView, output: Shape): CodeView {
  const shape = [...Array<number>(output.length - view.shape.length).fill(1), ...view.shape];
  if (String(shape) === String(output)) return { ...view, shape };
  return taken(
    { ...view, shape },
    output.map((extent, axis) => range(extent, (i) => (shape[axis] === 1 ? 0 : i))),
  );
}

function alongAxis(view: CodeView, axis: number, positions: readonly number[]): CodeView {
  return taken(
    view,
    view.shape.map((extent, i) => (i === axis ? positions : range(extent, (j) => j))),
  );
}

/** The elements at the given positions along every axis. */
function taken(view: CodeView, positions: readonly (readonly number[])[]): CodeView {
  const strides = stridesOf(view.shape);
  let from = [0];
  positions.forEach((list, axis) => {
    from = from.flatMap((base) => list.map((position) => base + position * strides[axis]));
  });
  return rearranged(
    view,
    positions.map((list) => list.length),
    from,
  );
}

function transposed(view: CodeView, stated: readonly number[] | undefined): CodeView {
  const perm = stated ?? view.shape.map((_, i) => view.shape.length - 1 - i);
  const strides = stridesOf(view.shape);
  let from = [0];
  for (const axis of perm) {
    from = from.flatMap((base) => range(view.shape[axis], (i) => base + i * strides[axis]));
  }
  return rearranged(
    view,
    perm.map((axis) => view.shape[axis]),
    from,
  );
}

function rearranged(view: CodeView, shape: Shape, from: readonly number[]): CodeView {
  return {
    shape,
    index: Int32Array.from(from, (position) => view.index[position]),
    scale: Float64Array.from(from, (position) => view.scale[position]),
    isNormalized: view.isNormalized,
  };
}

function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

function range<T>(length: number, value: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => value(i));
}
