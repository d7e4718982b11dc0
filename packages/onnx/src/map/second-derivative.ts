// D²f(x)(u, ẋ) of an ONNX map, forward over forward: the first derivative x ↦ J(x)·u along one direction is itself an
// ordinary graph, and this is its derivative in x. Nothing of the size of a Jacobian or of a Hessian is formed.

import { VielbeinError } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { type JvpGraph, jvp } from "../derive/jvp.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { dependents } from "../model/graph.ts";
import type { Model } from "../model/model.ts";
import type { PrepareOptions } from "../prepare/options.ts";
import { prepare } from "../prepare/prepare.ts";
import { bytesPerSecond } from "./engine-memory.ts";

export type SecondOptions = DerivativeOptions & Pick<PrepareOptions, "memoryBudget">;

/** Names of the tensors of the graph of second derivatives. */
export interface SecondGraph {
  readonly model: Model;
  /** The point x, `[1, ...]`. */
  readonly input: string;
  /** The direction u, `[1, 1, ...]`. */
  readonly direction: string;
  /** The vectors ẋ, `[k, 1, ...]`, k dynamic. */
  readonly inputTangent: string;
  /** D²f(x)(u, ẋ) for every vector, `[k, 1, 1, ...]`. */
  readonly product: string;
  /** The node of the first derivative that each tensor added belongs to. */
  readonly origins: JvpGraph["origins"];
  /** Bytes that one vector takes in the engine. */
  readonly bytesPerTangent: number;
  /** The graph of first derivatives, which this one was derived from. */
  readonly first: PreparedGraph;
}

/**
 * The graph of second derivatives along pairs of directions; undefined where they vanish wherever they exist, as those
 * of a linear map and of a piecewise linear network do.
 *
 * @param forward the first derivative of `graph`.
 * @throws {VielbeinError} what {@link prepare} and {@link jvp} throw.
 */
export async function secondDerivative(
  graph: PreparedGraph,
  forward: JvpGraph,
  runtime: Runtime,
  options: SecondOptions,
): Promise<SecondGraph | undefined> {
  const { input, inputTangent: direction, outputTangent: pushed, model } = forward;
  if (!dependents(model.graph.nodes, [input]).has(pushed)) return undefined;
  const first = await prepare(model, runtime, {
    from: input,
    to: pushed,
    parameters: [...graph.parameters, direction],
    rules: graph.rules,
    memoryBudget: options.memoryBudget,
  });
  const second = derivativeOf(first, options);
  return (
    second && {
      model: second.model,
      input,
      direction,
      inputTangent: second.inputTangent,
      product: second.outputTangent,
      origins: second.origins,
      bytesPerTangent: bytesPerSecond(first),
      first,
    }
  );
}

/** Undefined where every way passes an operator that compares, as the slope of a ReLU does: see docs/kinks.md. */
function derivativeOf(graph: PreparedGraph, options: DerivativeOptions): JvpGraph | undefined {
  try {
    return jvp(graph, options);
  } catch (error) {
    if (error instanceof VielbeinError && error.code === "INVALID_SPACE") return undefined;
    throw error;
  }
}
