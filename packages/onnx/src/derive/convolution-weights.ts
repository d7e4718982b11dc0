// Derivatives of convolutions in their weights, for weights that depend on the point (the fused modulated
// convolution of style-based generators). Forwards, the k tangents of the weights become k times as many
// output channels of one convolution. In reverse, correlating image and cotangent is again a convolution,
// with batch and channels, strides and dilations exchanged.

import { int, ints } from "../model/attributes.ts";
import { inputOf, intAttribute, type Node, outputOf } from "../model/model.ts";
import type { Emitter, Shape } from "./emitter.ts";
import type { Windows } from "./windows.ts";

/** conv(x, Ẇ) for a weight tangent [k, ...W]: the tangent of the output. */
export function pushWeights(e: Emitter, node: Node, tangent: string): string {
  const weight = e.shape(inputOf(node, 1));
  const output = e.shape(outputOf(node, 0));
  const group = intAttribute(node, "group", 1);
  const kernel = weight.slice(2);
  const perGroup = output[1] / group;
  const isTransposed = node.opType === "ConvTranspose";
  // Conv has weights [G·out, in, …], ConvTranspose [G·in, out, …]: k goes beside the outputs of each group.
  const widened = isTransposed
    ? e.op("Transpose", [tangent], { perm: ints([1, 0, 2, ...range(3, kernel.length)]) })
    : e.op("Transpose", [e.reshape(tangent, [group, perGroup, ...weight.slice(1)])], {
        perm: ints([1, 0, 2, 3, ...range(4, kernel.length)]),
      });
  const shape = isTransposed ? [weight[0], -1, ...kernel] : [-1, ...weight.slice(1)];
  const wide = e.op("Reshape", [widened, e.int64(shape)]);
  if (!isTransposed) e.shapes.set(wide, [`k*${weight[0]}`, ...weight.slice(1)]);
  const result = e.op(node.opType, [node.inputs[0], wide], Object.fromEntries(node.attributes));
  const parted = e.op("Reshape", [result, e.int64([output[0], group, -1, perGroup, ...output.slice(2)])]);
  const ordered = e.op("Transpose", [parted], { perm: ints([2, 0, 1, 3, ...range(4, kernel.length)]) });
  return e.reshape(ordered, output);
}

/** One of the two images that the weights connect. */
export interface Side {
  readonly name: string;
  /** Shape without k. */
  readonly shape: Shape;
  readonly hasK: boolean;
}

/**
 * The cotangent [k, ...weight] of the weights between the `wide` image, over which the windows slide, and
 * the image of `steps`; exactly one of them is the cotangent of the output and carries k.
 */
export function pullWeights(e: Emitter, wide: Side, steps: Side, windows: Windows, group: number): string {
  const spatial = windows.kernel.length;
  const [channels, filters] = [wide.shape[1] / group, steps.shape[1] / group];
  // Image [(k·)channels, G·N, …] and filters [G·(k·)filters, N, …] of a convolution that sums over the batch.
  const image = arrange(e, wide, group, channels, ["k", "c", "g", "n"]);
  const filter = arrange(e, steps, group, filters, ["g", "k", "c", "n"]);
  const correlated = e.op("Conv", [image, filter], {
    strides: ints(windows.dilations),
    dilations: ints(windows.strides),
    pads: ints([...windows.begin, ...windows.end]),
    group: int(group),
  });
  // Where the last windows stop short of the image, there are lags beyond the kernel.
  const axes = range(2, spatial);
  const lags = e.op("Slice", [
    correlated,
    e.int64(axes.map(() => 0)),
    e.int64(windows.kernel),
    e.int64(axes),
  ]);
  const weight = [group * filters, channels, ...windows.kernel];
  if (wide.hasK) {
    const parted = e.reshape(lags, [channels, group * filters, ...windows.kernel]);
    return e.transpose(parted, [1, 0, ...range(2, spatial)]);
  }
  const parted = e.op("Reshape", [lags, e.int64([channels, group, -1, filters, ...windows.kernel])]);
  return e.reshape(e.op("Transpose", [parted], { perm: ints([2, 1, 3, 0, ...range(4, spatial)]) }), weight);
}

/** An image [(k,) N, G·channels, …] with its leading axes in the given order, merged to two. */
function arrange(e: Emitter, side: Side, group: number, channels: number, order: readonly string[]): string {
  const [batch, , ...extents] = side.shape as [number, number, ...number[]];
  const axes = side.hasK ? ["k", "n", "g", "c"] : ["n", "g", "c"];
  const lead = side.hasK ? [-1] : [];
  const parted = e.op("Reshape", [side.name, e.int64([...lead, batch, group, channels, ...extents])]);
  const kept = order.filter((axis) => axis !== "k" || side.hasK);
  const permutation = kept.map((axis) => axes.indexOf(axis));
  const ordered = e.op("Transpose", [parted], {
    perm: ints([...permutation, ...range(axes.length, extents.length)]),
  });
  // The batch is what the convolution sums over; in the image the groups stand beside it.
  const second = order.at(-2) === "g" ? group * batch : batch;
  return e.op("Reshape", [ordered, e.int64([-1, second, ...extents])]);
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
