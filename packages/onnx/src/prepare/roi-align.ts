// RoiAlign written out: bilinear samples at the centres of a grid in every bin of a region, and their means; or maxima.

import { int, ints, string } from "../model/attributes.ts";
import { DataType, floatAttribute, intAttribute, type Node, stringAttribute } from "../model/model.ts";
import { numericValues } from "../model/tensor.ts";
import type { CompositeWriter } from "./composite-writer.ts";

/** Samples along one axis of the regions, `[regions, samples]`: where they lie in the picture, and whether they do. */
interface Samples {
  /** Between 0 and that of the last pixel. */
  readonly places: string;
  readonly isInside: string;
  /** Of the picture, a floating-point scalar. */
  readonly count: string;
}

/** Writes RoiAlign out. Leaves it as it is where the number of samples depends on regions that the file does not state. */
export function roiAlign(w: CompositeWriter, node: Node, opset: number): void {
  const rows = intAttribute(node, "output_height", 1);
  const columns = intAttribute(node, "output_width", 1);
  const counts = samplesOf(w, node, opset, rows, columns);
  if (!counts) return;
  const [down, across] = counts;
  const y = samples(w, node, opset, { low: 1, bins: rows, perBin: down, axis: 2 });
  const x = samples(w, node, opset, { low: 0, bins: columns, perBin: across, axis: 3 });
  const bins = { kernel_shape: ints([down, across]), strides: ints([down, across]) };
  if (stringAttribute(node, "mode", "avg") === "avg") {
    w.finish("AveragePool", [interpolated(w, node, opset, y, x)], bins);
  } else w.finish("MaxPool", [greatestCorners(w, node, y, x)], bins);
}

/** Bilinear samples, [regions, channels, …samples], zero outside. */
function interpolated(w: CompositeWriter, node: Node, opset: number, y: Samples, x: Samples): string {
  const [picture, , batch] = node.inputs as [string, string, string];
  const [gy, gx] = [byRow(w, onGrid(w, y)), byColumn(w, onGrid(w, x))];
  const zeros = w.op("Mul", [w.op("Add", [gy, gx]), w.scalar(0)]);
  const pair = [gx, gy].map((place) => w.op("Unsqueeze", [w.op("Add", [place, zeros]), w.int64([-1])]));
  const images = w.op("Gather", [picture, batch]);
  const sampled = w.op("GridSample", [images, w.op("Concat", pair, { axis: int(-1) })], {
    mode: string(opset < 20 ? "bilinear" : "linear"),
    align_corners: int(1),
    padding_mode: string("border"),
  });
  const isInside = w.op("And", [byRow(w, y.isInside), byColumn(w, x.isInside)]);
  return w.op("Where", [w.op("Unsqueeze", [isInside, w.int64([1])]), sampled, w.scalar(0)]);
}

/**
 * Of every sample the greatest of the four pixels around it times their weights, [regions, channels, …samples], zero
 * outside: what ONNX Runtime and ONNX's own implementation make of maxima, in place of interpolated values.
 */
function greatestCorners(w: CompositeWriter, node: Node, y: Samples, x: Samples): string {
  const [picture, , batch] = node.inputs as [string, string, string];
  const columns = w.extent(picture, 3);
  const perImage = w.op("Mul", [w.extent(picture, 2), columns]);
  const first = w.op("Unsqueeze", [w.op("Mul", [batch, perImage]), w.int64([1, 2])]);
  const channelsLast = w.op("Transpose", [picture], { perm: ints([0, 2, 3, 1]) });
  const pixels = w.op("Flatten", [channelsLast], { axis: int(3) });
  const isInside = w.op("And", [byRow(w, y.isInside), byColumn(w, x.isInside)]);
  const products = neighbours(w, y).flatMap((row) =>
    neighbours(w, x).map((column) => {
      const inImage = w.op("Add", [w.op("Mul", [byRow(w, row.index), columns]), byColumn(w, column.index)]);
      const pixel = w.op("Gather", [pixels, w.op("Add", [first, inImage])]);
      const weight = w.op("Mul", [byRow(w, row.weight), byColumn(w, column.weight)]);
      const kept = w.op("Where", [isInside, weight, w.scalar(0)]);
      return w.op("Mul", [pixel, w.op("Unsqueeze", [kept, w.int64([-1])])]);
    }),
  );
  const greatest = products.reduce((a, b) => w.op("Max", [a, b]));
  return w.op("Transpose", [greatest], { perm: ints([0, 3, 1, 2]) });
}

/** The pixels beside every sample along one axis, and their weights. */
function neighbours(
  w: CompositeWriter,
  { places, count }: Samples,
): readonly { readonly index: string; readonly weight: string }[] {
  const low = w.op("Floor", [places]);
  const high = w.op("Min", [w.op("Add", [low, w.scalar(1)]), w.op("Sub", [count, w.scalar(1)])]);
  const rest = w.op("Sub", [places, low]);
  const index = (place: string): string => w.op("Cast", [place], { to: int(DataType.INT64) });
  return [
    { index: index(low), weight: w.op("Sub", [w.scalar(1), rest]) },
    { index: index(high), weight: rest },
  ];
}

/** Places as −1 to 1, from the centre of the first pixel to that of the last. */
function onGrid(w: CompositeWriter, { places, count }: Samples): string {
  const last = w.op("Max", [w.op("Sub", [count, w.scalar(1)]), w.scalar(1)]);
  return w.op("Sub", [w.op("Div", [w.op("Mul", [places, w.scalar(2)]), last]), w.scalar(1)]);
}

/** Samples of rows, [regions, samples], beside those of columns. */
function byRow(w: CompositeWriter, samples: string): string {
  return w.op("Unsqueeze", [samples, w.int64([2])]);
}

function byColumn(w: CompositeWriter, samples: string): string {
  return w.op("Unsqueeze", [samples, w.int64([1])]);
}

/**
 * Samples of a bin down and across: as many as the node states, else one for each pixel that the bin covers, rounded
 * up.
 */
function samplesOf(
  w: CompositeWriter,
  node: Node,
  opset: number,
  rows: number,
  columns: number,
): readonly [number, number] | undefined {
  const ratio = intAttribute(node, "sampling_ratio", 0);
  if (ratio > 0) return [ratio, ratio];
  const stated = w.stated(node.inputs[1]);
  if (!stated) return undefined;
  const boxes = numericValues(stated);
  const scale = floatAttribute(node, "spatial_scale", 1);
  const least = isShifted(node, opset) ? 0 : 1;
  const perBin = (low: number, bins: number): number[] =>
    boxes.flatMap((end, i) =>
      i % 4 === low + 2 ? [Math.max(1, Math.ceil(Math.max(least, scale * (end - boxes[i - 2])) / bins))] : [],
    );
  const counts = [perBin(1, rows), perBin(0, columns)];
  const [down, across] = counts.map(([first]) => first);
  const isUniform = counts.every((list) => list.every((count) => count === list[0]));
  return isUniform && down !== undefined && across !== undefined ? [down, across] : undefined;
}

/** Whether pixels are placed at their centres, half a pixel on; the default since operator set 16. */
function isShifted(node: Node, opset: number): boolean {
  return (
    opset >= 16 && stringAttribute(node, "coordinate_transformation_mode", "half_pixel") === "half_pixel"
  );
}

interface Axis {
  /** Column of `rois` with the lower end; the upper one is two columns on. */
  readonly low: number;
  readonly bins: number;
  readonly perBin: number;
  /** Of the picture. */
  readonly axis: number;
}

function samples(w: CompositeWriter, node: Node, opset: number, { low, bins, perBin, axis }: Axis): Samples {
  const [x, rois] = node.inputs as [string, string];
  const isHalf = isShifted(node, opset);
  const scale = w.scalar(floatAttribute(node, "spatial_scale", 1));
  const end = (column: number): string => {
    const placed = w.op("Mul", [w.op("Gather", [rois, w.int64([column])], { axis: int(1) }), scale]);
    return isHalf ? w.op("Sub", [placed, w.scalar(0.5)]) : placed;
  };
  const start = end(low);
  const extent = w.op("Sub", [end(low + 2), start]);
  const length = isHalf ? extent : w.op("Max", [extent, w.scalar(1)]);
  const fractions = Array.from({ length: bins * perBin }, (_, i) => (i + 0.5) / (bins * perBin));
  const places = w.op("Add", [start, w.op("Mul", [length, w.float(fractions, [1, fractions.length])])]);
  const count = w.fromInt64(w.extent(x, axis));
  const isInside = w.op("And", [
    w.op("GreaterOrEqual", [places, w.scalar(-1)]),
    w.op("LessOrEqual", [places, count]),
  ]);
  const within = w.op("Min", [w.op("Max", [places, w.scalar(0)]), w.op("Sub", [count, w.scalar(1)])]);
  return { places: within, isInside, count };
}
