// Pooling over windows of an image.

import { int, string } from "../attributes.ts";
import type { Emitter } from "../emitter.ts";
import { intAttribute, intsAttribute, type Node } from "../model.ts";
import type { DerivativeRule } from "../rule.ts";
import { elementCount } from "../tensor.ts";
import { Unsupported } from "../unsupported.ts";
import { coverage, scatterAttributes, windowsOf } from "../windows.ts";

/** Linear in the image: tangents are pooled alike, k of them merged into the batch. */
const forward: DerivativeRule["jvp"] = (e, node, [t]) => {
  const images = e.mergeBatch(t!, e.shape(node.inputs[0]!));
  const pooled = e.op(node.opType, [images], Object.fromEntries(node.attributes));
  return [e.reshape(pooled, e.shape(node.outputs[0]!))];
};

export const AveragePool: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u]) => {
    const [x, y] = [e.shape(node.inputs[0]!), e.shape(node.outputs[0]!)];
    const kernel = intsAttribute(node, "kernel_shape")!;
    const windows = windowsOf(node, kernel, x.slice(2), y.slice(2));
    const padded = intAttribute(node, "count_include_pad", 0) === 1;
    // A mean over fewer elements at the borders: each position is divided by how many it covers.
    let counts = [1];
    kernel.forEach((_, i) => {
      const low = padded ? -windows.begin[i]! : 0;
      const high = x[i + 2]! + (padded ? windows.end[i]! : 0);
      const covered = coverage(windows, y.slice(2), i, low, high);
      counts = counts.flatMap((outer) => covered.map((count) => outer * count));
    });
    const shares = e.op("Div", [u, e.float(counts, y.slice(2))]);
    // Channels are pooled independently: each counts as an image of its own.
    const images = e.op("Reshape", [shares, e.int64([-1, 1, ...y.slice(2)])]);
    const ones = e.float(Array<number>(elementCount(kernel)).fill(1), [1, 1, ...kernel]);
    const spread = e.op("ConvTranspose", [images, ones], scatterAttributes(windows, x.slice(2), y.slice(2)));
    return [e.reshape(spread, x)];
  },
};

export const GlobalAveragePool: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u]) => {
    const [x, y] = [e.shape(node.inputs[0]!), e.shape(node.outputs[0]!)];
    return [e.broadcast(e.op("Div", [u, e.scalar(elementCount(x.slice(2)))]), y, x)];
  },
};

/** As the maximum over the spatial axes: the tangents where it is, their mean where several share it. */
export const GlobalMaxPool: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const spatial = e
      .shape(node.inputs[0]!)
      .map((_, i) => i)
      .slice(2);
    return [e.sumKeep(e.op("Mul", [t, maximumShare(e, node, spatial)]), spatial)];
  },
  vjp: (e, node, [u]) => {
    const spatial = e
      .shape(node.inputs[0]!)
      .map((_, i) => i)
      .slice(2);
    return [e.op("Mul", [u, maximumShare(e, node, spatial)])];
  },
};

function maximumShare(e: Emitter, node: Node, spatial: readonly number[]): string {
  const taken = e.op("Equal", [node.inputs[0], node.outputs[0]]);
  const share = e.op("Where", [taken, e.scalar(1), e.scalar(0)]);
  return e.op("Div", [share, e.op("ReduceSum", [share, e.int64(spatial)])]);
}

/** Picks the tangents at the positions of the maxima (the first one on ties); the adjoint puts them back. */
export const MaxPool: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const flat = e.reshape(t!, [elementCount(e.shape(node.inputs[0]!))]);
    const picked = e.op("Gather", [flat, positions(e, node)], { axis: int(1) });
    return [e.reshape(picked, e.shape(node.outputs[0]!)), undefined];
  },
  vjp: (e, node, [u]) => {
    const [x, y] = [e.shape(node.inputs[0]!), e.shape(node.outputs[0]!)];
    const flat = e.reshape(u!, [elementCount(y)]);
    const indices = e.op("Expand", [positions(e, node), e.op("Shape", [flat])]);
    // Windows may overlap: what they share is added up.
    const scattered = e.op("ScatterElements", [e.zeros([elementCount(x)]), indices, flat], {
      axis: int(1),
      reduction: string("add"),
    });
    return [e.reshape(scattered, x)];
  },
};

/** Positions of the maxima in the flattened input, as a vector. */
function positions(e: Emitter, node: Node): string {
  if (intAttribute(node, "storage_order", 0) !== 0) throw new Unsupported("its storage_order is not 0");
  const [, indices] = e.ops("MaxPool", [node.inputs[0]], Object.fromEntries(node.attributes), 2);
  return e.op("Reshape", [indices, e.int64([-1])]);
}
