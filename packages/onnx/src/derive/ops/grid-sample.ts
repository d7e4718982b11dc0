// Sampling an image at the points of a grid (spatial transformers), and the affine grid itself. A sample is a
// sum over taps of weight · pixel: y = Σ w(g)·X[i(g)]. It is linear in the image, and its derivative in the
// grid is that of the weights; the indices i are piecewise constant.

import { int, ints } from "../../model/attributes.ts";
import { DataType, inputOf, intAttribute, type Node, outputOf, stringAttribute } from "../../model/model.ts";
import { elementCount } from "../../model/tensor.ts";
import type { Emitter, Shape } from "../emitter.ts";
import { addRows, type Picked } from "../rows.ts";
import type { DerivativeRule } from "../rule.ts";
import { given, type Tangent } from "../tangent.ts";

/** Taps along one axis: their offsets from ⌊s⌋ and, lowest power first, their weights as polynomials in s − ⌊s⌋. */
interface Kernel {
  readonly offsets: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

/** The cubic convolution kernel with a = −3/4 (Keys 1981), as the operator defines it. */
const A = -0.75;
const kernels: Readonly<Record<string, Kernel>> = {
  nearest: { offsets: [0], weights: [[1]] },
  linear: {
    offsets: [0, 1],
    weights: [
      [1, -1],
      [0, 1],
    ],
  },
  cubic: {
    offsets: [-1, 0, 1, 2],
    weights: [
      [0, A, -2 * A, A],
      [1, 0, -(A + 3), A + 2],
      [0, -A, 2 * A + 3, -(A + 2)],
      [0, 0, A, -A],
    ],
  },
};

/** The taps of every sample, `[N, P, taps]`, P being the samples of one image. */
interface Taps {
  readonly count: number;
  readonly weight: string;
  /** ∂weight/∂g for every component of the grid, in the grid's order. */
  readonly partials: readonly string[];
  /** Positions among the pixels of all N images, flattened. */
  readonly positions: string;
}

/** Sizes of a node: images [N, C, …image], samples [N, C, …P]. */
interface Extents {
  readonly images: number;
  readonly channels: number;
  readonly image: Shape;
  readonly samples: number;
}

function extentsOf(e: Emitter, node: Node): Extents {
  const [images, channels, ...image] = e.shape(inputOf(node, 0)) as [number, number, ...number[]];
  const samples = elementCount(e.shape(outputOf(node, 0)).slice(2));
  return { images, channels, image, samples };
}

function isNearest(node: Node): boolean {
  return stringAttribute(node, "mode", "linear") === "nearest";
}

function tapsOf(e: Emitter, node: Node): Taps {
  const { images, image, samples } = extentsOf(e, node);
  const pixels = elementCount(image);
  const starts = Array.from({ length: images }, (_, n) => n * pixels);
  const mode = stringAttribute(node, "mode", "linear").replace(/^bi/, "");
  const axes = image.map((_, axis) => axisTaps(e, node, axis, kernels[mode]));
  const product = (factors: readonly string[]): string => factors.reduce((a, b) => e.op("Mul", [a, b]));
  const partials = axes.map(({ slope }, axis) =>
    product(axes.map((other, i) => (i === axis ? slope : other.weight))),
  );
  const positions = axes.reduce(
    (sum, { step }) => e.op("Add", [sum, step]),
    e.op("Reshape", [e.int64(starts), e.int64([images, ...image.map(() => 1), 1])]),
  );
  const count = kernels[mode].offsets.length ** image.length;
  const flat = (tensor: string): string => e.op("Reshape", [tensor, e.int64([images, samples, count])]);
  return {
    count,
    weight: flat(product(axes.map(({ weight }) => weight))),
    // Component 0 of the grid belongs to the last axis of the image.
    partials: partials.map(flat).reverse(),
    positions: e.op("Reshape", [positions, e.int64([-1])]),
  };
}

/** The taps along one axis of the image, shaped so that those of different axes broadcast to all combinations. */
function axisTaps(
  e: Emitter,
  node: Node,
  axis: number,
  { offsets, weights }: Kernel,
): { weight: string; slope: string; step: string } {
  const { images, image, samples } = extentsOf(e, node);
  const extent = image[axis];
  const padding = stringAttribute(node, "padding_mode", "zeros");
  const corners = intAttribute(node, "align_corners", 0) === 1;
  const [low, high] = corners ? [0, extent - 1] : [-0.5, extent - 0.5];
  const component = e.op("Gather", [node.inputs[1], e.int64([image.length - 1 - axis])], { axis: int(-1) });
  const stretch = (high - low) / 2;
  const ones = image.map(() => 1);
  const centre = e.scalar((low + high) / 2);
  const stretched = e.op("Add", [e.op("Mul", [component, e.scalar(stretch)]), centre]);
  const shaped = e.op("Reshape", [stretched, e.int64([images, samples, ...ones])]);
  const stated = isNearest(node) ? e.op("Round", [shaped]) : shaped;
  const base = e.op("Floor", [stated]);
  const rest = e.op("Sub", [stated, base]);
  // The taps of this axis go along an axis of their own. Padding moves them only: both kernels being symmetric,
  // an image that is continued by its border or its reflection needs nothing else.
  const own = ones.map((_, i) => (i === axis ? offsets.length : 1));
  const polynomial = (coefficients: readonly (readonly number[])[]): string =>
    Array.from({ length: Math.max(...coefficients.map((row) => row.length)) }, (_, power) =>
      e.float(
        coefficients.map((row) => row[power] ?? 0),
        own,
      ),
    ).reduceRight((sum, constant) => e.op("Add", [e.op("Mul", [sum, rest]), constant]), e.scalar(0));
  const index = e.op("Add", [base, e.float(offsets, own)]);
  const bounded = padding === "reflection" && high > low ? reflected(e, index, low, high) : index;
  const pixel = e.op("Clip", [e.op("Round", [bounded]), e.scalar(0), e.scalar(extent - 1)]);
  const seen = padding === "zeros" ? e.toFloat(e.op("Equal", [pixel, index])) : e.scalar(1);
  const derivatives = weights.map((row) => row.slice(1).map((coefficient, i) => (i + 1) * coefficient));
  return {
    weight: e.op("Mul", [polynomial(weights), seen]),
    slope: e.op("Mul", [e.op("Mul", [polynomial(derivatives), seen]), e.scalar(stretch)]),
    step: e.op("Mul", [
      e.op("Cast", [pixel], { to: int(DataType.INT64) }),
      e.int64([elementCount(image.slice(axis + 1))]),
    ]),
  };
}

/** Reflection at both ends, as often as it takes: a triangle wave of period 2(high − low). */
function reflected(e: Emitter, x: string, low: number, high: number): string {
  const [range, period] = [e.scalar(high - low), e.scalar(2 * (high - low))];
  const from = e.op("Sub", [x, e.scalar(low)]);
  const periods = e.op("Floor", [e.op("Div", [from, period])]);
  const phase = e.op("Sub", [from, e.op("Mul", [periods, period])]);
  const isBack = e.op("Greater", [phase, range]);
  const folded = e.op("Where", [isBack, e.op("Sub", [period, phase]), phase]);
  return e.op("Add", [folded, e.scalar(low)]);
}

/** ∂y/∂g for every component of the grid, `[N, C, P]`. */
function gridPartials(e: Emitter, node: Node): string[] {
  const { images, channels, image, samples } = extentsOf(e, node);
  const { count, partials, positions } = tapsOf(e, node);
  const parted = e.op("Reshape", [node.inputs[0], e.int64([images, channels, elementCount(image)])]);
  const pixels = e.op("Reshape", [exchanged(e, parted), e.int64([channels, -1])]);
  const picked = e.op("Gather", [pixels, positions], { axis: int(1) });
  const values = e.op("Reshape", [picked, e.int64([channels, images, samples, count])]);
  return partials.map((partial) => {
    const sum = e.op("ReduceSum", [e.op("Mul", [values, partial]), e.int64([-1])], { keepdims: int(0) });
    return exchanged(e, sum);
  });
}

/** [a, b, n] as [b, a, n]. */
function exchanged(e: Emitter, x: string): string {
  return e.op("Transpose", [x], { perm: ints([1, 0, 2]) });
}

export const GridSample: DerivativeRule = {
  jvp: (e, node, [tImage, tGrid]) => {
    const { images, channels, image, samples } = extentsOf(e, node);
    const output = e.shape(outputOf(node, 0));
    let sum: Tangent;
    if (tImage) {
      // k beside the channels, since every image has a grid of its own.
      const wide = exchanged(e, e.reshape(tImage, [images, channels * elementCount(image)]));
      const merged = e.op("Reshape", [wide, e.int64([images, -1, ...image])]);
      const sampled = e.op("GridSample", [merged, node.inputs[1]], Object.fromEntries(node.attributes));
      const parted = e.op("Reshape", [sampled, e.int64([images, -1, channels * samples])]);
      sum = e.reshape(exchanged(e, parted), output);
    }
    if (tGrid && !isNearest(node)) {
      const tangent = e.reshape(tGrid, [images, samples, image.length]);
      gridPartials(e, node).forEach((partial, i) => {
        const component = e.op("Gather", [tangent, e.int64([i])], { axis: int(3) });
        const moved = e.op("Mul", [e.reshape(component, [images, 1, samples]), partial]);
        sum = e.add(sum, e.reshape(moved, output));
      });
    }
    return [sum];
  },
  vjp: (e, node, [u], wanted) => {
    const { images, channels, samples } = extentsOf(e, node);
    const cotangent = e.reshape(given(u), [images, channels, samples]);
    return [
      wanted[0] ? pullImage(e, node, cotangent) : undefined,
      wanted[1] && !isNearest(node) ? pullGrid(e, node, cotangent) : undefined,
    ];
  },
};

function pullImage(e: Emitter, node: Node, u: string): string {
  const { images, channels, image, samples } = extentsOf(e, node);
  const { count, weight, positions } = tapsOf(e, node);
  const byChannel = e.reshape(e.transpose(u, [1, 0, 2]), [channels, images, samples, 1]);
  const picked: Picked = {
    outer: channels,
    rows: images * elementCount(image),
    size: 1,
    count: images * samples * count,
    positions,
  };
  const sum = addRows(e, e.op("Mul", [byChannel, weight]), picked);
  const parted = e.reshape(sum, [channels, images, elementCount(image)]);
  return e.reshape(e.transpose(parted, [1, 0, 2]), e.shape(inputOf(node, 0)));
}

function pullGrid(e: Emitter, node: Node, u: string): string {
  const { images, samples } = extentsOf(e, node);
  const components = gridPartials(e, node).map((partial) =>
    e.reshape(e.sumKeep(e.op("Mul", [u, partial]), [1]), [images, samples, 1]),
  );
  return e.reshape(e.op("Concat", components, { axis: int(3) }), e.shape(inputOf(node, 1)));
}

/** grid = base·θᵀ, with a row (x, y, 1) of the base for every point: linear in θ. */
export const AffineGrid: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const rows = e.op("MatMul", [baseGrid(e, node), e.transpose(given(t), [0, 2, 1])]);
    return [e.reshape(rows, e.shape(outputOf(node, 0)))];
  },
  vjp: (e, node, [u]) => {
    const shape = e.shape(outputOf(node, 0));
    const rows = e.reshape(given(u), [shape[0], elementCount(shape.slice(1, -1)), ...shape.slice(-1)]);
    return [e.op("MatMul", [e.transpose(rows, [0, 2, 1]), baseGrid(e, node)])];
  },
};

/**
 * The node's own operator applied to the identity, which the engine folds: with align_corners, engines differ in
 * where they put the only point of an axis.
 */
function baseGrid(e: Emitter, node: Node): string {
  const extents = e.shape(outputOf(node, 0)).slice(1, -1);
  const [rank, count] = [extents.length, elementCount(extents)];
  const identity = Array.from({ length: rank * (rank + 1) }, (_, i) => (i % (rank + 2) === 0 ? 1 : 0));
  const theta = e.float(identity, [1, rank, rank + 1]);
  const grid = e.op("AffineGrid", [theta, e.int64([1, 1, ...extents])], {
    align_corners: int(intAttribute(node, "align_corners", 0)),
  });
  const points = e.op("Reshape", [grid, e.int64([count, rank])]);
  return e.op("Concat", [points, e.float(Array<number>(count).fill(1), [count, 1])], { axis: int(1) });
}
