// Fourier transforms and the assembly of images from blocks, written out as products and transposed convolutions.

import { int, ints, string } from "../model/attributes.ts";
import { intAttribute, intsAttribute, type Node } from "../model/model.ts";
import { numericValues } from "../model/tensor.ts";
import type { CompositeWriter } from "./composite-writer.ts";

interface Transform {
  /** The axis of the signal, the complex one counted, too. */
  readonly axis: number;
  /** Numbers that are transformed, a scalar: what is there beyond is dropped, what is missing is zero. */
  readonly length: string;
  readonly isInverse: boolean;
  /** Whether only the frequencies up to the half are wanted. */
  readonly isOneSided: boolean;
}

/** The discrete Fourier transform. */
export function dft(w: CompositeWriter, node: Node, opset: number): void {
  const [x, length, axisInput] = node.inputs as [string, string?, string?];
  const stated = w.stated(axisInput);
  if (axisInput && !stated) return;
  const isInverse = intAttribute(node, "inverse", 0) === 1;
  const isOneSided = intAttribute(node, "onesided", 0) === 1;
  const own = opset < 20 ? intAttribute(node, "axis", 1) : -2;
  const axis = stated ? numericValues(stated)[0] : own;
  if (isInverse && isOneSided) {
    realSignal(w, x, axis, length ? w.op("Squeeze", [length]) : undefined);
    w.finishWithLast();
    return;
  }
  const count = length ? w.op("Squeeze", [length]) : w.extent(x, axis);
  transformed(w, x, { axis, length: count, isInverse, isOneSided });
  w.finishWithLast();
}

/**
 * The real signal whose frequencies up to the half are given: the others are their conjugates, so that all but those of
 * no and of half the length count twice. Einsum refuses another number of frequencies than belongs to the length, of which
 * engines make different things. [… samples …, 1].
 */
function realSignal(w: CompositeWriter, x: string, axis: number, stated: string | undefined): void {
  const [one, two] = [1, 2].map((value) => w.int64([value], []));
  const length = stated ?? w.op("Mul", [two, w.op("Sub", [w.extent(x, axis), one])]);
  const half = w.op("Add", [w.op("Div", [length, two]), one]);
  const [real, imaginary] = [0, 1].map((part) =>
    w.op("Slice", [x, w.int64([part]), w.int64([part + 1]), w.int64([-1])]),
  );
  const frequencies = w.range(half);
  const isAlone = w.op("Equal", [w.op("Mod", [w.op("Mul", [frequencies, two]), length]), w.int64([0], [])]);
  const weights = w.op("Unsqueeze", [w.op("Where", [isAlone, w.scalar(1), w.scalar(2)]), w.int64([1])]);
  const equation = string(alongAxis(axis));
  const [cosines, sines] = waves(w, half, length, length).map((matrix) => w.op("Mul", [matrix, weights]));
  const sum = w.op("Sub", [
    w.op("Einsum", [real, cosines], { equation }),
    w.op("Einsum", [imaginary, sines], { equation }),
  ]);
  w.op("Div", [sum, w.fromInt64(length)]);
}

/** The transforms of windows that step along a signal [batch, length, 1 or 2], or [batch, length] where it is real. */
export function stft(w: CompositeWriter, node: Node): void {
  const [given, step, window, frame] = node.inputs as [string, string, string?, string?];
  const signal = w.op("Reshape", [given, w.int64([0, 0, -1])]);
  const scalar = (x: string): string => w.op("Squeeze", [x]);
  const length = frame ? scalar(frame) : w.op("Size", [window!]);
  const stride = scalar(step);
  const rest = w.op("Sub", [w.extent(signal, 1), length]);
  const count = w.op("Add", [w.op("Div", [rest, stride]), w.int64([1], [])]);
  const starts = w.op("Unsqueeze", [w.op("Mul", [w.range(count), stride]), w.int64([1])]);
  const positions = w.op("Add", [starts, w.range(length)]);
  const frames = w.op("Gather", [signal, positions], { axis: int(1) });
  const seen = window ? w.op("Mul", [frames, w.op("Unsqueeze", [window, w.int64([1])])]) : frames;
  const isOneSided = intAttribute(node, "onesided", 1) === 1;
  transformed(w, seen, { axis: 2, length, isInverse: false, isOneSided });
  w.finishWithLast();
}

/** Sums of cosines and sines, [… frequencies …, 2]. */
function transformed(
  w: CompositeWriter,
  x: string,
  { axis, length, isInverse, isOneSided }: Transform,
): string {
  const used = w.op("Min", [w.extent(x, axis), length]);
  const end = w.op("Unsqueeze", [used, w.int64([0])]);
  const signal = w.op("Slice", [withImaginaryPart(w, x), w.int64([0]), end, w.int64([axis])]);
  const [real, imaginary] = [0, 1].map((part) =>
    w.op("Slice", [signal, w.int64([part]), w.int64([part + 1]), w.int64([-1])]),
  );
  const half = w.op("Add", [w.op("Div", [length, w.int64([2], [])]), w.int64([1], [])]);
  const [cosines, sines] = waves(w, used, isOneSided ? half : length, length);
  const along = (part: string, matrix: string): string =>
    w.op("Einsum", [part, matrix], { equation: string(alongAxis(axis)) });
  // e^(−iθ), or e^(iθ) for the inverse.
  const [plus, minus] = isInverse ? ["Sub", "Add"] : ["Add", "Sub"];
  const parts = [
    w.op(plus, [along(real, cosines), along(imaginary, sines)]),
    w.op(minus, [along(imaginary, cosines), along(real, sines)]),
  ];
  const result = w.op("Concat", parts, { axis: int(-1) });
  return isInverse ? w.op("Div", [result, w.fromInt64(length)]) : result;
}

/** [… , 1] as [… , 2]; two parts stay as they are. */
function withImaginaryPart(w: CompositeWriter, x: string): string {
  const rank = w.op("Size", [w.op("Shape", [x])]);
  const before = w.op("Sub", [w.op("Add", [rank, rank]), w.int64([1], [])]);
  const zeros = w.op("Expand", [w.int64([0]), w.op("Unsqueeze", [before, w.int64([0])])]);
  const missing = w.op("Sub", [w.int64([2], []), w.extent(x, -1)]);
  const pads = w.op("Concat", [zeros, w.op("Unsqueeze", [missing, w.int64([0])])], { axis: int(0) });
  return w.op("Pad", [x, pads]);
}

/** cos and sin of 2π·jk/length for j below `rows` and k below `columns`. */
function waves(w: CompositeWriter, rows: string, columns: string, length: string): [string, string] {
  const products = w.op("Mul", [w.op("Unsqueeze", [w.range(rows), w.int64([1])]), w.range(columns)]);
  const turns = w.op("Div", [w.fromInt64(w.op("Mod", [products, length])), w.fromInt64(length)]);
  const angles = w.op("Mul", [turns, w.scalar(2 * Math.PI)]);
  return [w.op("Cos", [angles]), w.op("Sin", [angles])];
}

/**
 * The product with a matrix along an axis. The ellipsis stands for one axis at least: not all engines take it for none.
 */
function alongAxis(axis: number): string {
  const letters = "abcdefgh".slice(0, axis >= 0 ? axis : -axis - 1);
  return axis >= 0 ? `${letters}n...,nk->${letters}k...` : `...n${letters},nk->...k${letters}`;
}

/** Blocks, one in each column, added up at their places: a transposed convolution with the identity. */
export function col2Im(w: CompositeWriter, node: Node): void {
  const [x, imageShape, blockShape] = node.inputs as [string, string, string];
  const [image, block] = [imageShape, blockShape].map((name) => w.stated(name));
  if (!image || !block) return;
  const [extents, kernel] = [image, block].map(numericValues);
  const ones = kernel.map(() => 1);
  const dilations = intsAttribute(node, "dilations") ?? ones;
  const strides = intsAttribute(node, "strides") ?? ones;
  const pads = intsAttribute(node, "pads") ?? [...ones, ...ones].map(() => 0);
  const rank = kernel.length;
  const room = extents.map(
    (extent, i) => extent + pads[i] + pads[i + rank] - dilations[i] * (kernel[i] - 1) - 1,
  );
  const counts = room.map((size, i) => Math.floor(size / strides[i]) + 1);
  const size = kernel.reduce((product, one) => product * one, 1);
  const columns = w.op("Reshape", [x, w.int64([-1, size, ...counts])]);
  const identity = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const images = w.op("ConvTranspose", [columns, w.float(identity, [size, 1, ...kernel])], {
    kernel_shape: ints(kernel),
    dilations: ints(dilations),
    strides: ints(strides),
    pads: ints(pads),
    output_padding: ints(room.map((left, i) => left % strides[i])),
  });
  const shape = w.op("Concat", [w.extents(x, 0, 1), w.int64([-1, ...extents])], { axis: int(0) });
  w.finish("Reshape", [images, shape]);
}
