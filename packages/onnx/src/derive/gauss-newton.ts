// The Gauss–Newton product, forward and then reverse in one graph: ẋ ↦ J(x)ᵀ·D·J(x)·ẋ for k tangents at once, with
// nothing of the size of the output crossing the engine's border. JᵀJ is the metric that the map pulls back.

import { requireKind } from "../arguments.ts";
import { makeNode } from "../model/attributes.ts";
import { tensorNames } from "../model/graph.ts";
import type { Model } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { derivativeModel, valueInfo, zeroEverywhere } from "./derivative-model.ts";
import { type DerivativeOptions, Emitter } from "./emitter.ts";
import { pushForward } from "./jvp.ts";
import type { PreparedGraph } from "./prepared-graph.ts";
import { pullBack } from "./vjp.ts";

/** Whether the product Jᵀ·D·J of {@link gaussNewton} has a diagonal D of its own. */
export interface GaussNewtonOptions extends DerivativeOptions {
  /**
   * Reads D from a further input, which holds its diagonal: a mask, or weights for the output's elements. Default
   * `false`: D is the identity.
   */
  readonly diagonal?: boolean | undefined;
}

/** Names of the tensors of a Gauss–Newton graph. */
export interface GaussNewtonGraph {
  /** The graph as a model. */
  readonly model: Model;
  /** The point, `[1, ...]`. */
  readonly input: string;
  /** The tangents ẋ, `[k, 1, ...]`, k dynamic. */
  readonly inputTangent: string;
  /** The diagonal of D, `[1, ...]` like the output; undefined where D is the identity. */
  readonly diagonal: string | undefined;
  /** The value, `[1, ...]`. */
  readonly output: string;
  /** Jᵀ·D·J·ẋ for every tangent, `[k, 1, ...]`. */
  readonly product: string;
}

/**
 * Differentiates a prepared graph forwards and backwards. In float32 the products of a map whose derivative is below
 * about 1e-19 vanish, since the derivative enters twice; scale the output then.
 *
 * @throws {VielbeinError} what {@link jvp} and {@link vjp} throw.
 */
export function gaussNewton(graph: PreparedGraph, options: GaussNewtonOptions = {}): GaussNewtonGraph {
  requireKind("gaussNewton: graph", "prepared", graph);
  const { input, output } = graph;
  const names = new NameSupply(tensorNames(graph.model.graph));
  const inputTangent = names.claim(`${input}_tangent`);
  const diagonal = options.diagonal ? names.claim(`${output}_diagonal`) : undefined;
  const product = names.claim(`${input}_product`);
  const incoming = { name: inputTangent, like: input };
  const forward = new Emitter(graph, names, incoming, options);
  const { nodes, tangent } = pushForward(graph, forward, inputTangent);
  if (tangent === undefined) throw zeroEverywhere(graph);
  const cotangent = diagonal === undefined ? tangent : names.claim(`${output}_cotangent`);
  if (diagonal !== undefined) nodes.push(makeNode("Mul", [tangent, diagonal], [cotangent]));
  const reverse = new Emitter(graph, names, { name: cotangent, like: output }, options);
  const pulled = pullBack(graph, reverse, cotangent);
  if (pulled === undefined) throw zeroEverywhere(graph);
  nodes.push(...reverse.nodes, makeNode("Identity", [pulled], [product]));
  const initializers = [...forward.initializers, ...reverse.initializers];
  const shapes = new Map([...forward.shapes, ...reverse.shapes]);
  const outgoing = { name: product, like: input };
  const model = derivativeModel(graph, nodes, { names, initializers, shapes }, incoming, outgoing);
  if (diagonal === undefined) return { model, input, inputTangent, diagonal, output, product };
  const inputs = [...model.graph.inputs, { ...valueInfo(graph, output), name: diagonal }];
  const withDiagonal = { ...model, graph: { ...model.graph, inputs } };
  return { model: withDiagonal, input, inputTangent, diagonal, output, product };
}
