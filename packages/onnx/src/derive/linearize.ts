// Linearisation at a point: the primal graph, which also yields what the derivatives need of it, and the two
// linear maps that it determines, ẋ ↦ J·ẋ and ȳ ↦ Jᵀ·ȳ, as graphs of their own. For many products at one
// point (Lanczos, power iteration, conjugate gradients) the primal then runs once.

import type { Runtime } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import { probe } from "../file/probe.ts";
import { makeNode } from "../model/attributes.ts";
import { FollowingShapes } from "../model/following-shapes.ts";
import { nodeReads, nodesFor, tensorNames } from "../model/graph.ts";
import type { Model, Node, Tensor, ValueInfo } from "../model/model.ts";
import { NameSupply } from "../model/names.ts";
import { typesOf } from "../model/types.ts";
import { shareCommonSubexpressions } from "./common-subexpressions.ts";
import { type Direction, stackedInfo, valueInfo, withShapesOf, zeroEverywhere } from "./derivative-model.ts";
import { placeFactorsEarly } from "./early-factors.ts";
import { type DerivativeOptions, Emitter } from "./emitter.ts";
import { pushForward } from "./jvp.ts";
import { mergeFactors } from "./merge-factors.ts";
import type { PreparedGraph } from "./prepared-graph.ts";
import { pullBack } from "./vjp.ts";

/** One of the two linear maps: reads the residuals it names and k vectors, yields k vectors. */
export interface LinearGraph {
  /** The graph as a model. */
  readonly model: Model;
  /** Names of the tensors to feed beside `input`: residuals, and perhaps the point. */
  readonly residuals: readonly string[];
  /** `[k, 1, ...]`, k dynamic. */
  readonly input: string;
  /** `[k, 1, ...]`. */
  readonly output: string;
}

/**
 * A model taken apart at a point: one graph computes the value and what the derivative needs, two others are
 * linear in the tangents and cotangents.
 */
export interface Linearization {
  /** x ↦ f(x) and the residuals. */
  readonly primal: Model;
  /** The point, `[1, ...]`. */
  readonly input: string;
  /** The value, `[1, ...]`. */
  readonly output: string;
  /** ẋ ↦ J·ẋ. */
  readonly jvp: LinearGraph;
  /** ȳ ↦ Jᵀ·ȳ. */
  readonly vjp: LinearGraph;
}

/**
 * Linearises a prepared graph. The engine is asked once for the shapes of the residuals.
 *
 * @throws {VielbeinError} what {@link jvp} and {@link vjp} throw.
 */
export async function linearize(
  graph: PreparedGraph,
  runtime: Runtime,
  options: DerivativeOptions = {},
): Promise<Linearization> {
  requireKind("linearize: graph", "prepared", graph);
  requireKind("linearize: runtime", "runtime", runtime);
  return (await linearizeWithin(graph, runtime, Number.POSITIVE_INFINITY, options))!;
}

/** The same, or undefined where there are more residuals than `most`. */
export async function linearizeWithin(
  graph: PreparedGraph,
  runtime: Runtime,
  most: number,
  options: DerivativeOptions,
): Promise<Linearization | undefined> {
  const derived = differentiate(graph, options);
  const primal = primalPart(graph, derived);
  if (primal.residuals.length > most) return undefined;
  const describe = await measure(graph, derived, primal, runtime);
  return {
    primal: primalModel(graph, derived, primal, primal.outputs.map(describe)),
    input: graph.input,
    output: graph.output,
    jvp: linearGraph(graph, derived, derived.jvp, describe),
    vjp: linearGraph(graph, derived, derived.vjp, describe),
  };
}

/** The primal graph and both derivatives, in one. */
interface Derived {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
  readonly shapes: Emitter["shapes"];
  readonly jvp: LinearPart;
  readonly vjp: LinearPart;
}

/** What one of the linear maps is made of. */
interface LinearPart {
  readonly from: Direction;
  readonly to: Direction;
  readonly nodes: readonly Node[];
  /** What the nodes read of the primal graph. */
  readonly residuals: readonly string[];
}

function differentiate(graph: PreparedGraph, options: DerivativeOptions): Derived {
  const primal = graph.model.graph;
  const names = new NameSupply(tensorNames(primal));
  const direction = (like: string, kind: string): Direction => ({
    name: names.claim(`${like}_${kind}`),
    like,
  });
  const [tangent, pushed] = [direction(graph.input, "tangent"), direction(graph.output, "tangent")];
  const [cotangent, pulled] = [direction(graph.output, "cotangent"), direction(graph.input, "cotangent")];

  const forward = new Emitter(graph, names, tangent, options);
  const outgoing = pushForward(graph, forward, tangent.name).tangent;
  const reverse = new Emitter(graph, names, cotangent, options);
  const incoming = pullBack(graph, reverse, cotangent.name);
  if (outgoing === undefined || incoming === undefined) throw zeroEverywhere(graph);

  const written = [
    ...primal.nodes,
    ...forward.nodes,
    makeNode("Identity", [outgoing], [pushed.name]),
    ...reverse.nodes,
    makeNode("Identity", [incoming], [pulled.name]),
  ];
  const initializers = [...primal.initializers, ...forward.initializers, ...reverse.initializers];
  const nodes = [tangent, cotangent].reduce<readonly Node[]>(
    (merged, { name }) => mergeFactors(merged, name, initializers, names),
    shareCommonSubexpressions(written, [graph.output, pushed.name, pulled.name]),
  );
  return {
    nodes,
    initializers,
    shapes: new Map([...forward.shapes, ...reverse.shapes]),
    jvp: linearPart(nodes, initializers, tangent, pushed),
    vjp: linearPart(nodes, initializers, cotangent, pulled),
  };
}

function linearPart(
  all: readonly Node[],
  initializers: readonly Tensor[],
  from: Direction,
  to: Direction,
): LinearPart {
  const nodes = downstream(all, from.name, to.name);
  const constants = new Set(initializers.map(({ name }) => name));
  return { from, to, nodes, residuals: externalReads(nodes, from.name, constants) };
}

/** What runs once a point. */
interface PrimalPart {
  readonly nodes: readonly Node[];
  readonly given: readonly string[];
  /** What both linear maps read of it, the given tensors aside. */
  readonly residuals: readonly string[];
  readonly outputs: readonly string[];
}

function primalPart(graph: PreparedGraph, { nodes, jvp, vjp }: Derived): PrimalPart {
  const given = [graph.input, ...graph.parameters];
  const read = new Set([...jvp.residuals, ...vjp.residuals]);
  const residuals = [...read].filter((name) => !given.includes(name));
  const outputs = [...new Set([graph.output, ...residuals])];
  const isPrimal = (name: string): boolean => graph.info.has(name);
  const ordered = placeFactorsEarly(nodesFor({ ...graph.model.graph, nodes }, outputs), [], isPrimal);
  return { nodes: ordered, given, residuals, outputs };
}

/** Types and shapes of tensors, of the residuals too: what the engine says of these. */
async function measure(
  graph: PreparedGraph,
  derived: Derived,
  primal: PrimalPart,
  runtime: Runtime,
): Promise<(name: string) => ValueInfo> {
  const names = primal.outputs.map((name) => ({ name }));
  const unmeasured = primalModel(graph, derived, primal, names);
  const known = new Map([...graph.info].map(([name, { shape }]) => [name, shape] as const));
  const every = primal.nodes.flatMap(({ outputs }) => outputs.filter(Boolean));
  // Most residuals are made of what the primal graph computes, and their shapes follow from its own.
  const following = new FollowingShapes(unmeasured.graph, known, every, []).of(new Map());
  const { shapes } = await probe(unmeasured, runtime, { measured: primal.residuals, known: following });
  const types = typesOf({ ...unmeasured.graph, outputs: [] });
  return (name) =>
    graph.info.has(name)
      ? valueInfo(graph, name)
      : { name, dataType: types.get(name), shape: shapes.get(name) };
}

function primalModel(
  graph: PreparedGraph,
  { initializers }: Derived,
  { nodes, given }: PrimalPart,
  outputs: readonly ValueInfo[],
): Model {
  return partOf(
    graph,
    "primal",
    nodes,
    initializers,
    given.map((name) => valueInfo(graph, name)),
    outputs,
  );
}

function linearGraph(
  graph: PreparedGraph,
  { initializers, shapes }: Derived,
  { from, to, nodes, residuals }: LinearPart,
  describe: (name: string) => ValueInfo,
): LinearGraph {
  const inputs = [...residuals.map(describe), stackedInfo(graph, from)];
  const model = partOf(graph, to.name, nodes, initializers, inputs, [stackedInfo(graph, to)]);
  return {
    residuals,
    input: from.name,
    output: to.name,
    model: { ...model, graph: withShapesOf(model.graph, shapes) },
  };
}

/** Some of the nodes as a model of their own. */
function partOf(
  { model }: PreparedGraph,
  purpose: string,
  nodes: readonly Node[],
  initializers: readonly Tensor[],
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
): Model {
  return {
    ...model,
    producerName: "vielbein",
    producerVersion: "",
    graph: {
      ...model.graph,
      name: `${model.graph.name}_${purpose}`,
      nodes,
      initializers: readBy(nodes, initializers),
      inputs,
      outputs,
    },
  };
}

/** The nodes on the way from `source` to `target`: shapes of the source count, since k is one of its extents. */
function downstream(nodes: readonly Node[], source: string, target: string): Node[] {
  const reached = new Set([source]);
  const linear = nodes.filter((node) => {
    const isReached = nodeReads(node).some((name) => reached.has(name));
    if (isReached) for (const output of node.outputs) reached.add(output);
    return isReached;
  });
  const needed = new Set([target]);
  return linear
    .toReversed()
    .filter((node) => {
      const isNeeded = node.outputs.some((output) => needed.has(output));
      if (isNeeded) for (const name of nodeReads(node)) needed.add(name);
      return isNeeded;
    })
    .toReversed();
}

/** What the nodes read but neither define nor find among the constants, beside `source`. */
function externalReads(nodes: readonly Node[], source: string, constants: ReadonlySet<string>): string[] {
  const defined = new Set([source, ...nodes.flatMap((node) => node.outputs)]);
  const reads = new Set(nodes.flatMap(nodeReads));
  return [...reads].filter((name) => !defined.has(name) && !constants.has(name));
}

function readBy(nodes: readonly Node[], tensors: readonly Tensor[]): Tensor[] {
  const read = new Set(nodes.flatMap(nodeReads));
  return tensors.filter(({ name }) => read.has(name));
}
