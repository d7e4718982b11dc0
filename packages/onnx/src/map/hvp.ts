// Second derivatives by composition: the reverse derivative x ↦ J(x)ᵀ·u is itself an ordinary graph, and its
// forward derivative in x is ẋ ↦ Σᵢ uᵢ ∇²fᵢ(x)·ẋ, the Hessian-vector product of the scalar uᵀf.

import { VielbeinError } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import type { DerivativeOptions } from "../derive/emitter.ts";
import { type JvpGraph, jvp } from "../derive/jvp.ts";
import { infoOf } from "../derive/measured-graph.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { vjp } from "../derive/vjp.ts";
import { makeNode } from "../model/attributes.ts";
import { tensorNames } from "../model/graph.ts";
import type { Model } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { int64Tensor } from "../model/tensor.ts";
import { prepare } from "../prepare/prepare.ts";

/** Names of the tensors of an HVP graph. */
export interface HvpGraph {
  /** The graph as a model. */
  readonly model: Model;
  /** The point x, `[1, ...]`. */
  readonly input: string;
  /** The weights u of the outputs, `[1, ...]` like the output. */
  readonly cotangent: string;
  /** The vectors ẋ, `[k, 1, ...]`, k dynamic. */
  readonly inputTangent: string;
  /** The gradient J(x)ᵀ·u of uᵀf, `[1, ...]`. */
  readonly gradient: string;
  /**
   * Σᵢ uᵢ ∇²fᵢ(x)·ẋ for every vector, `[k, 1, ...]`; not finite where there is no second derivative (docs/kinks.md).
   */
  readonly product: string;
}

/**
 * Hessian-vector products of uᵀf, forward over reverse. For a scalar f, u is 1. For piecewise linear networks the
 * result is zero wherever it exists.
 *
 * @throws {VielbeinError} what {@link vjp} and {@link jvp} throw; `INVALID_SPACE` also when f is affine, so that
 *   the second derivative vanishes.
 */
export async function hvp(
  graph: PreparedGraph,
  runtime: Runtime,
  options: DerivativeOptions = {},
): Promise<HvpGraph> {
  requireKind("hvp: graph", "prepared", graph);
  requireKind("hvp: runtime", "runtime", runtime);
  const reverse = vjp(graph, options);
  const single = singleCotangent(reverse.model, reverse.outputCotangent, reverse.inputCotangent, graph);
  const gradient = await prepare(single.model, runtime, {
    from: graph.input,
    to: single.gradient,
    parameters: [...graph.parameters, single.cotangent],
    rules: graph.rules,
  });
  const { model, input, inputTangent, output, outputTangent } = derivativeOfGradient(
    gradient,
    graph,
    options,
  );
  return {
    model,
    input,
    cotangent: single.cotangent,
    inputTangent,
    gradient: output,
    product: outputTangent,
  };
}

/**
 * @throws {VielbeinError} `INVALID_SPACE` where no second derivative is left, which says so of the map, not of its
 * gradient.
 */
function derivativeOfGradient(
  gradient: PreparedGraph,
  { input, output }: PreparedGraph,
  options: DerivativeOptions,
): JvpGraph {
  try {
    return jvp(gradient, options);
  } catch (error) {
    if (!(error instanceof VielbeinError) || error.code !== "INVALID_SPACE") throw error;
    throw new VielbeinError(
      "INVALID_SPACE",
      `The second derivative of "${output}" with respect to "${input}" is zero everywhere: the map is affine between the kinks of ReLUs and their like. Take the first derivative (jvp, vjp), or that of a squared distance (gauss-newton).`,
      { cause: error },
    );
  }
}

/** A VJP graph for one cotangent `[1, ...]` instead of k of them. */
function singleCotangent(
  model: Model,
  cotangents: string,
  gradients: string,
  { input, output, info }: PreparedGraph,
): { model: Model; cotangent: string; gradient: string } {
  const names = new NameSupply(tensorNames(model.graph));
  const [cotangent, gradient, axis] = [`${output}_weights`, `${input}_gradient`, "axis"].map((wish) =>
    names.claim(wish),
  ) as [string, string, string];
  return {
    cotangent,
    gradient,
    model: {
      ...model,
      graph: {
        ...model.graph,
        nodes: [
          makeNode("Unsqueeze", [cotangent, axis], [cotangents]),
          ...model.graph.nodes,
          makeNode("Squeeze", [gradients, axis], [gradient]),
        ],
        initializers: [...model.graph.initializers, int64Tensor(axis, [0])],
        inputs: [
          ...model.graph.inputs.filter(({ name }) => name !== cotangents),
          { name: cotangent, ...infoOf({ info }, output) },
        ],
        outputs: [{ name: gradient, ...infoOf({ info }, input) }],
      },
    },
  };
}
