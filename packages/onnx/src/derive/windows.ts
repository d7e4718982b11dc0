// Geometry of operators that slide a window over an image: where the windows of Conv, ConvTranspose and
// pooling lie, and how the transposed operator must be padded to undo a shape exactly.

import { ints } from "../model/attributes.ts";
import { type Attribute, intsAttribute, type Node, stringAttribute } from "../model/model.ts";
import type { Shape } from "./emitter.ts";

/** One entry for each spatial axis. */
export interface Windows {
  readonly kernel: Shape;
  readonly strides: Shape;
  readonly dilations: Shape;
  /** Padding before the first and after the last element of the larger side (the input of Conv). */
  readonly begin: Shape;
  readonly end: Shape;
}

/**
 * The windows of a node that slide over `wide` extents (input of Conv and pooling, output of
 * ConvTranspose) in `steps` positions.
 */
export function windowsOf(node: Node, kernel: Shape, wide: Shape, steps: Shape): Windows {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides") ?? ones;
  const dilations = intsAttribute(node, "dilations") ?? ones;
  const stated = intsAttribute(node, "pads") ?? [...ones, ...ones].map(() => 0);
  const mode = stringAttribute(node, "auto_pad", "NOTSET");
  const isTransposed = node.opType === "ConvTranspose";
  if (mode === "VALID" && !isTransposed) {
    return { kernel, strides, dilations, begin: ones.map(() => 0), end: ones.map(() => 0) };
  }
  if (mode === "NOTSET" && !intsAttribute(node, "output_shape")) {
    return {
      kernel,
      strides,
      dilations,
      begin: stated.slice(0, kernel.length),
      end: stated.slice(kernel.length),
    };
  }
  const extra = intsAttribute(node, "output_padding") ?? ones.map(() => 0);
  const total = kernel.map((_, i) =>
    Math.max(0, reach({ kernel, strides, dilations }, steps, i) + (isTransposed ? extra[i] : 0) - wide[i]),
  );
  // Where the padding is odd, SAME_UPPER puts more of it behind the image, SAME_LOWER before it; a
  // ConvTranspose that only states its output shape goes with SAME_LOWER.
  const moreBefore = mode === "SAME_LOWER" || (isTransposed && mode !== "SAME_UPPER");
  const begin = total.map((pad) => (moreBefore ? Math.ceil(pad / 2) : Math.floor(pad / 2)));
  return { kernel, strides, dilations, begin, end: total.map((pad, i) => pad - begin[i]) };
}

/** Extent that `steps` windows cover along axis i. */
function reach(w: Pick<Windows, "kernel" | "strides" | "dilations">, steps: Shape, i: number): number {
  return (steps[i] - 1) * w.strides[i] + (w.kernel[i] - 1) * w.dilations[i] + 1;
}

/** Attributes of the ConvTranspose that carries `steps` positions back to exactly `wide` extents. */
export function scatterAttributes(w: Windows, wide: Shape, steps: Shape): Record<string, Attribute> {
  const end = wide.map((extent, i) => reach(w, steps, i) - w.begin[i] - extent);
  return {
    strides: ints(w.strides),
    dilations: ints(w.dilations),
    pads: ints([...w.begin, ...end.map((pad) => Math.max(0, pad))]),
    // Where the last window stops short of the image, the rest is filled with zeros.
    output_padding: ints(end.map((pad) => Math.max(0, -pad))),
  };
}

/**
 * Attributes of the Conv that gathers `steps` positions from `wide` extents, and how many elements at the
 * end of each axis no window reaches and must be cut off first.
 */
export function gatherAttributes(
  w: Windows,
  wide: Shape,
  steps: Shape,
): { attributes: Record<string, Attribute>; surplus: Shape } {
  const end = wide.map((extent, i) => reach(w, steps, i) - w.begin[i] - extent);
  return {
    attributes: {
      strides: ints(w.strides),
      dilations: ints(w.dilations),
      pads: ints([...w.begin, ...end.map((pad) => Math.max(0, pad))]),
    },
    surplus: end.map((pad) => Math.max(0, -pad)),
  };
}

/** How many elements with coordinates in [low, high) the window at each position of axis i covers. */
export function coverage(w: Windows, steps: Shape, i: number, low: number, high: number): number[] {
  return Array.from({ length: steps[i] }, (_, step) => {
    const start = step * w.strides[i] - w.begin[i];
    let count = 0;
    for (let tap = 0; tap < w.kernel[i]; tap++) {
      const position = start + tap * w.dilations[i];
      if (position >= low && position < high) count++;
    }
    return count;
  });
}
