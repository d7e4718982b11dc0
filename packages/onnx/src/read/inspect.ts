// What a model is, which of its tensors can serve as spaces, and what of it can be differentiated.

import { type ErrorCode, VielbeinError } from "@vielbein/core";
import type { Runtime } from "@vielbein/core/runtime";
import { requireKind } from "../arguments.ts";
import { differentiability, jvp, type NodeReport } from "../derive/jvp.ts";
import type { PreparedGraph } from "../derive/prepared-graph.ts";
import { operatorName, UnsupportedOperatorError } from "../derive/unsupported.ts";
import { dataTypeName, isReducedFloat } from "../model/element-types.ts";
import { everyName } from "../model/graph.ts";
import { type Dimension, type Model, requiredInputs, standardOpset, type ValueInfo } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { endpoints } from "../prepare/ends.ts";
import type { PrepareOptions } from "../prepare/options.ts";
import { prepare } from "../prepare/prepare.ts";
import { UnfedInputError } from "../prepare/slice.ts";
import { architectureFamily, type FamilyReport } from "./family.ts";
import { layers } from "./layers.ts";
import { mappedCode } from "./mapping-network.ts";
import { type SpaceReport, spaces } from "./spaces.ts";

/** What {@link inspect} finds in a model. */
export interface ModelReport {
  /** Version of the file format. */
  readonly irVersion: number;
  /** Version of the standard operator set. */
  readonly opset: number;
  /** The program that wrote the file, with its version. */
  readonly producer: string;
  /** What has to be fed. */
  readonly inputs: readonly PortReport[];
  /** What is computed. */
  readonly outputs: readonly PortReport[];
  /** Family of generators that the graph from `from` to `to` looks like; absent where nothing is characteristic. */
  readonly family?: FamilyReport | undefined;
  /** Elements of all initialisers. */
  readonly parameters: number;
  /** How often each operator occurs, most frequent first; operators of other domains as `domain::Operator`. */
  readonly operators: Readonly<Record<string, number>>;
  /** Texts that the file states, by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the mapping network ends, as {@link mappedCode} recognises it; absent where there is none. */
  readonly mappedCode?: string | undefined;
  /** Names of the layers from behind `from` to `to`, in graph order. */
  readonly layers: readonly string[];
  /** Tensors on the way from `from` to `to` that can serve as spaces, in graph order. */
  readonly spaces: readonly SpaceReport[];
  /** What can be differentiated of the map. */
  readonly differentiability: DifferentiabilityReport;
}

/** An input or output of a model. */
export interface PortReport {
  /** Name of the tensor. */
  readonly name: string;
  /** Type of its elements. */
  readonly type: string;
  /** Numbers, or the names of symbolic extents; absent when the model does not say. */
  readonly shape?: readonly Dimension[] | undefined;
}

/** Whether the way between two tensors can be differentiated, and by which rules. */
export interface DifferentiabilityReport {
  /** Name of the tensor that the map begins at. */
  readonly from: string;
  /** Name of the tensor that the map ends at. */
  readonly to: string;
  /** Whether the derivative of `to` with respect to `from` can be computed exactly. */
  readonly differentiable: boolean;
  /** Why not, when it cannot. */
  readonly problem?: string | undefined;
  /** For each operator that the derivative passes, the number of nodes by kind of derivative. */
  readonly operators: Readonly<Record<string, Readonly<Record<NodeReport["derivative"], number>>>>;
  /** Every node that the derivative passes, in graph order. */
  readonly nodes: readonly NodeReport[];
}

/** Refusals of a model that is not safe to run. */
const dangers: readonly ErrorCode[] = ["BACKEND_CRASHED", "MEMORY_BUDGET", "TIME_LIMIT"];

/**
 * Inspects a model whose external data is resolved. What goes wrong on the way from `from` to `to` is part
 * of the report, not an error.
 *
 * @throws {VielbeinError} `INVALID_SPACE` when `from` or `to` names no tensor of the model, or they are not connected;
 * `BACKEND_CRASHED`, `MEMORY_BUDGET` or `TIME_LIMIT` when the model is not safe to run.
 *
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, inspect } from "@vielbein/onnx";
 * import { NodeRuntime } from "@vielbein/runtime-node";
 * import { sampleUrl } from "@vielbein/sample";
 *
 * const model = decodeModel(await readFile(sampleUrl), "faces.onnx");
 * const { family, differentiability } = await inspect(model, new NodeRuntime());
 * console.log(family.name, differentiability.differentiable); // → StyleGAN2 true
 * ```
 */
export async function inspect(
  model: Model,
  runtime: Runtime,
  options: PrepareOptions = {},
): Promise<ModelReport> {
  requireKind("inspect: model", "model", model);
  requireKind("inspect: runtime", "runtime", runtime);
  const { from, to } = endpoints(model, options);
  let graph: PreparedGraph | undefined;
  let problem: VielbeinError | undefined;
  try {
    graph = await prepare(model, runtime, { ...options, from, to });
    jvp(graph);
  } catch (error) {
    if (!(error instanceof VielbeinError)) throw error;
    const isNamed = options.from !== undefined || options.to !== undefined;
    if (error.code === "INVALID_SPACE" && isNamed && !(error instanceof UnfedInputError)) throw error;
    if (dangers.includes(error.code)) throw error;
    problem = error;
  }
  const family = graph && architectureFamily(graph);
  // Not those of operators that were written out as simpler ones.
  const named = everyName(model.graph);
  const nodes = graph ? namingRoundings(model, differentiability(graph)) : reportOf(problem);
  return {
    irVersion: model.irVersion,
    opset: standardOpset(model),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    inputs: requiredInputs(model.graph).map(port),
    outputs: model.graph.outputs.map(port),
    family,
    parameters: model.graph.initializers.reduce((sum, tensor) => sum + elementCount(tensor.dims), 0),
    operators: histogram(model),
    metadata: Object.fromEntries(model.metadata),
    mappedCode: graph && mappedCode(graph),
    layers: graph ? layers(graph).flatMap(({ name }) => (named.has(name) ? name : [])) : [],
    spaces: graph ? spaces(graph).filter(({ name }) => named.has(name)) : [],
    differentiability: {
      from,
      to,
      differentiable: !problem,
      problem: problem?.message,
      operators: tally(nodes),
      nodes,
    },
  };
}

/**
 * The reports with conversions to reduced precision called what they are: the graph that is differentiated lacks some.
 */
function namingRoundings({ graph }: Model, nodes: readonly NodeReport[]): readonly NodeReport[] {
  const types = typesOf(graph);
  return nodes.map((report) => {
    const { opType, inputs = [], outputs = [] } = graph.nodes[report.position] ?? {};
    const [from, to] = [inputs[0], outputs[0]].map((name) => types.get(name ?? ""));
    const rounds = (opType === "Cast" || opType === "CastLike") && isReducedFloat(to) && from !== to;
    if (!rounds || report.derivative !== "exact") return report;
    const reason = `rounds to ${dataTypeName(to)}, which the derivative passes as it passes the identity`;
    return { ...report, derivative: "straight", reason };
  });
}

/** The one node that an engine's refusal can be pinned on, if any. */
function reportOf(problem: VielbeinError | undefined): NodeReport[] {
  if (!(problem instanceof UnsupportedOperatorError)) return [];
  const { opType, node, position, reason } = problem;
  return [{ opType, node, position, reason, derivative: "unsupported" }];
}

function port(info: ValueInfo): PortReport {
  return { name: info.name, type: dataTypeName(info.dataType), shape: info.shape };
}

function histogram(model: Model): Record<string, number> {
  const counts = new Map<string, number>();
  for (const node of model.graph.nodes) {
    const name = operatorName(node);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function tally(nodes: readonly NodeReport[]): DifferentiabilityReport["operators"] {
  const counts = new Map<string, Record<NodeReport["derivative"], number>>();
  for (const { opType, derivative } of nodes) {
    const kinds = counts.get(opType) ?? { exact: 0, straight: 0, zero: 0, unsupported: 0 };
    kinds[derivative]++;
    counts.set(opType, kinds);
  }
  return Object.fromEntries(counts);
}
