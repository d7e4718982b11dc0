// Operators that cannot be differentiated, reported so that their user can find and replace them.

import { VielbeinError } from "@vielbein/core";
import type { Node } from "../model/model.ts";

/** The largest number of steps for which a recurrent node is written out. */
export const MOST_STEPS = 1000;

/** The largest number of nodes for which the rounds of a loop are written out. */
export const MOST_NODES = 20_000;

/** Why one node cannot be differentiated; becomes an {@link UnsupportedOperatorError} that names the node. */
export class Unsupported extends Error {}

const noRule =
  "it has no derivative rule; replace it by supported operators when exporting, or end the map before it";

const recurrent = `recurrent operators are written out for up to ${MOST_STEPS} steps and for the standard's activations, Affine, ScaledTanh and ThresholdedRelu with their parameters stated; shorten the sequence or state \`activation_alpha\` and \`activation_beta\` when exporting, or end the map before it`;
const loop = `loops are written out where the number of rounds does not depend on the point and all rounds together have at most ${MOST_NODES} nodes; trace the model with fixed control flow when exporting, or end the map before it`;
const control =
  "its subgraphs read tensors that depend on the point; trace the model with fixed control flow when exporting, or end the map before it";
const sequence =
  "sequences are written out where their lengths and positions are stated; collect tensors with cat or stack when exporting, or end the map before it";
const regions =
  "it is written out where the node states `sampling_ratio`, or the file regions of equal size; state `sampling_ratio` when exporting, or end the map before it";
const optional =
  "optional values are written out where the graph says what they hold; export the model for the inputs that are given, or end the map before it";
const random =
  "it draws at random from a distribution that depends on the point, so it has no derivative; make the draw an input of the model";
const quantised =
  "it rounds to a coarse grid, so its derivative is zero or infinite; use the model before quantisation, or the straight-through estimator (`straightThrough`, --straight-through on the command line)";

const training = "it is a step of training; export the trained network without its optimiser";
const steps =
  "it is a step function, so that its derivative is zero wherever it exists; end the map before it";
const asFunction =
  "it has no derivative rule, but the standard defines it by simpler operators; write these in its place (`onnx.inliner.inline_selected_functions` with `inline_schema_functions`), or end the map before it";
const range =
  "its start, end or step depends on the point, which decides on the shape of what follows; give it constants when exporting, or end the map before it";

const extent =
  "the extent of its result depends on the values that it is given, which a map must not change; give it constants when exporting, or end the map before it";
const table =
  "it makes a table from numbers that describe it, by steps of whole bins; give it constants when exporting (a file that states them needs no derivative here)";

const scores =
  "it yields its scores behind the mask or the bound, whose order versions of the standard have differently; export the model without that output (`qk_matmul_output_mode` 0 or 3), or end the map before it";

const fused =
  "it names an activation that needs numbers (`activation_params`) and states none; use the model before optimisation";
const grouped =
  "it is written out without a window, a sink or a cache with room for later positions, where `seqlens_k` and `total_sequence_length` are constants by which every row fills the whole length (`seqlens_k` = length − 1); fix them in the file, or use the model before optimisation";

/**
 * Operators that have no rule for a reason that is worth stating, with their domain where that is not the standard one.
 */
const reasons: ReadonlyMap<string, string> = new Map([
  ...["GRU", "LSTM", "RNN"].map((op) => [op, recurrent] as const),
  ...["Loop", "Scan"].map((op) => [op, loop] as const),
  ["com.microsoft::GroupQueryAttention", grouped],
  ...["com.microsoft::FusedConv", "com.microsoft.nchwc::Conv"].map((op) => [op, fused] as const),
  ["If", control],
  ...["ConcatFromSequence", "SequenceAt", "SequenceConstruct"].map((op) => [op, sequence] as const),
  ...["SequenceErase", "SequenceInsert", "SequenceMap", "SplitToSequence"].map(
    (op) => [op, sequence] as const,
  ),
  ...["Optional", "OptionalGetElement", "OptionalHasElement"].map((op) => [op, optional] as const),
  ...["Adam", "Adagrad", "Momentum"].map((op) => [`ai.onnx.preview.training::${op}`, training] as const),
  ...["Binarizer", "TreeEnsemble"].map((op) => [`ai.onnx.ml::${op}`, steps] as const),
  ...["LinearAttention", "CausalConvWithState"].map((op) => [op, asFunction] as const),
  ["ai.onnx.preview::FlexAttention", asFunction],
  ["Range", range],
  ...["OneHot", "Unique"].map((op) => [op, extent] as const),
  ["MelWeightMatrix", table],
  ["Attention", scores],
  ["RoiAlign", regions],
  ...["Bernoulli", "Multinomial"].map((op) => [op, random] as const),
  ...["QuantizeLinear", "DynamicQuantizeLinear", "DequantizeLinear"].map((op) => [op, quantised] as const),
  ...["MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv"].map((op) => [op, quantised] as const),
]);

const optimised =
  "this file was saved by an optimiser, which wrote this operator in place of standard ones; use the original";
const blocked =
  "this file was saved by an optimiser, which laid its weights out for one processor; use the original, or save it with the optimisation level extended";

/** Domains of operators that no exporter writes, and why they are refused. */
const foreign: ReadonlyMap<string, string> = new Map([
  ["com.microsoft", optimised],
  ["com.microsoft.nchwc", blocked],
]);

/** Operators of ONNX Runtime on quantised numbers. */
const isOnLevels = /^com\.microsoft::(QLinear|QGemm|.*Quantize|MatMulInteger)/;

/** Why an operator without a rule has none. */
export function reasonAgainst(node: Node): string {
  if (isOnLevels.test(operatorName(node))) return quantised;
  return reasons.get(operatorName(node)) ?? foreign.get(node.domain) ?? noRule;
}

/** Why a node is refused whose inputs are laid out otherwise than the operators take that it is written out as. */
export function otherForm({ message }: Error): string {
  return `it is written out as simpler operators, which do not take its inputs as they are laid out here (${message.replace(/\.$/, "")}); export the model with standard operators, use the one before optimisation, or end the map before it`;
}

/**
 * An operator on the way of a derivative that has no rule, or not for its attributes. Names the node and the
 * reason.
 */
export class UnsupportedOperatorError extends VielbeinError {
  /** `UnsupportedOperatorError`. */
  override readonly name: string = "UnsupportedOperatorError";
  /** Operator, with its domain where that is not the standard one. */
  readonly opType: string;
  /** Name of the node, or of its first output when it has none. */
  readonly node: string;
  /** Position among the nodes of the model file, from 0. */
  readonly position: number;
  /** Why there is no derivative, in words. */
  readonly reason: string;

  constructor(node: Node, position: number, opset: number, reason: string) {
    const opType = operatorName(node);
    super(
      "UNSUPPORTED_OPERATOR",
      `Cannot differentiate operator ${opType} (opset ${opset}), node "${nodeLabel(node)}" at position ${position}: ${reason}.`,
    );
    this.opType = opType;
    this.node = nodeLabel(node);
    this.position = position;
    this.reason = reason;
  }
}

/** `Conv`, or `com.example::Operator` outside the standard domain. */
export function operatorName(node: Node): string {
  return node.domain ? `${node.domain}::${node.opType}` : node.opType;
}

/** What to call a node, since exporters do not always name them. */
export function nodeLabel(node: Node): string {
  return node.name || node.outputs.find(Boolean) || node.opType;
}
