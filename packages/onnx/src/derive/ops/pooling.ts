// Pooling over windows of an image.

import { int, string, without } from "../../model/attributes.ts";
import { inputOf, intAttribute, type Node, outputOf, requiredInts } from "../../model/model.ts";
import { elementCount } from "../../model/tensor.ts";
import type { Emitter, Shape } from "../emitter.ts";
import type { DerivativeRule } from "../rule.ts";
import { given } from "../tangent.ts";
import { coverage, gatherAttributes, scatterAttributes, type Windows, windowsOf } from "../windows.ts";

/** Linear in the image: tangents are pooled alike, k of them merged into the batch. */
const forward: DerivativeRule["jvp"] = (e, node, [t]) => {
  const images = e.mergeBatch(given(t), e.shape(inputOf(node, 0)));
  const pooled = e.op(node.opType, [images], Object.fromEntries(node.attributes));
  return [e.reshape(pooled, e.shape(outputOf(node, 0)))];
};

export const AveragePool: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u]) => {
    const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
    const kernel = requiredInts(node, "kernel_shape");
    const windows = windowsOf(node, kernel, x.slice(2), y.slice(2));
    const padded = intAttribute(node, "count_include_pad", 0) === 1;
    // A mean over fewer elements at the borders: each position is divided by how many it covers.
    let counts = [1];
    kernel.forEach((_, i) => {
      const low = padded ? -windows.begin[i] : 0;
      const high = x[i + 2] + (padded ? windows.end[i] : 0);
      const covered = coverage(windows, y.slice(2), i, low, high);
      counts = counts.flatMap((outer) => covered.map((count) => outer * count));
    });
    const shares = e.op("Div", [u, e.float(counts, y.slice(2))]);
    // Channels are pooled independently: each counts as an image of its own.
    const images = e.mergeBatch(shares, [y[0] * y[1], 1, ...y.slice(2)]);
    const ones = e.float(Array<number>(elementCount(kernel)).fill(1), [1, 1, ...kernel]);
    const spread = e.op("ConvTranspose", [images, ones], scatterAttributes(windows, x.slice(2), y.slice(2)));
    return [e.reshape(spread, x)];
  },
};

export const GlobalAveragePool: DerivativeRule = {
  jvp: forward,
  vjp: (e, node, [u]) => {
    const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
    return [e.broadcast(e.op("Div", [u, e.scalar(elementCount(x.slice(2)))]), y, x)];
  },
};

/** As the maximum over the spatial axes: the tangents where it is, their mean where several share it. */
export const GlobalMaxPool: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const spatial = e
      .shape(inputOf(node, 0))
      .map((_, i) => i)
      .slice(2);
    return [e.sumKeep(e.op("Mul", [t, maximumShare(e, node, spatial)]), spatial)];
  },
  vjp: (e, node, [u]) => {
    const spatial = e
      .shape(inputOf(node, 0))
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
    const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
    if (e.portable) {
      const { taps, kernel, attributes } = unfold(e, node);
      const channels = e.mergeBatch(given(t), [x[0] * x[1], 1, ...x.slice(2)]);
      const tangents = e.op("Conv", [channels, kernel], attributes);
      // [k, N·C, taps, …]: the shares have no k.
      const parted = e.reshape(tangents, [x[0] * x[1], taps, ...y.slice(2)]);
      return [e.reshape(e.sumKeep(e.op("Mul", [parted, tapShare(e, node)]), [1]), y), undefined];
    }
    const flat = e.reshape(given(t), [elementCount(x)]);
    const picked = e.op("Gather", [flat, positions(e, node)], { axis: int(1) });
    return [e.reshape(picked, y), undefined];
  },
  vjp: (e, node, [u]) => {
    const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
    if (e.portable) {
      const { taps, kernel, windows } = unfold(e, node);
      const channels = e.reshape(given(u), [x[0] * x[1], 1, ...y.slice(2)]);
      const shared = e.op("Mul", [channels, tapShare(e, node)]);
      const images = e.mergeBatch(shared, [x[0] * x[1], taps, ...y.slice(2)]);
      const attributes = scatterAttributes(windows, x.slice(2), y.slice(2));
      return [e.reshape(e.op("ConvTranspose", [images, kernel], attributes), x)];
    }
    const flat = e.reshape(given(u), [elementCount(y)]);
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
  const [, indices] = e.ops("MaxPool", [node.inputs[0]], without(node, "storage_order"), 2);
  return e.op("Reshape", [indices, e.int64([-1])]);
}

/** The convolution that lays out each window's elements, its taps, as channels; exact, its weights being 0 and 1. */
function unfold(e: Emitter, node: Node) {
  const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
  const size = requiredInts(node, "kernel_shape");
  const windows = windowsOf(node, size, x.slice(2), y.slice(2));
  const taps = elementCount(size);
  const identity = Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
  const kernel = e.float(identity, [taps, 1, ...size]);
  const { attributes } = gatherAttributes(windows, x.slice(2), y.slice(2));
  return { taps, kernel, windows, attributes };
}

/** Share of every tap in its window's maximum, `[N·C, taps, …]`: 1 where it is, divided among equals. */
function tapShare(e: Emitter, node: Node): string {
  const [x, y] = [e.shape(inputOf(node, 0)), e.shape(outputOf(node, 0))];
  const { taps, kernel, windows, attributes } = unfold(e, node);
  const channels = e.op("Reshape", [node.inputs[0], e.int64([-1, 1, ...x.slice(2)])]);
  const values = e.op("Conv", [channels, kernel], attributes);
  // The convolution pads by zeros; what lies outside of the image is never the maximum.
  const inside = tapsInside(windows, x.slice(2), y.slice(2));
  const penalties = e.float(
    inside.map((is) => (is ? 0 : -3e38)),
    [1, taps, ...y.slice(2)],
  );
  const bounded = inside.includes(false) ? e.op("Add", [values, penalties]) : values;
  const maximum = e.op("ReduceMax", [bounded, e.int64([1])]);
  const share = e.op("Where", [e.op("Equal", [bounded, maximum]), e.scalar(1), e.scalar(0)]);
  return e.op("Div", [share, e.op("ReduceSum", [share, e.int64([1])])]);
}

/** Whether each tap of each window lies inside the image: `[taps, …positions]`, row-major. */
function tapsInside(w: Windows, image: Shape, steps: Shape): boolean[] {
  let inside: boolean[][] = [[true]];
  w.kernel.forEach((taps, i) => {
    const rows = Array.from({ length: taps }, (_, tap) =>
      Array.from({ length: steps[i] }, (_, step) => {
        const position = step * w.strides[i] - w.begin[i] + tap * w.dilations[i];
        return position >= 0 && position < image[i];
      }),
    );
    inside = inside.flatMap((outer) => rows.map((row) => outer.flatMap((o) => row.map((r) => o && r))));
  });
  return inside.flat();
}
