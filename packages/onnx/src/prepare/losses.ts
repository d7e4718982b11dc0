// Losses against given classes, written out.

import { int } from "../model/attributes.ts";
import { DataType, intAttribute, type Node, stringAttribute } from "../model/model.ts";
import type { CompositeWriter } from "./composite-writer.ts";

/** −w[t]·x[t] for log-probabilities x [batch, classes, …] and classes t [batch, …], reduced. */
export function negativeLogLikelihoodLoss(w: CompositeWriter, node: Node): void {
  likelihoodLoss(w, node, node.inputs[0]);
}

/** The same of the logarithm of the softmax, which is the second output. */
export function softmaxCrossEntropyLoss(w: CompositeWriter, node: Node): void {
  const logarithms = w.op("LogSoftmax", [node.inputs[0]], { axis: int(1) });
  if (w.yields(1)) w.finish("Identity", [logarithms], {}, 1);
  likelihoodLoss(w, node, logarithms);
}

function likelihoodLoss(w: CompositeWriter, node: Node, x: string): void {
  const [, given, weight] = node.inputs as [string, string, string?];
  const ignored = node.attributes.has("ignore_index") ? intAttribute(node, "ignore_index", 0) : undefined;
  const classes = w.op("Cast", [given], { to: int(DataType.INT64) });
  const isIgnored = ignored === undefined ? undefined : w.op("Equal", [classes, w.int64([ignored], [])]);
  const target = isIgnored ? w.op("Where", [isIgnored, w.int64([0], []), classes]) : classes;
  const axis = w.int64([1]);
  const column = w.op("GatherElements", [x, w.op("Unsqueeze", [target, axis])], { axis: int(1) });
  const picked = w.op("Neg", [w.op("Squeeze", [column, axis])]);
  const weights = weightsOf(w, target, weight, isIgnored);
  const loss = weights ? w.op("Mul", [picked, weights]) : picked;
  const reduction = stringAttribute(node, "reduction", "mean");
  const all = { keepdims: int(0) };
  if (reduction === "none") w.finish("Identity", [loss]);
  else if (reduction === "sum") w.finish("ReduceSum", [loss], all);
  else if (!weights) w.finish("ReduceMean", [loss], all);
  else w.finish("Div", [w.op("ReduceSum", [loss], all), w.op("ReduceSum", [weights], all)]);
}

/** What each element counts; undefined where all count 1. */
function weightsOf(
  w: CompositeWriter,
  target: string,
  weight: string | undefined,
  isIgnored: string | undefined,
): string | undefined {
  const own = weight ? w.op("Gather", [weight, target]) : w.scalar(1);
  if (isIgnored) return w.op("Where", [isIgnored, w.scalar(0), own]);
  return weight && own;
}
