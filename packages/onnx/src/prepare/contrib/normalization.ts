// Normalisations of ONNX Runtime's own domain: behind a residual connection, without a mean, in groups of channels.

import { float, ints } from "../../model/attributes.ts";
import { floatAttribute, intAttribute, type Node } from "../../model/model.ts";
import type { Composite, CompositeWriter } from "../composite-writer.ts";

export const contribNormalizations: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  // The optimiser's names in the standard domain, which ONNX does not have.
  ["SimplifiedLayerNormalization", simplifiedLayerNormalization],
  ["com.microsoft::SimplifiedLayerNormalization", simplifiedLayerNormalization],
  ["com.microsoft::SkipLayerNormalization", skipLayerNormalization],
  ["com.microsoft::SkipSimplifiedLayerNormalization", skipSimplifiedLayerNormalization],
  ["com.microsoft::GroupNorm", groupNorm],
  ["com.microsoft::SkipGroupNorm", skipGroupNorm],
]);

/** scale · x/√(mean x² + ε) over the last axis. */
function withoutMean(w: CompositeWriter, x: string, scale: string, epsilon: number): string {
  const square = w.op("ReduceMean", [w.op("Mul", [x, x]), w.int64([-1])]);
  const root = w.op("Sqrt", [w.op("Add", [square, w.scalar(epsilon)])]);
  return w.op("Mul", [w.op("Div", [x, root]), scale]);
}

function simplifiedLayerNormalization(w: CompositeWriter, node: Node): void {
  const [x, scale] = node.inputs as [string, string];
  if (intAttribute(node, "axis", -1) !== -1 || w.yields(1)) return;
  withoutMean(w, x, scale, floatAttribute(node, "epsilon", 1e-5));
  w.finishWithLast();
}

/** x + skip + bias, which is the fourth output, too. */
function residual(w: CompositeWriter, x: string, skip: string, bias: string | undefined): string {
  const sum = w.op("Add", [x, skip]);
  const all = bias ? w.op("Add", [sum, bias]) : sum;
  if (w.yields(3)) w.finish("Identity", [all], {}, 3);
  return all;
}

function skipLayerNormalization(w: CompositeWriter, node: Node): void {
  const [x, skip, scale, shift, bias] = node.inputs as [string, string, string, string?, string?];
  if (w.yields(1) || w.yields(2)) return;
  const inputs = [residual(w, x, skip, bias), scale, ...(shift ? [shift] : [])];
  w.finish("LayerNormalization", inputs, { epsilon: float(floatAttribute(node, "epsilon", 1e-12)) });
}

function skipSimplifiedLayerNormalization(w: CompositeWriter, node: Node): void {
  const [x, skip, scale, bias] = node.inputs as [string, string, string, string?];
  if (w.yields(1) || w.yields(2)) return;
  withoutMean(w, residual(w, x, skip, bias), scale, floatAttribute(node, "epsilon", 1e-12));
  w.finishWithLast();
}

function groupNorm(w: CompositeWriter, node: Node): void {
  const [x, scale, shift] = node.inputs as [string, string, string];
  normalizeGroups(w, node, x, scale, shift);
}

/** Of x + skip + bias, which is the second output, too. */
function skipGroupNorm(w: CompositeWriter, node: Node): void {
  const [x, scale, shift, skip, bias] = node.inputs as [string, string, string, string, string?];
  if (intAttribute(node, "channels_last", 1) !== 1) return;
  const sum = w.op("Add", [x, skip]);
  const all = bias ? w.op("Add", [sum, bias]) : sum;
  if (w.yields(1)) w.finish("Identity", [all], {}, 1);
  normalizeGroups(w, node, all, scale, shift);
}

/** Group normalisation of images with their channels last, and SiLU behind it where the node has it. */
function normalizeGroups(w: CompositeWriter, node: Node, x: string, scale: string, shift: string): void {
  const isLast = intAttribute(node, "channels_last", 1) === 1;
  const [toFirst, toLast] = [
    [0, 3, 1, 2],
    [0, 2, 3, 1],
  ].map((perm) => ({ perm: ints(perm) }));
  const image = isLast ? w.op("Transpose", [x], toFirst) : x;
  const groups = intAttribute(node, "groups", 1);
  const grouped = w.op("Reshape", [image, w.int64([0, groups, -1])]);
  const [ones, zeros] = [1, 0].map((value) => w.float(Array<number>(groups).fill(value)));
  const epsilon = { epsilon: float(floatAttribute(node, "epsilon", 1e-5)) };
  const normal = w.op("InstanceNormalization", [grouped, ones, zeros], epsilon);
  const back = w.op("Reshape", [normal, w.op("Shape", [image])]);
  const [slope, offset] = [scale, shift].map((vector) => w.op("Reshape", [vector, w.int64([1, -1, 1, 1])]));
  const affine = w.op("Add", [w.op("Mul", [back, slope]), offset]);
  const isActivated = intAttribute(node, "activation", 0) === 1;
  const result = isActivated ? w.op("Mul", [affine, w.op("Sigmoid", [affine])]) : affine;
  if (isLast) w.op("Transpose", [result], toLast);
  w.finishWithLast();
}
