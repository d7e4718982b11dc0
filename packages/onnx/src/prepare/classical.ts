// Linear operators of the domain of classical machine learning, which pipelines put before and behind a network.

import { int } from "../model/attributes.ts";
import { intAttribute, type Node, stringAttribute } from "../model/model.ts";
import type { Composite, CompositeWriter } from "./composite-writer.ts";

export const classical: ReadonlyMap<string, Composite> = new Map<string, Composite>([
  ["ai.onnx.ml::ArrayFeatureExtractor", features],
  ["ai.onnx.ml::Scaler", scaler],
  ["ai.onnx.ml::Normalizer", normalizer],
  ["ai.onnx.ml::LinearRegressor", linearRegressor],
]);

function floatsOf(node: Node, name: string): readonly number[] {
  const attribute = node.attributes.get(name);
  return attribute?.type === "floats" ? attribute.value : [];
}

/** Those of the last axis at some positions. */
function features(w: CompositeWriter, node: Node): void {
  const [x, positions] = node.inputs as [string, string];
  w.finish("Gather", [x, w.op("Reshape", [positions, w.int64([-1])])], { axis: int(-1) });
}

/** (x − offset) ⊙ scale. */
function scaler(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const [offset, scale] = ["offset", "scale"].map((name) => floatsOf(node, name));
  const shifted = offset.length > 0 ? w.op("Sub", [x, w.float(offset)]) : x;
  w.finish("Mul", [shifted, scale.length > 0 ? w.float(scale) : w.scalar(1)]);
}

/**
 * Every row, or the only one, scaled to length 1. Rows divided by their maximum, which engines define differently, stay
 * as they are.
 */
function normalizer(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  const norm = stringAttribute(node, "norm", "MAX");
  if (norm === "MAX") return;
  w.finish("Div", [x, w.op(norm === "L1" ? "ReduceL1" : "ReduceL2", [x, w.int64([-1])])]);
}

/** x·Cᵀ + b, without a transformation behind it. */
function linearRegressor(w: CompositeWriter, node: Node): void {
  const [x] = node.inputs as [string];
  if (stringAttribute(node, "post_transform", "NONE") !== "NONE") return;
  const [coefficients, intercepts] = ["coefficients", "intercepts"].map((name) => floatsOf(node, name));
  const targets = intAttribute(node, "targets", 1);
  const features = coefficients.length / targets;
  const matrix = Array.from(
    coefficients,
    (_, i) => coefficients[(i % targets) * features + Math.floor(i / targets)],
  );
  const product = w.op("MatMul", [x, w.float(matrix, [features, targets])]);
  if (intercepts.length > 0) w.op("Add", [product, w.float(intercepts)]);
  w.finishWithLast();
}
