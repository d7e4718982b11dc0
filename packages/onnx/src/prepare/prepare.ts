// From a model as exported to a graph that can be differentiated: cut between two tensors, every shape
// fixed, everything that does not depend on the input folded into constants. One probe run through the
// engine yields both the shapes and the folded values, so that no shape inference is needed and the
// plumbing that exporters leave (Shape, Gather, Slice, Concat, Unsqueeze …) disappears.

import { type Runtime, type RuntimeTensor, VielbeinError } from "@vielbein/core";
import { type PreparedGraph, positionOf, type TensorInfo } from "../derive/prepared-graph.ts";
import type { DerivativeRule } from "../derive/rule.ts";
import { ruleFor } from "../derive/rules.ts";
import { reasonAgainst, UnsupportedOperatorError } from "../derive/unsupported.ts";
import { probe } from "../file/probe.ts";
import { trialLimits } from "../file/trial.ts";
import { dataTypeName, isSingleOrDouble } from "../model/element-types.ts";
import { dependents, determining, nodeReads, nodesFor } from "../model/graph.ts";
import {
  DataType,
  type Model,
  type Node,
  requiredInputs,
  standardOpset,
  type Tensor,
  type ValueInfo,
} from "../model/model.ts";
import { entry } from "../model/scope.ts";
import { fromRuntime } from "../model/tensor.ts";
import { typesOf } from "../model/types.ts";
import { decideBranches } from "./branches.ts";
import { noMapBetween, requireTensor } from "./cut.ts";
import { inlineFunctions } from "./functions.ts";
import { dropGuards } from "./guards.ts";
import { scaleActivations } from "./modulation.ts";
import { normalize } from "./normalize.ts";
import { multiplyRoots } from "./roots.ts";
import { shieldDiscarded } from "./shield.ts";
import { type Precision, widenInputs, withoutDoubleKernel } from "./widen.ts";

export interface PrepareOptions {
  /** Tensor to start from. Default: the graph's first input. */
  readonly from?: string;
  /** Tensor to end at. Default: the graph's first output. */
  readonly to?: string;
  /** Values of the other graph inputs (labels, truncation …), by name. */
  readonly inputs?: Readonly<Record<string, RuntimeTensor>>;
  /**
   * Graph inputs that stay inputs of the derivatives, which are not taken with respect to them: the
   * cotangent of a graph that is differentiated once more, or a label that changes often.
   */
  readonly parameters?: readonly string[];
  /**
   * `float64` widens the graph, for reference runs: derivatives then have sixteen digits instead of seven. Engines
   * have float64 kernels for the operators of mapping networks on the CPU, and hardly any for convolutions.
   * Default `float32`, the precision that weights are in.
   */
  readonly precision?: Precision;
  /**
   * Bytes that the model may take when the engine runs it for the first time, its weights aside; for `OnnxMap` those,
   * too, that any one run should keep to. Default 2 GiB; less than 256 MiB counts as 256 MiB in the first run.
   */
  readonly memoryBudget?: number | undefined;
  /** Rules for operators of one's own, by operator name, `com.example::Operator` outside the standard domain. */
  readonly rules?: ReadonlyMap<string, DerivativeRule>;
}

/**
 * Prepares the map `from` → `to` of a model whose external data is resolved.
 *
 * @throws {VielbeinError} `INVALID_SPACE` for names that are unknown, not connected or not floating point,
 *   or when `to` also depends on an input that has no value; `BACKEND_FAILED` when the engine cannot run
 *   the graph, `BACKEND_CRASHED` when that brings it down, `MEMORY_BUDGET` or `TIME_LIMIT` when it wants too much;
 *   `INVALID_MODEL` when the graph is unsound.
 */
export async function prepare(
  original: Model,
  runtime: Runtime,
  options: PrepareOptions = {},
): Promise<PreparedGraph> {
  const { precision = "float32" } = options;
  const { from, to } = endpoints(original, options);
  const { rules = new Map<string, DerivativeRule>(), parameters = [] } = options;
  const { inputs = {} } = options;
  const trial = trialLimits(options.memoryBudget);
  const inlined = inlineFunctions(original);
  const decided = await decideBranches(inlined.model, runtime, [from, ...parameters], inputs, trial);
  const model = normalize(decided.model, precision);
  const { graph } = model;
  requireTensor(graph, from, "from");
  requireTensor(graph, to, "to");

  const types = typesOf(graph);
  requireFloat(types.get(from), from);
  requireFloat(types.get(to), to);

  const path = nodesFor(graph, [to], new Set([from]));
  if (!dependents(path, [from]).has(to) || from === to) throw noMapBetween(from, to);
  const isInput = new Set(requiredInputs(graph).map((input) => input.name));
  const stranger = parameters.find((name) => !isInput.has(name) || name === from);
  if (stranger !== undefined) {
    throw new VielbeinError(
      "INVALID_SPACE",
      `\`parameters\`: "${stranger}" is not a graph input beside "${from}". The inputs are ${[...isInput].join(", ")}.`,
    );
  }
  const variable = dependents(path, [from, ...parameters]);
  const nodes = path.filter(
    (node) => node.outputs.some((output) => variable.has(output)) && !node.outputs.includes(from),
  );
  requireFedInputs(model, nodes, variable, from, to, options);
  const produced = new Set([from, ...parameters, ...nodes.flatMap((node) => node.outputs)]);
  const frontier = new Set(nodes.flatMap(nodeReads).filter((name) => !variable.has(name)));
  const originals = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));

  const opset = standardOpset(original);
  const places = original.graph.nodes.map((node, index) => ({ node, index }));
  const positions = new Map([
    ...places.map(({ node, index }) => [node.name, index] as const),
    ...places.flatMap(({ node, index }) => node.outputs.map((output) => [output, index] as const)),
  ]);
  for (const [output, origin] of [...inlined.origins, ...decided.origins]) {
    const position = positions.get(origin);
    if (position !== undefined) positions.set(output, position);
  }
  const { shapes, values } = await probe(model, runtime, {
    measured: [...variable].filter((name) => produced.has(name)),
    folded: [...frontier].filter((name) => !originals.has(name)),
    inputs: fixedInputs(options),
    trial,
  }).catch((error: unknown) => {
    // An engine may refuse a graph for an operator that could not be differentiated anyway: say that.
    const isRefusal = error instanceof VielbeinError && error.code === "BACKEND_FAILED";
    const unknown = isRefusal ? nodes.find((node) => !ruleFor(node, rules)) : undefined;
    if (!unknown) throw precision === "float64" ? withoutDoubleKernel(error, runtime) : error;
    throw new UnsupportedOperatorError(
      unknown,
      positionOf({ positions }, unknown),
      opset,
      reasonAgainst(unknown),
    );
  });
  const info = new Map<string, TensorInfo>();
  const constants = new Map<string, Tensor>();
  for (const name of frontier) {
    const tensor = originals.get(name) ?? fromRuntime(name, values.get(name)!);
    constants.set(name, tensor);
    info.set(name, { shape: tensor.dims, dataType: tensor.dataType });
  }
  for (const [name, shape] of shapes) info.set(name, { shape, dataType: types.get(name) ?? DataType.FLOAT });
  const boundary = (name: string): ValueInfo => ({ name, ...info.get(name)! });
  const prepared: PreparedGraph = {
    input: from,
    output: to,
    parameters,
    info,
    constants,
    rules,
    opset,
    positions,
    model: {
      ...model,
      unknown: [],
      graph: {
        name: graph.name,
        nodes,
        initializers: [...constants.values()],
        inputs: [from, ...parameters].map(boundary),
        outputs: [boundary(to)],
        valueInfo: [],
        unknown: [],
      },
    },
  };
  return shieldDiscarded(multiplyRoots(dropGuards(scaleActivations(prepared))));
}

/** The values of the other inputs, in the precision of the graph. */
export function fixedInputs({
  inputs = {},
  precision = "float32",
}: Pick<PrepareOptions, "inputs" | "precision">): Readonly<Record<string, RuntimeTensor>> {
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

function requireFloat(dataType: number | undefined, name: string): void {
  if (dataType === undefined || isSingleOrDouble(dataType)) return;
  throw new VielbeinError(
    "INVALID_SPACE",
    `Tensor "${name}" holds ${dataTypeName(dataType)} values; a space must hold floating-point numbers of at least 16 bits. Choose the tensor before its conversion (\`vielbein inspect\` lists them).`,
  );
}

/** Refuses a map whose value also depends, beside `from`, on graph inputs that nobody gave a value. */
function requireFedInputs(
  model: Model,
  nodes: readonly Node[],
  variable: ReadonlySet<string>,
  from: string,
  to: string,
  options: PrepareOptions,
): void {
  const side = nodes.flatMap(nodeReads).filter((name) => !variable.has(name));
  const needed = determining(model.graph, side);
  for (const input of requiredInputs(model.graph)) {
    if (variable.has(input.name) || !needed.has(input.name) || entry(options.inputs, input.name)) continue;
    throw new VielbeinError(
      "INVALID_SPACE",
      `"${to}" depends on input "${input.name}" (${dataTypeName(input.dataType)} [${input.shape ?? "?"}]) beside "${from}". Give it a fixed value (\`inputs\`, or --set ${input.name}=… on the command line).`,
    );
  }
}
