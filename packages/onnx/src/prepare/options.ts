// What is chosen when a model is prepared: where the map starts and ends, and what the other inputs hold.

import type { RuntimeTensor } from "@vielbein/core/runtime";
import type { DerivativeRule } from "../derive/rule.ts";
import { type Precision, widenInputs } from "./widen.ts";

/** The ends of a map and the values of the inputs beside the code. */
export interface PrepareOptions {
  /** Tensor to start from. Default: the first floating-point input, see {@link endpoints}. */
  readonly from?: string | undefined;
  /** Tensor to end at. Default: the first output shaped like an image, else the first floating-point one. */
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
   * Bytes that the model may take, apart from its weights, when the engine runs it for the first time; for `OnnxMap`
   * also those that any single run should keep to. Default 2 GiB; less than 256 MiB counts as 256 MiB in the first run.
   */
  readonly memoryBudget?: number | undefined;
  /**
   * Whether the derivative of rounding to quantised levels is replaced by the straight-through estimator: that of the
   * identity between the smallest and the largest level, and 0 beyond. Where networks wrote the estimator themselves, as
   * x + (q − x) with q piecewise constant, it is that of x. This is an assumption, not a derivative. Default `false`:
   * models that round to levels are refused, and the derivative of x + (q − x) is 0, as it is.
   */
  readonly straightThrough?: boolean | undefined;
  /** Rules for your own operators, by operator name, `com.example::Operator` outside the standard domain. */
  readonly rules?: ReadonlyMap<string, DerivativeRule> | undefined;
}

/** The values of the other inputs, in the graph's precision. */
export function fixedInputs({
  inputs = {},
  precision = "float32",
}: Pick<PrepareOptions, "inputs" | "precision">): ReadonlyMap<string, RuntimeTensor> {
  return widenInputs(inputs, precision);
}
