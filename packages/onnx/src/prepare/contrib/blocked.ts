// Convolutions and pooling on channels in blocks, as ONNX Runtime's optimiser arranges them for a processor, on plain
// channels again. They keep the channels of zeros that fill the last block, up to where the blocks end.

import { int, ints, string, without } from "../../model/attributes.ts";
import { intAttribute, intsAttribute, type Node, stringAttribute, type Tensor } from "../../model/model.ts";
import { elementCount, numericValues } from "../../model/tensor.ts";
import type { Composite, CompositeWriter } from "../composite-writer.ts";
import { BLOCK_SIZE, BLOCKED } from "./block-size.ts";
import { activate, statesActivation } from "./fused.ts";

export const blocked: ReadonlyMap<string, Composite> = new Map<string, Composite>(
  Object.entries<Composite>({
    Conv: convolution,
    MaxPool: plain,
    AveragePool: plain,
    GlobalMaxPool: plain,
    GlobalAveragePool: plain,
    Upsample: upsample,
    ReorderInput: reorderInput,
    ReorderOutput: reorderOutput,
  }).map(([opType, composite]) => [
    `${BLOCKED}::${opType}`,
    (w, node, opset) => {
      // Without the size of a block the nodes stay as they are.
      if (node.attributes.has(BLOCK_SIZE)) composite(w, node, opset);
    },
  ]),
);

function plain(w: CompositeWriter, node: Node): void {
  w.finish(node.opType, node.inputs, without(node, BLOCK_SIZE));
}

function convolution(w: CompositeWriter, node: Node): void {
  const [x, weight, bias = "", sum] = node.inputs as [string, string, string?, string?];
  const stated = w.stated(weight);
  if (!stated || !statesActivation(node)) return;
  const attributes = without(node, BLOCK_SIZE, "activation", "activation_params");
  const filter = w.float(plainWeight(stated, intAttribute(node, BLOCK_SIZE, 0)), stated.dims);
  const result = w.op("Conv", bias ? [x, filter, bias] : [x, filter], attributes);
  activate(w, node, sum ? w.op("Add", [result, sum]) : result);
  w.finishWithLast();
}

/**
 * Weights [outputs, inputs, height, width] from those of blocks of outputs, the innermost axis, and where an input has
 * whole blocks, blocks of inputs around it.
 */
function plainWeight({ dims, ...tensor }: Tensor, block: number): Float64Array {
  const [, inputs, height, width] = dims;
  const inner = inputs % block === 0 ? block : 1;
  const pixels = height * width;
  const values = numericValues({ dims, ...tensor });
  const result = new Float64Array(elementCount(dims));
  values.forEach((value, i) => {
    const output = i % block;
    let rest = Math.floor(i / block);
    const input = rest % inner;
    rest = Math.floor(rest / inner);
    const pixel = rest % pixels;
    rest = Math.floor(rest / pixels);
    const inputBlock = rest % (inputs / inner);
    const outputBlock = Math.floor(rest / (inputs / inner));
    const [o, c] = [outputBlock * block + output, inputBlock * inner + input];
    result[(o * inputs + c) * pixels + pixel] = value;
  });
  return result;
}

/** By whole numbers; the coordinates are those of the attribute. */
function upsample(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const scales = w.float32(intsAttribute(node, "scales") ?? []);
  w.finish("Resize", [x, "", scales], {
    mode: string(stringAttribute(node, "mode", "nearest")),
    coordinate_transformation_mode: string(
      stringAttribute(node, "coordinate_transformation_mode", "asymmetric"),
    ),
    nearest_mode: string("floor"),
  });
}

/** Fills the channels up to whole blocks. */
function reorderInput(w: CompositeWriter, node: Node): void {
  const [image] = node.inputs as [string];
  const isLast = intAttribute(node, "channels_last", 0) === 1;
  const x = isLast ? w.op("Transpose", [image], { perm: ints([0, 3, 1, 2]) }) : image;
  const block = w.int64([intAttribute(node, BLOCK_SIZE, 0)]);
  const channels = w.extents(x, 1, 2);
  const missing = w.op("Mod", [w.op("Neg", [channels]), block]);
  const pads = w.op("Concat", [w.int64([0, 0, 0, 0, 0]), missing, w.int64([0, 0])], { axis: int(0) });
  w.finish("Pad", [x, pads]);
}

/** Drops what filled the last block. */
function reorderOutput(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const channels = w.int64([intAttribute(node, "channels", 0)]);
  const image = w.op("Slice", [x, w.int64([0]), channels, w.int64([1])]);
  if (intAttribute(node, "channels_last", 0) === 1) w.op("Transpose", [image], { perm: ints([0, 2, 3, 1]) });
  w.finishWithLast();
}
