// RoiAlign written out: bilinear samples at the centres of a grid in every bin of a region, and their means.

import { int, ints, string } from "../model/attributes.ts";
import { floatAttribute, intAttribute, type Node, stringAttribute } from "../model/model.ts";
import { numericValues } from "../model/tensor.ts";
import type { CompositeWriter } from "./composite-writer.ts";

/** Samples along one axis of the regions, `[regions, samples]`: where they lie in the picture, and whether they do. */
interface Samples {
  /** Between −1 and 1, from the centre of the first pixel to that of the last. */
  readonly places: string;
  readonly isInside: string;
}

/**
 * Writes RoiAlign out. Leaves it as it is where it takes the maximum of samples, and where their number depends on
 * regions that the file does not state.
 */
export function roiAlign(w: CompositeWriter, node: Node, opset: number): void {
  const [x, , batch] = node.inputs as [string, string, string];
  const rows = intAttribute(node, "output_height", 1);
  const columns = intAttribute(node, "output_width", 1);
  const counts = samplesOf(w, node, opset, rows, columns);
  if (!counts || stringAttribute(node, "mode", "avg") !== "avg") return;
  const [down, across] = counts;
  const [y, xs] = [
    samples(w, node, opset, { low: 1, bins: rows, perBin: down, axis: 2 }),
    samples(w, node, opset, { low: 0, bins: columns, perBin: across, axis: 3 }),
  ];
  const [gy, gx] = [
    w.op("Unsqueeze", [y.places, w.int64([2])]),
    w.op("Unsqueeze", [xs.places, w.int64([1])]),
  ];
  const zeros = w.op("Mul", [w.op("Add", [gy, gx]), w.scalar(0)]);
  const pair = [gx, gy].map((place) => w.op("Unsqueeze", [w.op("Add", [place, zeros]), w.int64([-1])]));
  const sampled = w.op("GridSample", [w.op("Gather", [x, batch]), w.op("Concat", pair, { axis: int(-1) })], {
    mode: string(opset < 20 ? "bilinear" : "linear"),
    align_corners: int(1),
    padding_mode: string("border"),
  });
  const [iy, ix] = [
    w.op("Unsqueeze", [y.isInside, w.int64([1, 3])]),
    w.op("Unsqueeze", [xs.isInside, w.int64([1, 2])]),
  ];
  const kept = w.op("Where", [w.op("And", [iy, ix]), sampled, w.scalar(0)]);
  w.finish("AveragePool", [kept], { kernel_shape: ints([down, across]), strides: ints([down, across]) });
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
  const last = w.op("Max", [w.op("Sub", [count, w.scalar(1)]), w.scalar(1)]);
  const isInside = w.op("And", [
    w.op("GreaterOrEqual", [places, w.scalar(-1)]),
    w.op("LessOrEqual", [places, count]),
  ]);
  const within = w.op("Min", [w.op("Max", [places, w.scalar(0)]), w.op("Sub", [count, w.scalar(1)])]);
  const scaled = w.op("Div", [w.op("Mul", [within, w.scalar(2)]), last]);
  return { places: w.op("Sub", [scaled, w.scalar(1)]), isInside };
}
