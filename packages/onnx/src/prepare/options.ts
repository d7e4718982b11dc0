// What is chosen when a model is prepared: where the map starts and ends, and what the other inputs hold.

import { VielbeinError } from "@vielbein/core";
import type { RuntimeTensor } from "@vielbein/core/runtime";
import type { DerivativeRule } from "../derive/rule.ts";
import { type Model, requiredInputs } from "../model/model.ts";
import { type Precision, widenInputs } from "./widen.ts";

export interface PrepareOptions {
  /** Tensor to start from. Default: the graph's first input. */
  readonly from?: string | undefined;
  /** Tensor to end at. Default: the graph's first output. */
  readonly to?: string | undefined;
  /** Values of the other graph inputs (labels, truncation …), by name. */
  readonly inputs?: Readonly<Record<string, RuntimeTensor>> | undefined;
  /**
   * Graph inputs that stay inputs of the derivatives, which are not taken with respect to them: the
   * cotangent of a graph that is differentiated once more, or a label that changes often.
   */
  readonly parameters?: readonly string[] | undefined;
  /**
   * `float64` widens the graph, for reference runs: derivatives then have sixteen digits instead of seven. Engines
   * have float64 kernels for the operators of mapping networks on the CPU, and hardly any for convolutions.
   * Default `float32`, the precision that weights are in.
   */
  readonly precision?: Precision | undefined;
  /**
   * Bytes that the model may take when the engine runs it for the first time, its weights aside; for `OnnxMap` those,
   * too, that any one run should keep to. Default 2 GiB; less than 256 MiB counts as 256 MiB in the first run.
   */
  readonly memoryBudget?: number | undefined;
  /**
   * Whether rounding to quantised levels has the straight-through estimator for a derivative: that of the identity
   * between the smallest and the largest level, 0 beyond. That is no derivative but an assumption. Default `false`:
   * models that round so are refused.
   */
  readonly straightThrough?: boolean | undefined;
  /** Rules for operators of one's own, by operator name, `com.example::Operator` outside the standard domain. */
  readonly rules?: ReadonlyMap<string, DerivativeRule> | undefined;
}

/** The values of the other inputs, in the precision of the graph. */
export function fixedInputs({
  inputs = {},
  precision = "float32",
}: Pick<PrepareOptions, "inputs" | "precision">): ReadonlyMap<string, RuntimeTensor> {
  return widenInputs(inputs, precision);
}

/** The names that `from` and `to` stand for when left out: the first input that wants a value, the first output. */
export function endpoints(
  model: Model,
  options: Pick<PrepareOptions, "from" | "to" | "inputs">,
): { from: string; to: string } {
  const from =
    options.from ??
    requiredInputs(model.graph).find(({ name }) => !Object.hasOwn(options.inputs ?? {}, name))?.name;
  const to = options.to ?? model.graph.outputs[0]?.name;
  if (from !== undefined && Object.hasOwn(options.inputs ?? {}, from)) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `"${from}" is where the map starts, and is given a fixed value as well. Leave out one of the two.`,
    );
  }
  const set = requiredInputs(model.graph).map(({ name }) => name);
  if (from === undefined && set.length > 0) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `Every input of the model is set (${set.join(", ")}), so that none is left as the code. Leave out the value of the one to start from, or name a tensor further in with \`from\` (--from on the command line).`,
    );
  }
  if (from === undefined || to === undefined) {
    throw new VielbeinError(
      "INVALID_MODEL",
      `The model has ${from === undefined ? "no input to start from" : "no output"}. Name tensors with \`from\` and \`to\`.`,
    );
  }
  return { from, to };
}
